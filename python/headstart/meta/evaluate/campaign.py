"""A campaign: the evaluation of the grid on many datasets, which can be resumed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import polars as pl

from headstart.base import Configuration, TaskKind
from headstart.exceptions import HeadstartError
from headstart.execution import FoldFitExecutor
from headstart.meta.evaluate.description import describe_dataset
from headstart.meta.evaluate.evaluator import (
    EvaluationLimits,
    LabelledTable,
    evaluate_dataset,
)
from headstart.meta.evaluate.grid import grid, grid_after
from headstart.meta.evaluate.shard import Shard, claimed
from headstart.meta.evaluate.source import Source
from headstart.meta.records import CellStatus
from headstart.plugins import load_plugins

__all__ = ["evaluate_all", "grid_for"]


def evaluate_all(
    sources: Sequence[Source],
    folder: Path,
    n_configurations: int,
    executor: FoldFitExecutor,
    limits: EvaluationLimits,
    *,
    transforms: Collection[str] = (),
    origin: str = "shipped",
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[str]:
    """Evaluate the grid on every source and yield lines on the progress.

    Small tables come first, so that an interrupted campaign leaves complete ones.

    Parameters
    ----------
    sources : sequence of Source
    folder : Path
        One shard per dataset, ``NAME.jsonl``; existing cells are not evaluated again.
    n_configurations : int
    executor : FoldFitExecutor
    limits : EvaluationLimits
    transforms : collection of str
        Each learner's default is also evaluated after each of them that applies.
    origin : str
        Origin that is stored with the evaluations.
    stop : callable
        Called before each cell is started.
    """
    sized = sorted(sources, key=lambda s: (_size(s, limits), s.name))
    for number, source in enumerate(sized, start=1):
        if stop():
            yield "stopped before the end; the same command continues from here"
            return
        where = f"{number}/{len(sized)} {source.name}"
        path = folder / f"{source.name}.jsonl"
        try:
            with claimed(path):
                for line in _one(
                    source,
                    path,
                    n_configurations,
                    executor,
                    limits,
                    transforms,
                    origin,
                    stop,
                ):
                    yield f"{where}: {line}"
        except (HeadstartError, OSError, pl.exceptions.PolarsError) as error:
            yield f"{where}: left out: {error}"


def grid_for(
    kind: TaskKind,
    n_rows: int,
    n_configurations: int,
    transforms: Collection[str] = (),
) -> list[Configuration]:
    """Return the grid of the installed learners that accept so many rows.

    Parameters
    ----------
    kind : TaskKind
    n_rows : int
    n_configurations : int
        Maximum number of configurations without transforms.
    transforms : collection of str
        Each learner's default is also evaluated after each of them.
    """
    installed = load_plugins().transforms
    learners = {
        name: learner
        for name, learner in load_plugins().learners.items()
        if kind in learner.tasks
    }
    return [
        configuration
        for configuration in (
            *grid(kind, learners, n_configurations),
            *grid_after(kind, learners, {name: installed[name] for name in transforms}),
        )
        if n_rows <= (learners[configuration.learner].max_rows or n_rows)
    ]


def _size(source: Source, limits: EvaluationLimits) -> int:
    try:
        frame = pl.scan_parquet(source.path)
        n_rows = int(frame.select(pl.len()).collect().item())
        n_columns = len(frame.collect_schema())
    except (OSError, pl.exceptions.PolarsError):
        return source.path.stat().st_size if source.path.exists() else 0
    return min(n_rows, limits.n_rows) * n_columns


def _one(
    source: Source,
    path: Path,
    n_configurations: int,
    executor: FoldFitExecutor,
    limits: EvaluationLimits,
    transforms: Collection[str],
    origin: str,
    stop: Callable[[], bool],
) -> Iterator[str]:
    X, y = source.read()
    dataset = source.describe(X, y)
    shard = Shard(path, origin)
    shard.add(dataset)
    shard.add(describe_dataset(dataset.uid, X, y, source.kind))
    configurations = grid_for(
        source.kind, min(X.height, limits.n_rows), n_configurations, transforms
    )
    evaluated = shard.known(dataset.uid, limits.scheme)
    done = sum(c.key in evaluated for c in configurations)
    yield f"{X.height} x {X.width}, {done} of {len(configurations)} cells done before"
    failed = 0
    for record in evaluate_dataset(
        LabelledTable(dataset, X, y),
        configurations,
        load_plugins().learners,
        executor,
        limits,
        transforms=load_plugins().transforms,
        known=evaluated,
        stop=stop,
    ):
        shard.add(record)
        done += 1
        if record.status is not CellStatus.OK:
            failed += 1
            yield f"{record.configuration}: {record.status.value}: {record.reason}"
    yield f"{done} of {len(configurations)} cells, {failed} of the new ones failed"
