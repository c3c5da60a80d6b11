"""The fit of a transform that is stored as a kind."""

import polars as pl
import pytest

from headstart.base import (
    Resources,
    Step,
    TableColumn,
    TableColumns,
    TableRows,
    Task,
    TaskKind,
    Transform,
)
from headstart.exceptions import TransformError
from headstart.execution.fit_step import fit_step
from headstart.execution.steps import apply_step, load_step, store_step
from headstart.predict import SelectedColumns

TASK = Task(TaskKind.REGRESSION, 3, 2, 0, 0, "rmse")
TABLE = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 0.0, 1.0]})
SUMMARY = TableColumns(
    tuple(TableColumn(name, "numeric", name, "numeric") for name in TABLE.columns)
)


class First(Transform):
    """Keeps the first column."""

    name = "first"
    replaces = True
    stored_as = SelectedColumns

    def fit(self, task, parameters, rows, validation, resources):
        names = tuple(rows.X.columns)
        return SelectedColumns("first", names, (1, *[0] * (len(names) - 1)))


def fit(transform):
    rows = TableRows(TABLE)
    return fit_step(transform, Step("first"), rows, SUMMARY, TASK, Resources())


def test_a_fitted_state_of_a_kind_applies_stores_and_loads_itself():
    step, made = fit(First())

    loaded = load_step(store_step(First(), step), {"first": First()})

    assert made.columns == ["a"]
    assert loaded.state == step.state
    assert apply_step(First(), loaded, TABLE, TASK, strict=True).equals(made)


def test_rows_are_made_by_the_kind_and_not_by_the_transform():
    class Other(First):
        def transform(self, fitted, X, task):
            return X.select(pl.col("a") * 2)

    step, _ = fit(First())

    made = apply_step(Other(), step, TABLE, TASK, strict=True)

    assert made["a"].to_list() == [1.0, 2.0, 3.0]


def test_a_state_of_another_class_than_it_says_is_refused():
    class Liar(First):
        def fit(self, task, parameters, rows, validation, resources):
            return {"first": "a"}

        def transform(self, fitted, X, task):
            return X.select(fitted["first"])

    with pytest.raises(TransformError, match="must return a SelectedColumns"):
        fit(Liar())
