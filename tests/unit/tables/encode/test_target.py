import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from headstart.base import TaskKind
from headstart.exceptions import ArtifactError, TableError
from headstart.tables import TargetEncoder, name_of_target

BINARY, MULTICLASS, REGRESSION = TaskKind


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (["no", "yes", "no"], BINARY),
        ([True, False, True], BINARY),
        ([0, 1, 1, 0], BINARY),
        ([5, 9], BINARY),
        ([0.0, 1.0, 1.0], BINARY),
        (["a", "b", "c"], MULTICLASS),
        ([0, 1, 2] * 4, MULTICLASS),
        (list(range(20)) * 4, MULTICLASS),
        (list(range(21)) * 4, REGRESSION),
        ([0, 1, 2] * 3, REGRESSION),
        ([0.0, 1.0, 2.0] * 9, MULTICLASS),
        ([0.5, 1.5], REGRESSION),
        (pd.Categorical([1, 2, 3]), MULTICLASS),
        (pl.Series([1.5, 2.5], dtype=pl.Decimal(4, 1)), REGRESSION),
    ],
)
def test_kind_is_inferred(y, kind):
    assert TargetEncoder.learn(y).kind is kind


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("classification", MULTICLASS),
        (MULTICLASS, MULTICLASS),
        ("regression", REGRESSION),
        (REGRESSION, REGRESSION),
    ],
)
def test_kind_can_be_asked_for(asked, kind):
    assert TargetEncoder.learn(np.arange(30), asked).kind is kind


@pytest.mark.parametrize(
    "y",
    [
        np.array([3, 1, 3], dtype=np.int32),
        np.array([-1.0, 1.0, 1.0]),
        np.array(["b", "a", "b"]),
        np.array(["b", "a", "b"], dtype=object),
        np.array([True, False, True]),
    ],
)
def test_labels_come_back_with_their_own_type(y):
    encoder = TargetEncoder.learn(y)
    codes = encoder.encode(y)
    assert codes.dtype == np.int64
    assert set(codes.tolist()) == {0, 1}
    np.testing.assert_array_equal(encoder.decode(codes), y)
    assert encoder.decode(codes).dtype == y.dtype
    np.testing.assert_array_equal(encoder.classes, np.unique(y))


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(["b", "a", "b"]),
        pd.Series(["b", "a", "b"], dtype="category", index=[4, 2, 0]),
        pd.DataFrame({"y": ["b", "a", "b"]}),
        pl.Series(["b", "a", "b"], dtype=pl.Categorical),
        pl.DataFrame({"y": ["b", "a", "b"]}),
        pa.array(["b", "a", "b"]),
        pa.chunked_array([["b"], ["a", "b"]]),
        np.array([["b"], ["a"], ["b"]]),
        ("b", "a", "b"),
        iter(["b", "a", "b"]),
    ],
)
def test_every_kind_of_column_is_taken(y):
    encoder = TargetEncoder.learn(["a", "b"])
    assert encoder.encode(y).tolist() == [1, 0, 1]


@pytest.mark.parametrize("labels", [[7, 8, 7], [True, False, True], [1.5, 2.5, 1.5]])
@pytest.mark.parametrize(
    "make", [pd.Categorical, lambda v: pd.Series(pd.Categorical(v))]
)
def test_categories_of_numbers_come_back_as_numbers(labels, make):
    y = make(labels)
    encoder = TargetEncoder.learn(y)
    assert encoder.kind == "binary"
    assert encoder.decode(encoder.encode(y)).tolist() == labels
    assert encoder.classes.dtype.kind in "ibf"


def test_whole_numbers_are_classes_though_floats():
    y = pd.Series([0, 1, 2] * 30)
    assert TargetEncoder.learn(y.astype(float)).kind == TargetEncoder.learn(y).kind
    assert TargetEncoder.learn([0.5, 1.0, 2.0] * 30).kind == "regression"


def test_codes_with_zeros_are_labels():
    y = [f"{i:02d}" for i in range(30)] * 10
    encoder = TargetEncoder.learn(y)
    assert encoder.decode(encoder.encode(y)).tolist() == y


@pytest.mark.parametrize("write", ["-${:.2f}", "(${:.2f})", "${:.2f}-"])
def test_negative_targets_are_negative(write):
    values = [round(1.37 * i - 40, 2) for i in range(200)]
    texts = [write.format(-v) if v < 0 else f"${v:.2f}" for v in values]
    encoder = TargetEncoder.learn(texts)
    assert encoder.encode(texts).tolist() == values


