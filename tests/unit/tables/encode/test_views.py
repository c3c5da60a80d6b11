import itertools
import json

import numpy as np
import polars as pl
import pytest

from headstart.base import View
from headstart.base.arrays import pack_arrays
from headstart.exceptions import ArtifactError, ColumnError
from headstart.tables import Schema, ViewEncoder

VIEWS = [
    View(*choice)
    for choice in itertools.product(
        ("raw", "scaled", "quantile"),
        ("native", "ordinal", "one_hot"),
        ("native", "imputed"),
    )
]
every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.key)


@pytest.fixture
def table():
    return pl.DataFrame(
        {
            "a": [1.0, 2.0, 3.0, 4.0, 100.0, None],
            "b": [5.0, 5.0, 6.0, 7.0, 8.0, 9.0],
            "c": ["u", "v", "v", None, "w", "v"],
            "d": [True, False, True, True, False, True],
        }
    )


def encode(table, view, rows=None):
    schema = Schema.learn(table)
    canonical = schema.apply(table)
    train = canonical if rows is None else canonical[rows]
    encoder = ViewEncoder.fit(train, view, schema)
    return encoder, encoder.transform(canonical)


@every_view
def test_every_view_gives_a_matrix_that_fits_its_names(table, view):
    _, matrix = encode(table, view)
    assert matrix.values.shape == (6, len(matrix.names))
    assert matrix.values.dtype == np.float64
    assert matrix.values.flags.c_contiguous
    assert len(set(matrix.names)) == len(matrix.names)
    assert np.isfinite(matrix.values).all() == (view.missing == "imputed")


@every_view
def test_views_learn_nothing_from_rows_they_are_not_fitted_on(table, view):
    other = table.with_columns(
        a=pl.when(pl.int_range(6) < 4).then("a").otherwise(-1e9),
        c=pl.when(pl.int_range(6) < 4).then("c").otherwise(pl.lit("zzz")),
    )
    train = [0, 1, 2, 3]
    schema = Schema.learn(table.vstack(other))
    one = ViewEncoder.fit(schema.apply(table)[train], view, schema)
    two = ViewEncoder.fit(schema.apply(other)[train], view, schema)
    assert one.to_parts() == two.to_parts()


@every_view
def test_parts_give_the_same_encoder(table, view):
    encoder, matrix = encode(table, view, rows=[0, 1, 2, 5])
    again = ViewEncoder.from_parts(encoder.to_parts())
    assert again.to_parts() == encoder.to_parts()
    loaded = again.transform(Schema.learn(table).apply(table))
    np.testing.assert_array_equal(loaded.values, matrix.values)
    assert (loaded.names, loaded.categorical, loaded.n_levels) == (
        matrix.names,
        matrix.categorical,
        matrix.n_levels,
    )


@every_view
def test_single_rows_are_encoded_as_in_the_table(table, view):
    encoder, matrix = encode(table, view)
    canonical = Schema.learn(table).apply(table)
    rows = [encoder.transform(canonical[i]).values for i in range(6)]
    np.testing.assert_array_equal(np.vstack(rows), matrix.values)


@every_view
def test_table_without_rows_gives_a_matrix_without_rows(table, view):
    encoder, matrix = encode(table, view)
    empty = encoder.transform(Schema.learn(table).apply(table.head(0)))
    assert empty.values.shape == (0, matrix.n_features)


def test_native_codes_follow_falling_frequency(table):
    _, matrix = encode(table, View())
    assert matrix.names == ("a", "b", "d", "c")
    assert matrix.categorical == (3,)
    assert matrix.n_levels == (3,)
    np.testing.assert_array_equal(matrix.values[:, 3], [1, 0, 0, np.nan, 2, 0])


def test_levels_that_training_rows_lack_are_missing(table):
    _, matrix = encode(table, View(), rows=[0, 1, 2])
    assert matrix.n_levels == (2,)
    np.testing.assert_array_equal(matrix.values[:, 3], [1, 0, 0, np.nan, np.nan, 0])


