"""The evaluation of a table in memory, for a refresh."""

from collections.abc import Callable, Collection, Iterator

import polars as pl

from headstart.execution import open_executor
from headstart.meta.evaluate.campaign import grid_for
from headstart.meta.evaluate.description import describe_dataset
from headstart.meta.evaluate.evaluator import (
    EvaluationLimits,
    LabelledTable,
    evaluate_dataset,
)
from headstart.meta.records import DatasetRecord, Record
from headstart.plugins import load_plugins

__all__ = ["table_evaluator"]


def table_evaluator(
    n_configurations: int,
    limits: EvaluationLimits,
    *,
    known: Callable[[str], Collection[str]] = lambda _: (),
    n_jobs: int | None = None,
) -> Callable[[DatasetRecord, pl.DataFrame, str], Iterator[Record]]:
    """Return a function that evaluates the grid on a table.

    Parameters
    ----------
    n_configurations : int
    limits : EvaluationLimits
    known : callable
        Given a dataset's uid, returns keys of configurations that are not to be
        evaluated again.
    n_jobs : int or None
        Cells at a time; by default as many as there are cores.
    """

    def evaluate(
        dataset: DatasetRecord, table: pl.DataFrame, target: str
    ) -> Iterator[Record]:
        X, y = table.drop(target), table[target]
        yield describe_dataset(dataset.uid, X, y, dataset.kind)
        executor = open_executor(n_jobs)
        try:
            yield from evaluate_dataset(
                LabelledTable(dataset, X, y),
                grid_for(dataset.kind, min(X.height, limits.n_rows), n_configurations),
                load_plugins().learners,
                executor,
                limits,
                known=known(dataset.uid),
            )
        finally:
            executor.close()

    return evaluate