def test_a_target_that_cannot_be_read_is_named():
    texts = [f"${i}.50" for i in range(200)]
    texts[9] = "about ten"
    with pytest.raises(TableError, match=r"'about ten' \(row 9\)"):
        TargetEncoder.learn(texts)


def test_labels_of_text_are_met_by_the_numbers_they_were():
    encoder = TargetEncoder.learn(pd.Categorical([7, 8, 7]))
    assert encoder.encode(np.array([8, 7])).tolist() == [1, 0]


def test_regression_targets_are_floats():
    encoder = TargetEncoder.learn([1.5, 2.5])
    y = encoder.encode(pl.Series([1, 2]))
    assert y.dtype == np.float64
    assert encoder.decode(y).tolist() == [1.0, 2.0]
    assert encoder.n_classes == 0


@pytest.mark.parametrize("y", [["a", None, "b"], [1.0, np.nan, 2.0]])
def test_missing_targets_are_counted_and_located(y):
    with pytest.raises(TableError, match=r"null in 10 of 30 rows \(first: 1, 4, 7, 10"):
        TargetEncoder.learn(y * 10)


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_infinite_targets_are_refused(kind):
    message = (
        r"Input y contains infinity or a value too large for dtype\('float64'\)\. "
        r".*1 rows \(first: 1\)"
    )
    with pytest.raises(TableError, match=message):
        TargetEncoder.learn([1.0, np.inf, 2.0], kind)


def test_one_class_is_refused():
    with pytest.raises(TableError, match="only one class: 'a', in all 3 rows"):
        TargetEncoder.learn(["a", "a", "a"])
    with pytest.raises(TableError, match="only one class"):
        TargetEncoder.learn(np.ones(10), "classification")


def test_continuous_classes_are_refused():
    with pytest.raises(TableError, match="Unknown label type: continuous"):
        TargetEncoder.learn([0.5, 1.5, 0.5], "classification")


def test_text_is_no_regression_target():
    with pytest.raises(TableError, match=r"must hold numbers. Got text such as 'a'"):
        TargetEncoder.learn(["a", "b"], "regression")
    with pytest.raises(TableError, match="must hold numbers"):
        TargetEncoder.learn([1.5, 2.5]).encode(["a"])


def test_three_classes_are_not_binary():
    with pytest.raises(TableError, match=r"2 classes. Got 3: 'a', 'b', 'c'"):
        TargetEncoder.learn(["a", "b", "c"], TaskKind.BINARY)


def test_too_many_classes_are_refused():
    with pytest.raises(TableError, match="1,001 different labels in 1,001 rows"):
        TargetEncoder.learn([f"L{i}" for i in range(1001)])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([], "no rows"),
        (3, "must be a column"),
        ("abc", "must be a column"),
        (np.zeros((2, 2)), r"shape \(2, 2\)"),
        (pd.DataFrame({"a": [1], "b": [2]}), "2 columns"),
        (pl.Series([[1], [2]]), "one value per row"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "labels or numbers"),
        (np.array([1j, 2]), "Complex data not supported"),
    ],
)
def test_what_is_no_target_is_refused(y, message):
    with pytest.raises(TableError, match=message):
        TargetEncoder.learn(y)


def test_unknown_kind_is_refused():
    with pytest.raises(TableError, match="Got 'ranking'"):
        TargetEncoder.learn([0, 1], "ranking")


@pytest.mark.parametrize(
    ("y", "new", "message"),
    [
        (["a", "b"], ["a", "c"], r"label 'c' \(row 1\).*Known: 'a', 'b'"),
        ([1, 2], [1, 9], r"label 9 \(row 1\)"),
        ([1, 2], [1.5, 1], r"label 1.5 \(row 0\)"),
        ([1, 2], ["a"], "labels such as 1, 2. Got 'a'"),
    ],
)
def test_new_labels_are_named_with_their_row(y, new, message):
    with pytest.raises(TableError, match=message):
        TargetEncoder.learn(y).encode(new)