def test_imputed_native_codes_have_a_level_for_missing(table):
    _, matrix = encode(table, View(missing="imputed"), rows=[0, 1, 2])
    assert matrix.n_levels == (3,)
    np.testing.assert_array_equal(
        matrix.values[:, matrix.categorical[0]], [1, 0, 0, 2, 2, 0]
    )


def test_ordinal_codes_are_plain_columns(table):
    _, matrix = encode(table, View(categorical="ordinal", missing="imputed"))
    assert matrix.categorical == ()
    column = matrix.names.index("c")
    assert matrix.values[:, column].tolist() == [1, 0, 0, -1, 2, 0]


def test_missing_numbers_get_the_median_and_an_indicator(table):
    _, matrix = encode(table, View(missing="imputed"))
    assert matrix.names == ("a", "b", "d", "a: missing", "c")
    assert matrix.values[:, 0].tolist() == [1, 2, 3, 4, 100, 3]
    assert matrix.values[:, 3].tolist() == [0, 0, 0, 0, 0, 1]


def test_no_indicator_where_training_rows_miss_nothing(table):
    _, matrix = encode(table, View(missing="imputed"), rows=[0, 1, 2])
    assert matrix.names == ("a", "b", "d", "c")
    assert matrix.values[5, 0] == 2.0


def test_columns_missing_together_share_an_indicator():
    days = pl.Series(["2020-01-01", None, "2021-02-03", "2022-03-05"])
    _, matrix = encode(pl.DataFrame({"d": days}), View(missing="imputed"))
    assert [n for n in matrix.names if "missing" in n] == ["d.days: missing"]


def test_scaling_is_robust_and_squashes_outliers():
    values = np.append(np.random.default_rng(0).normal(10, 2, 2000), [1e9, -1e9])
    _, matrix = encode(pl.DataFrame({"a": values}), View(numeric="scaled"))
    scaled = matrix.values[:, 0]
    inner = np.abs(scaled) < 3
    assert abs(np.median(scaled)) < 1e-12
    assert scaled[inner].std() == pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(
        scaled[inner], (values[inner] - np.median(values)) / 2, rtol=0.1, atol=0.1
    )
    assert 10 < scaled[-2] < 30
    assert (np.argsort(scaled) == np.argsort(values)).all()


def test_mostly_constant_columns_are_scaled_by_their_deviation():
    values = np.zeros(100)
    values[:4] = 5.0
    _, matrix = encode(pl.DataFrame({"a": values}), View(numeric="scaled"))
    assert matrix.values[0, 0] == pytest.approx(3 + np.log1p(5.0 / values.std() - 3))


def test_huge_values_scale_to_finite_ones():
    values = [0.0, 0.0, 0.0, 1e308, -1e308, 0.0, 0.0]
    _, matrix = encode(pl.DataFrame({"a": values}), View(numeric="scaled"))
    assert np.isfinite(matrix.values).all()


def test_quantile_scores_are_normal_whatever_the_distribution():
    values = np.exp(np.random.default_rng(0).normal(size=5000) * 3)
    _, matrix = encode(pl.DataFrame({"a": values}), View(numeric="quantile"))
    scores = matrix.values[:, 0]
    assert scores.mean() == pytest.approx(0.0, abs=0.01)
    assert scores.std() == pytest.approx(1.0, abs=0.01)
    assert np.abs(scores).max() < 3.5
    order = np.argsort(values)
    assert (np.diff(scores[order]) >= 0).all()


def test_quantile_scores_of_equal_values_are_their_mean():
    values = [0.0] * 50 + [1.0] * 50
    _, matrix = encode(pl.DataFrame({"a": values}), View(numeric="quantile"))
    assert matrix.values[0, 0] == pytest.approx(-matrix.values[-1, 0])
    assert matrix.values[0, 0] == pytest.approx(-0.6744897, abs=1e-6)


def test_one_hot_has_a_column_for_each_level_and_one_for_missing(table):
    _, matrix = encode(table, View(categorical="one_hot"))
    assert matrix.names[3:] == ("c=v", "c=u", "c=w", "c: missing")
    assert matrix.values[:, 3:].tolist() == [
        [0, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0],
        [1, 0, 0, 0],
    ]  # fmt: skip


