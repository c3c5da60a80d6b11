"""Selection of columns: what is kept, told, stored."""

import numpy as np
import polars as pl
import pytest

from headstart.base import (
    Resources,
    TableColumn,
    TableColumns,
    TableRows,
    Task,
    TaskKind,
)
from headstart.exceptions import ArtifactError
from headstart.transforms.column_selection import ColumnSelection

N = 300
RNG = np.random.default_rng(1)
TASK = Task(TaskKind.BINARY, N, 8, 0, 2, "roc_auc")
X = pl.DataFrame(RNG.normal(size=(N, 8)), schema=[f"x{i}" for i in range(8)])
X = X.with_columns(
    again=X["x0"], level=pl.Series(["u", "v", None] * 100, dtype=pl.Enum("uv"))
)
Y = ((X["x0"] + X["x1"]).to_numpy() > 0).astype(np.int64)
TRANSFORM = ColumnSelection()


def chosen(**parameters):
    fitted, made = TRANSFORM.fit_transform(
        TASK,
        parameters,
        TableRows(X, Y, None, np.arange(N) % 3),
        None,
        Resources(seed=2),
    )
    return fitted, made.columns


def test_relevance_less_redundancy_leaves_out_what_another_column_says():
    fitted, columns = chosen(share=0.2)

    assert len(columns) == 2
    assert "x1" in columns
    assert ("x0" in columns) != ("again" in columns)
    features = {f.name: f for f in TRANSFORM.explain(fitted)}
    assert features["x1"].kept
    assert features["x1"].words.startswith("kept: number ")
    assert features["x5"].words.startswith("left out: ")
    assert not features["x5"].kept


def test_only_the_selected_columns_are_read():
    fitted, columns = chosen(share=0.3)
    read = TRANSFORM.reads(fitted, X.columns)
    assert sorted(read) == sorted(columns)
    nothing = pl.lit(None, pl.Float64)
    blank = X.with_columns(nothing.alias(c) for c in X.columns if c not in read)
    made = TRANSFORM.transform(fitted, blank, TASK)
    assert made.equals(TRANSFORM.transform(fitted, X, TASK))


def test_null_importance_keeps_what_a_shuffled_target_does_not_reach():
    _, columns = chosen(method="null_importance")

    assert {"x0", "x1"} <= set(columns)
    assert len(columns) < X.width


def test_all_are_kept_where_nothing_can_be_learnt():
    for y, resources in (
        (np.zeros(N, np.int64), Resources()),
        (Y, Resources(deadline=0.0)),
    ):
        fitted = TRANSFORM.fit(
            TASK,
            {"method": "null_importance"},
            TableRows(X, y),
            None,
            resources,
        )
        assert TRANSFORM.transform(fitted, X, TASK).columns == X.columns


def test_a_stored_choice_comes_back_and_nonsense_is_refused():
    fitted, _ = chosen()
    parts = TRANSFORM.dump(fitted)

    assert TRANSFORM.load(parts) == fitted
    for wrong in (b"{", b"[]", b'{"method":"mrmr","columns":["a"],"ranks":[0]}'):
        with pytest.raises(ArtifactError):
            TRANSFORM.load({"selection.json": wrong})


def test_it_promises_nothing_for_few_columns_or_rows():
    def promise(n_columns, n_rows):
        columns = [
            TableColumn(f"c{i}", "numeric", f"c{i}", "numeric")
            for i in range(n_columns)
        ]
        task = Task(TaskKind.BINARY, n_rows, n_columns, 0, 2, "roc_auc")
        return TRANSFORM.promise(TableColumns(tuple(columns)), task)

    assert promise(10, 5_000) == promise(60, 100) == 0
    assert 0 < promise(25, 5_000) < 0.2