@pytest.mark.parametrize(
    "y",
    [
        np.array([3, 1], dtype=np.uint8),
        np.array([-1.0, 1.0]),
        np.array(["b", "ä"]),
        ["b", "a", "c"],
        [True, False],
        [0.5, 1.5],
    ],
)
def test_json_gives_the_same_encoder(y):
    encoder = TargetEncoder.learn(y)
    again = TargetEncoder.from_json(encoder.to_json())
    assert again.kind is encoder.kind
    np.testing.assert_array_equal(again.encode(y), encoder.encode(y))
    np.testing.assert_array_equal(
        again.decode(again.encode(y)), encoder.decode(encoder.encode(y))
    )
    assert (again.classes is None) == (encoder.classes is None)
    assert again.decode([0]).dtype == encoder.decode([0]).dtype


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"kind": "odd"},
        {"kind": "binary", "classes": None, "dtype": "str"},
        {"kind": "binary", "classes": ["a"], "dtype": "str"},
        {"kind": "binary", "classes": ["b", "a"], "dtype": "str"},
        {"kind": "binary", "classes": ["a", "a"], "dtype": "str"},
        {"kind": "binary", "classes": ["a", 1], "dtype": "object"},
        {"kind": "binary", "classes": [0, 1], "dtype": "V8"},
        {"kind": "binary", "classes": [0, 999], "dtype": "int8"},
        {"kind": "binary", "classes": [0, 1, 2], "dtype": "int64"},
        {"kind": "multiclass", "classes": list(range(2000)), "dtype": "int64"},
        {"kind": "binary", "classes": [0, True], "dtype": "int64"},
        [],
    ],
)
def test_damaged_json_is_refused(record):
    with pytest.raises(ArtifactError):
        TargetEncoder.from_json(json.dumps(record))


PRICES = [f"€ {1000 + 7 * i:,}.50" for i in range(40)]


def test_numbers_in_text_are_a_regression():
    encoder = TargetEncoder.learn(PRICES)
    assert encoder.kind is REGRESSION
    stored = TargetEncoder.from_json(encoder.to_json())
    assert stored.encode(PRICES[:2]).tolist() == [1000.5, 1007.5]
    assert stored.encode([12.5]).tolist() == [12.5]


def test_few_numbers_in_text_are_classes_unless_told():
    y = ["1 kg", "2 kg", "3 kg"] * 10
    assert TargetEncoder.learn(y).kind is MULTICLASS
    assert TargetEncoder.learn(y, "regression").encode(y).max() == 3


def test_a_target_without_a_number_names_the_row():
    with pytest.raises(TableError, match=r"Got 'on request' \(row 40\), in 1 of 41"):
        TargetEncoder.learn([*PRICES, "on request"])


@pytest.mark.parametrize(
    "y",
    [
        [f"word {i}" for i in range(30)],
        [f"{i} {'kg' if i % 2 else 'g'}" for i in range(60)],
    ],
)
def test_as_many_labels_as_rows_are_refused(y):
    with pytest.raises(TableError, match="most occur once"):
        TargetEncoder.learn(y)


@pytest.mark.parametrize("change", [{"form": "%d"}, {"form": "plain", "words": 3}])
def test_a_stored_form_is_checked(change):
    record = {"kind": "regression", "classes": None} | change
    with pytest.raises(ArtifactError):
        TargetEncoder.from_json(json.dumps(record))


@pytest.mark.parametrize(
    ("y", "name"),
    [
        (pd.Series([1, 2], name="price"), "price"),
        (pd.Series([1, 2]), ""),
        (pd.DataFrame({"price": [1, 2]}), "price"),
        (pl.LazyFrame({"price": [1, 2]}), "price"),
        (pd.Series([1, 2], name=7), "7"),
        (pd.Series([1, 2], index=["columns", "column_names"], name="price"), "price"),
        (pa.table({"price": [1, 2]}), "price"),
        (pa.array([1, 2]), ""),
        (np.array([1, 2]), ""),
    ],
)
def test_a_target_is_called_as_its_owner_calls_it(y, name):
    assert name_of_target(y) == name


@pytest.mark.parametrize(("scale", "word"), [(1e200, "large"), (1e-200, "small")])
def test_numbers_beyond_single_precision_are_refused(scale, word):
    with pytest.raises(TableError, match=f"too {word} to be predicted.*multiply"):
        TargetEncoder.learn(np.array([0.5, 1.0, -2.0, 0.0]) * scale)


@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e18])
def test_large_and_small_numbers_within_it_are_not(scale):
    encoder = TargetEncoder.learn(np.array([0.5, 1.0, -2.0, 0.25]) * scale)
    assert encoder.kind == "regression"