def test_two_levels_need_one_column():
    frame = pl.DataFrame({"c": ["u", "v", "u"]})
    _, matrix = encode(frame, View(categorical="one_hot"))
    assert matrix.names == ("c=v",)
    assert matrix.values[:, 0].tolist() == [0, 1, 0]


def test_rare_levels_share_a_column():
    levels = [f"L{i:04d}" for i in range(1000)] * 2 + ["L0007", "L0005"]
    _, matrix = encode(pl.DataFrame({"c": levels}), View(categorical="one_hot"))
    assert matrix.n_features == 31
    assert matrix.names[:2] == ("c=L0005", "c=L0007")
    assert matrix.names[-1] == "c: other"
    assert (matrix.values.sum(axis=1) == 1).all()


def test_unseen_levels_count_as_rare_ones():
    levels = [f"L{i % 40}" for i in range(80)]
    frame = pl.DataFrame({"c": [*levels, "new"]})
    _, matrix = encode(frame, View(categorical="one_hot"), rows=list(range(80)))
    assert matrix.names[-1] == "c: other"
    assert matrix.values[-1].tolist() == [0.0] * 30 + [1.0]


@every_view
@pytest.mark.parametrize("n_levels", [2, 3, 40])
@pytest.mark.parametrize("gap", [None, "L1"], ids=["missing", "complete"])
def test_a_new_level_is_encoded_as_one_that_the_training_rows_lack(view, n_levels, gap):
    levels = [f"L{i % n_levels}" for i in range(80)]
    frame = pl.DataFrame({"c": [*levels, gap, "lacking"]})
    schema = Schema.learn(frame, {"c": "categorical"})
    encoder = ViewEncoder.fit(schema.apply(frame[:-1]), view, schema)

    new = pl.DataFrame({"c": ["lacking", "never seen", None]})
    lacking, never_seen, missing = encoder.transform(schema.apply(new)).values

    assert np.array_equal(lacking, never_seen, equal_nan=True)
    if view.categorical == "one_hot" and gap is None:
        assert not np.array_equal(missing, never_seen)


@every_view
def test_levels_beyond_the_limit_share_an_encoding(view, monkeypatch):
    monkeypatch.setattr("headstart.tables.kinds.levels.LEVEL_LIMIT", 2)
    levels = ["u", "u", "u", "v", "v", "w", "x", None]
    frame = pl.DataFrame({"c": levels})
    schema = Schema.learn(frame, {"c": "categorical"})
    assert schema.column("c").levels == ("u", "v")

    encoder = ViewEncoder.fit(schema.apply(frame), view, schema)

    rows = encoder.transform(schema.apply(pl.DataFrame({"c": [*"uvwx", "new", None]})))
    u, v, *others, missing = rows.values.tolist()
    assert str(others[0]) == str(others[1]) == str(others[2])
    assert len({str(row) for row in (u, v, others[0])}) == 3
    if view.categorical == "one_hot":
        assert rows.names == ("c=u", "c=v", "c: other", "c: missing")
        assert others[0] == [0.0, 0.0, 1.0, 0.0]
        assert missing == [0.0, 0.0, 0.0, 1.0]


def test_the_columns_of_a_transform_need_no_level_for_others():
    levels = pl.Series(["u", "v", None], dtype=pl.Enum(["u", "v"]))
    frame = pl.DataFrame({"c": levels})
    encoder = ViewEncoder.fit(frame, View(), None)
    assert str(encoder.transform(frame).values[:, 0].tolist()) == "[0.0, 1.0, nan]"


def test_one_hot_width_is_bounded():
    values = [f"L{i % 25}" for i in range(100)]
    frame = pl.DataFrame({f"c{i}": values for i in range(100)})
    _, matrix = encode(frame, View(categorical="one_hot"))
    assert 500 < matrix.n_features <= 1000


def test_names_that_joining_makes_equal_stay_apart():
    frame = pl.DataFrame({"c": ["u", "v", "w"], "c=u": [1.0, 2.0, 3.0]})
    _, matrix = encode(frame, View(categorical="one_hot"))
    assert len(set(matrix.names)) == 4


