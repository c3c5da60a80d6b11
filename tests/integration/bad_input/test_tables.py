"""Tables that cannot be learnt from, and odd ones that can."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from tests.integration.bad_input.kit import (
    assert_usable,
    classifier,
    labels,
    message_of,
    regressor,
    table,
)

from headstart import Validation
from headstart.exceptions import ColumnError, TableError

# Tables that cannot be learnt from


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (table().head(0), "row|sample"),
        (pl.DataFrame(), "row|sample|column|feature"),
        (np.empty((0, 3)), "row|sample"),
        (pd.DataFrame(), "row|sample|column|feature"),
    ],
)
def test_an_empty_table_is_refused(X, words):
    text = message_of(TableError, classifier().fit, X, [])

    assert any(word in text for word in words.split("|"))


def test_a_table_without_columns_is_refused():
    text = message_of(TableError, classifier().fit, np.empty((60, 0)), labels())

    assert "column" in text or "feature" in text


@pytest.mark.parametrize("make", [classifier, regressor])
def test_one_row_is_refused(make):
    text = message_of(TableError, make().fit, table(1), [1.0])

    assert "row" in text or "sample" in text or "class" in text


@pytest.mark.parametrize("y", [np.zeros(60, int), ["yes"] * 60, [True] * 60])
def test_one_class_is_refused_and_named(y):
    text = message_of(TableError, classifier().fit, table(), y)

    assert "class" in text
    assert str(y[0]) in text


def test_a_target_column_that_is_absent_is_refused_with_the_near_name():
    frame = table().with_columns(churned=pl.Series(labels()))

    text = message_of(ColumnError, classifier().fit, frame, "churn")

    assert "'churn'" in text
    assert "churned" in text


def test_no_target_at_all_is_refused():
    assert "y" in message_of(ValueError, classifier().fit, table())


def test_a_target_of_another_length_is_refused_with_both_lengths():
    text = message_of(TableError, classifier().fit, table(60), labels(59))

    assert "60" in text
    assert "59" in text


@pytest.mark.parametrize(
    ("make", "y"),
    [
        (classifier, [None, "a", "b"] * 20),
        (classifier, [float("nan"), 0.0, 1.0] * 20),
        (regressor, [float("nan"), 0.0, 1.0] * 20),
        (regressor, pl.Series([None, 0.0, 1.0] * 20)),
    ],
)
def test_a_target_with_missing_values_is_refused_with_their_number(make, y):
    text = message_of(TableError, make().fit, table(), y)

    assert "20" in text
    assert "missing" in text or "null" in text or "NaN" in text


def test_a_target_column_with_missing_values_is_refused():
    frame = table().with_columns(y=pl.Series([None, "a", "b"] * 20))

    assert "20" in message_of(TableError, classifier().fit, frame, "y")


def test_an_infinite_target_is_refused():
    y = np.arange(60.0)
    y[7] = np.inf

    assert "infini" in message_of(TableError, regressor().fit, table(), y).lower()


def test_a_text_target_cannot_be_regressed():
    y = ["low", "high"] * 30

    assert "number" in message_of(ValueError, regressor().fit, table(), y)


def test_duplicated_column_names_are_refused_and_named():
    frame = pd.DataFrame(np.zeros((60, 3)), columns=["a", "b", "a"])

    assert "'a'" in message_of(ColumnError, classifier().fit, frame, labels())


def test_names_that_become_the_same_text_are_refused():
    frame = pd.DataFrame(np.zeros((60, 2)), columns=[0, "0"])

    assert "0" in message_of(ColumnError, classifier().fit, frame, labels())


def test_a_three_dimensional_array_is_refused():
    X = np.zeros((60, 2, 2))

    assert "dimension" in message_of(ValueError, classifier().fit, X, labels())


# Tables that are odd, and can be learnt from


def test_an_all_missing_column_does_no_harm():
    X = table().with_columns(empty=pl.lit(None, dtype=pl.Float64), void=pl.lit(None))

    assert_usable(classifier().fit(X, labels()), X)


def test_a_constant_column_does_no_harm():
    X = table().with_columns(one=pl.lit(1.0), same=pl.lit("x"))

    assert_usable(classifier().fit(X, labels()), X)


def test_a_table_of_constants_alone_predicts_the_shares_of_the_classes():
    X = pl.DataFrame({"one": [1.0] * 60, "same": ["x"] * 60})

    model = classifier().fit(X, [0, 0, 1] * 20)

    assert np.allclose(model.predict_proba(X), [2 / 3, 1 / 3], atol=0.02)


@pytest.mark.parametrize("learner", ["logistic", "hist_gradient_boosting"])
def test_infinite_values_are_taken_as_missing_in_fit_and_predict(learner):
    age = table()["age"].to_numpy().copy()
    age[[3, 4]] = np.inf, -np.inf
    X = table().with_columns(age=pl.Series(age))

    model = classifier(learners=[learner]).fit(X, labels())

    assert_usable(model, X)


@pytest.mark.parametrize("learner", ["logistic", "hist_gradient_boosting"])
def test_a_thousand_levels_are_learnt_from(learner):
    level = np.arange(2000) % 1000
    X = pl.DataFrame({"code": [f"c{i}" for i in level], "x": level**0.5})

    model = classifier(learners=[learner]).fit(X, level % 2)

    assert_usable(model, X)


@pytest.mark.parametrize("dtype", [object, "U9"])
def test_numpy_arrays_of_objects_and_text_are_learnt_from(dtype):
    X = table().to_numpy().astype(dtype)

    assert_usable(classifier().fit(X, labels()), X)


def test_an_object_array_of_numbers_predicts_as_its_numbers_do():
    numbers = table().drop("city").to_numpy()

    of_objects = classifier().fit(numbers.astype(object), labels())
    of_numbers = classifier().fit(numbers, labels())

    assert np.array_equal(
        of_objects.predict_proba(numbers.astype(object)),
        of_numbers.predict_proba(numbers),
    )


@pytest.mark.parametrize(
    "form", ["csr_matrix", "csc_matrix", "coo_matrix", "csr_array"]
)
def test_sparse_matrices_predict_as_their_dense_form_does(form):
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(60, 5)) * (rng.random((60, 5)) < 0.3)
    sparse = getattr(scipy.sparse, form)(dense)

    of_sparse = classifier().fit(sparse, labels()).predict_proba(sparse)
    of_dense = classifier().fit(dense, labels()).predict_proba(dense)

    assert np.array_equal(of_sparse, of_dense)


def test_names_that_are_not_text_are_kept_as_text():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)))
    X.columns = [1, 2.5, ("a", "b")]

    model = classifier().fit(X, labels())

    assert_usable(model, X)
    assert_usable(model, X[[("a", "b"), 1, 2.5]])


@pytest.mark.parametrize(
    "y",
    [
        labels().astype(bool),
        np.where(labels(), "yes", "no"),
        np.where(labels(), "yes", "no").astype(object),
        labels() * 4 + 3,
        labels() - 1,
        labels().astype(np.uint8),
        labels().astype(float),
    ],
    ids=["bool", "str", "object", "3-7", "negative", "uint8", "float"],
)
def test_labels_come_back_as_they_went(y):
    model = classifier().fit(table(), y)

    assert list(model.classes_) == sorted(set(y))
    assert_usable(model, table())
    assert model.predict(table()).dtype.kind == model.classes_.dtype.kind
    assert type(model.classes_[0]) is type(np.sort(y)[0])


@pytest.mark.parametrize(
    "y",
    [
        pl.Series(np.where(labels(), "yes", "no"), dtype=pl.Categorical),
        pd.Series(pd.Categorical(np.where(labels(), "yes", "no"))),
        pd.Series(np.where(labels(), "yes", "no"), index=range(100, 160)),
        list(np.where(labels(), "yes", "no")),
    ],
    ids=["polars", "categorical", "index", "list"],
)
def test_labels_of_any_vector_are_text_again(y):
    model = classifier().fit(table(), y)

    assert list(model.classes_) == ["no", "yes"]
    assert set(model.predict(table())) <= {"no", "yes"}


def test_a_class_of_three_rows_is_kept_with_eight_folds():
    y = np.array(["often"] * 30 + ["common"] * 27 + ["rare"] * 3)

    model = classifier(validation=Validation(folds=8)).fit(table(), y)

    assert list(model.classes_) == ["common", "often", "rare"]
    assert_usable(model, table(), n_classes=3)


def test_a_class_of_one_row_is_kept():
    y = np.array(["often"] * 30 + ["common"] * 29 + ["once"])

    assert_usable(classifier().fit(table(), y), table(), n_classes=3)


def test_more_folds_than_rows_are_refused():
    settings = {"validation": Validation(folds=80)}

    text = message_of(ValueError, classifier(**settings).fit, table(), labels())

    assert "80" in text
    assert "60" in text
