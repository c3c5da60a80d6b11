"""Tables to predict that differ from those learnt from."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import NotFittedError
from tests.integration.bad_input.kit import (
    assert_usable,
    classifier,
    labels,
    message_of,
    table,
)

from headstart.exceptions import ColumnError, HeadstartWarning


def test_unseen_levels_are_predicted_and_counted(fitted):
    X = table().with_columns(city=pl.lit("Atlantis"))

    with pytest.warns(HeadstartWarning, match=rf"{X.height} rows: 'city' {X.height}"):
        assert_usable(fitted, X)


def test_a_missing_column_is_named(fitted):
    text = message_of(ColumnError, fitted.predict, table().drop("income"))

    assert "'income'" in text


def test_a_misspelt_column_is_offered(fitted):
    text = message_of(ColumnError, fitted.predict, table().rename({"income": "incme"}))

    assert "'income'" in text
    assert "'incme'" in text


def test_reordered_and_added_columns_change_nothing(fitted):
    other = table().select("city", "income", pl.lit(3).alias("added"), "age")

    assert np.array_equal(fitted.predict_proba(other), fitted.predict_proba(table()))


@pytest.mark.parametrize("column", ["age", "income"])
def test_text_in_a_column_of_numbers_is_named(fitted, column):
    X = table().with_columns(pl.lit("unknown!").alias(column))
    missing = table().with_columns(pl.lit(None, pl.Float64).alias(column))

    with pytest.warns(HeadstartWarning) as warned:
        predictions = fitted.predict_proba(X)

    (message,) = (str(warning.message) for warning in warned)
    assert f"'{column}' held numbers in training and holds text now" in message
    assert f"0 of {len(X)} values were read" in message
    assert np.array_equal(predictions, fitted.predict_proba(missing))


def test_dates_in_a_column_of_numbers_are_named(fitted):
    X = table().with_columns(age=pl.date(2020, 1, 1))

    assert "'age'" in message_of(ColumnError, fitted.predict, X)


def test_other_widths_of_numbers_predict_the_same(fitted):
    X = table().with_columns(pl.col("age").cast(pl.Int16))

    assert np.array_equal(fitted.predict_proba(X), fitted.predict_proba(table()))


def test_pandas_predicts_as_polars_does(fitted):
    X = table()

    assert np.array_equal(fitted.predict_proba(X.to_pandas()), fitted.predict_proba(X))


def test_missing_values_only_seen_at_predict_are_predicted(fitted):
    X = table().with_columns(
        age=pl.lit(None, dtype=pl.Float64), city=pl.lit(None, dtype=pl.String)
    )

    assert_usable(fitted, X)


def test_duplicated_columns_at_predict_are_named(fitted):
    X = table().to_pandas()
    X = pd.concat([X, X[["age"]]], axis=1)

    assert "'age'" in message_of(ColumnError, fitted.predict, X)


def test_no_rows_predict_nothing(fitted):
    assert fitted.predict(table().head(0)).shape == (0,)
    assert fitted.predict_proba(table().head(0)).shape == (0, 2)


def test_one_row_is_predicted_as_in_the_table(fitted):
    assert np.allclose(
        fitted.predict_proba(table().head(1)), fitted.predict_proba(table())[:1]
    )


def test_an_array_of_another_width_is_refused_with_both_widths():
    X = table().drop("city").to_numpy()
    model = classifier().fit(X, labels())

    text = message_of(ValueError, model.predict, X[:, :1])

    assert "1" in text
    assert "2" in text


def test_predicting_before_fitting_is_refused():
    with pytest.raises(NotFittedError):
        classifier().predict(table())