def test_table_without_a_usable_column_gives_zeros():
    frame = pl.DataFrame({"a": [1, 1, 1]})
    for view in VIEWS:
        _, matrix = encode(frame, view)
        assert matrix.values.tolist() == [[0.0]] * 3


def test_column_missing_in_all_training_rows_is_imputed_by_zero():
    frame = pl.DataFrame({"a": [None, None, 3.0, 4.0]})
    for numeric in ("raw", "scaled", "quantile"):
        view = View(numeric=numeric, missing="imputed")
        _, matrix = encode(frame, view, rows=[0, 1])
        assert np.isfinite(matrix.values).all()


def test_tables_that_are_not_canonical_are_refused(table):
    schema = Schema.learn(table)
    with pytest.raises(ColumnError, match=r"schema.apply"):
        ViewEncoder.fit(table.select("a"), View(), schema)
    encoder = ViewEncoder.fit(schema.apply(table), View(), schema)
    with pytest.raises(ColumnError, match="lacks the column 'b'"):
        encoder.transform(schema.apply(table).drop("b"))
    with pytest.raises(ColumnError, match="Enum of 3 levels"):
        encoder.transform(
            schema.apply(table).with_columns(c=pl.lit("u", dtype=pl.Enum(["u"])))
        )
    with pytest.raises(ColumnError, match="must be Float64"):
        encoder.transform(schema.apply(table).with_columns(a=pl.lit(1)))


def arrays_of(encoder):
    return {f"n_{k}": v for k, v in encoder.numeric.arrays().items()} | {
        f"c_{k}": v for k, v in encoder.categorical.arrays().items()
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_fill", [np.nan] * 3),
        ("n_fill", [0.0]),
        ("n_centre", [0.0] * 4),
        ("n_spread", [0.0] * 3),
        ("n_indicators", [7]),
        ("n_indicators", [-1]),
        ("n_indicators", [0, 0]),
        ("n_starts", [0, 1, 2, 10**9]),
        ("n_starts", [0]),
        ("n_starts", [-5, 1, 2, 3]),
        ("n_knots", [1.0]),
        ("n_knots", np.zeros(13)),
        ("c_starts", [0, 10**9]),
        ("c_starts", [0]),
        ("c_codes", [0, 1, 99]),
        ("c_codes", [0, 0, 1]),
        ("c_codes", [0, 1, -7]),
        ("c_seen", [10**9]),
        ("c_widths", [10**9]),
        ("c_widths", [-1]),
        ("c_others", [5]),
        ("c_gaps", [-1]),
        ("c_gaps", [0, 0]),
    ],
)
def test_damaged_arrays_are_refused(table, name, value):
    view = View("quantile", "one_hot", "imputed")
    encoder, _ = encode(table, view)
    arrays = arrays_of(encoder)
    parts = encoder.to_parts()
    parts["view.safetensors"] = pack_arrays(
        arrays | {name: np.asarray(value, dtype=arrays[name].dtype)}
    )
    with pytest.raises(ArtifactError):
        ViewEncoder.from_parts(parts)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(format=2),
        lambda r: r["view"].update(numeric="odd"),
        lambda r: r["view"].update(numeric=["raw"]),
        lambda r: r["view"].pop("missing"),
        lambda r: r.update(names=["a"]),
        lambda r: r.update(numeric=["a", "a", "b"]),
        lambda r: r.update(numeric=["a", "b", 3]),
        lambda r: r.pop("categorical"),
    ],
)
def test_damaged_records_are_refused(table, change):
    encoder, _ = encode(table, View())
    parts = encoder.to_parts()
    record = json.loads(parts["view.json"])
    change(record)
    parts["view.json"] = json.dumps(record).encode()
    with pytest.raises(ArtifactError):
        ViewEncoder.from_parts(parts)


@pytest.mark.parametrize("part", ["view.json", "view.safetensors"])
def test_absent_and_cut_off_parts_are_refused(table, part):
    parts = encode(table, View())[0].to_parts()
    with pytest.raises(ArtifactError):
        ViewEncoder.from_parts({**parts, part: parts[part][:-30]})
    del parts[part]
    with pytest.raises(ArtifactError):
        ViewEncoder.from_parts(parts)
