"""The evaluation of a grid of configurations on one dataset, within limits."""

import logging
import math
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import polars as pl

from headstart.base import Configuration, FoldStatus, Learner, Task, Transform
from headstart.exceptions import WorkerDiedError
from headstart.execution import FoldFitExecutor
from headstart.execution.fit_data import FitData, write_fit_data
from headstart.execution.store import FolderStore
from headstart.machine.capacity import machine_class
from headstart.meta.evaluate.cell import CellResult, run_cell
from headstart.meta.records import CellStatus, DatasetRecord, EvaluationRecord
from headstart.metrics import metric_names
from headstart.tables import Schema, TargetEncoder, summarize
from headstart.validation import Validation, plan_folds
from headstart.version import __version__

__all__ = ["EvaluationLimits", "LabelledTable", "evaluate_dataset"]

_log = logging.getLogger("headstart.meta")

# A worker is killed after this many times its limit. The limit is in processor seconds,
# but the kill is by wall-clock time, and other programs may use the machine.
_PATIENCE = 10.0
_GRACE_SECONDS = 10.0
_LONGEST_REASON = 300
_STATUS = {
    FoldStatus.OK: CellStatus.OK,
    FoldStatus.ERROR: CellStatus.ERROR,
    FoldStatus.TIMEOUT: CellStatus.TIMEOUT,
    FoldStatus.MEMORY: CellStatus.MEMORY,
    FoldStatus.CRASH: CellStatus.CRASH,
    FoldStatus.CANCELLED: CellStatus.CRASH,
}


@dataclass(frozen=True, slots=True)
class EvaluationLimits:
    """Limits of one cell, a configuration on all folds of a dataset.

    Parameters
    ----------
    n_rows : int
        Maximum number of rows; larger tables are sampled.
    n_folds : int
    seconds : float
        Limit for all folds of a cell, on one thread.
    memory : int
        Resident bytes of a worker.
    seed : int
        Seed of the sample, the folds and the learners.
    """

    n_rows: int = 5_000
    n_folds: int = 3
    seconds: float = 20.0
    memory: int = 4 << 30
    seed: int = 0

    @property
    def scheme(self) -> str:
        """Description of the folds, which is part of an evaluation's identity."""
        return (
            f"{self.n_folds} folds, stratified, at most {self.n_rows} rows, "
            f"{self.seconds:g} s, seed {self.seed}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class LabelledTable:
    """A dataset's record with its features and target.

    Parameters
    ----------
    record : DatasetRecord
    X : DataFrame
    y : Series
        Labels or values.
    """

    record: DatasetRecord
    X: pl.DataFrame
    y: pl.Series


def evaluate_dataset(
    dataset: LabelledTable,
    configurations: Sequence[Configuration],
    learners: Mapping[str, Learner],
    executor: FoldFitExecutor,
    limits: EvaluationLimits,
    *,
    transforms: Mapping[str, Transform] = MappingProxyType({}),
    known: Collection[str] = (),
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[EvaluationRecord]:
    """Yield the evaluation of each configuration when it finishes, cheap ones first.

    Parameters
    ----------
    dataset : LabelledTable
    configurations : sequence of Configuration
    learners : mapping of str to Learner
    executor : FoldFitExecutor
    limits : EvaluationLimits
    transforms : mapping of str to Transform
        Configurations with another transform, or with one that makes no column of the
        table, are left out.
    known : collection of str
        Keys of configurations that need not be evaluated again.
    stop : callable
        Called before each cell is started; running cells are awaited.

    Raises
    ------
    HeadstartError
        If nothing can be learnt from the table. A cell that fails is evidence: it is
        yielded with its reason.
    """
    with tempfile.TemporaryDirectory(prefix="headstart-meta-") as folder:
        data = _prepare(Path(folder), dataset, limits)
        metrics = metric_names(data.task.kind)
        usable = [c for c in configurations if _applies(c, transforms, data)]
        todo = [
            (number, configuration)
            for number, configuration in enumerate(
                _cheapest_first(usable, learners, data.task)
            )
            if configuration.key not in known
        ]
        running: dict[Future[CellResult], tuple[Configuration, float]] = {}
        while todo or running:
            while todo and len(running) < executor.n_slots and not stop():
                number, configuration = todo.pop(0)
                future = executor.submit(
                    run_cell,
                    (
                        data.store,
                        number,
                        configuration,
                        metrics,
                        limits.seconds,
                        limits.seed,
                    ),
                    deadline=time.monotonic()
                    + _PATIENCE * limits.seconds
                    + _GRACE_SECONDS,
                    memory_limit=limits.memory,
                )
                running[future] = (configuration, time.monotonic())
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                configuration, begun = running.pop(future)
                error = future.exception()
                if isinstance(error, WorkerDiedError) and error.kind == "lost":
                    continue  # no evidence about the configuration
                yield _record(
                    dataset.record,
                    configuration,
                    metrics,
                    future,
                    begun,
                    data.task,
                    limits,
                )


def _prepare(
    folder: Path,
    dataset: LabelledTable,
    limits: EvaluationLimits,
) -> FitData:
    X, y = dataset.X, dataset.y
    if X.height > limits.n_rows:
        rows = np.sort(
            np.random.default_rng(limits.seed).permutation(X.height)[: limits.n_rows]
        )
        X, y = X[rows], y[rows]
    classification = dataset.record.kind.is_classification
    target = TargetEncoder.learn(
        y, "classification" if classification else "regression"
    )
    codes = target.encode(y)
    schema = Schema.learn(X)
    task = Task(
        target.kind,
        X.height,
        schema.n_numeric,
        schema.n_categorical,
        0 if target.classes is None else len(target.classes),
        "",
    )
    folds = plan_folds(
        Validation(folds=limits.n_folds, repeats=1), codes, task.kind, seed=limits.seed
    )
    return write_fit_data(
        FitData(
            store=FolderStore(folder),
            task=task,
            schema=schema,
            table=schema.apply(X),
            y=codes,
            weight=None,
            folds=folds,
        )
    )


def _applies(
    configuration: Configuration, transforms: Mapping[str, Transform], data: FitData
) -> bool:
    """Return whether each step applies to the table and makes at least one column."""
    table = summarize(data.schema, texts=False)
    steps = [transforms.get(step.name) for step in configuration.transforms]
    return all(
        t is not None and t.columns(table, data.task) and t.promise(table, data.task)
        for t in steps
    )


def _cheapest_first(
    configurations: Sequence[Configuration], learners: Mapping[str, Learner], task: Task
) -> list[Configuration]:
    usable = [c for c in configurations if c.learner in learners]

    def cost(configuration: Configuration) -> float:
        learner = learners[configuration.learner]
        try:
            return float(learner.cost(task, configuration.parameters, task.n_rows))
        except Exception:
            # Configurations without a predicted cost come last.
            _log.exception("The cost of %s is unknown.", configuration)
            return math.inf

    return sorted(usable, key=cost)


def _record(
    dataset: DatasetRecord,
    configuration: Configuration,
    metrics: tuple[str, ...],
    future: Future[CellResult],
    begun: float,
    task: Task,
    limits: EvaluationLimits,
) -> EvaluationRecord:
    error = future.exception()
    if error is None:
        result = future.result()
    elif isinstance(error, WorkerDiedError):
        spent = (time.monotonic() - begun) / limits.n_folds
        result = CellResult(FoldStatus(error.kind), [], spent, 0.0, str(error))
    else:
        result = CellResult(
            FoldStatus.ERROR, [], 0.0, 0.0, f"{type(error).__name__}: {error}"
        )
    scores = np.asarray(result.scores, dtype=np.float32).reshape(-1, len(metrics))
    return EvaluationRecord(
        dataset_uid=dataset.uid,
        configuration=configuration,
        metrics=metrics,
        scores=scores,
        fit_seconds=round(result.fit_seconds, 4),
        predict_seconds=round(result.predict_seconds, 4),
        status=_STATUS[result.status],
        reason=" ".join(result.reason.split())[:_LONGEST_REASON],
        scheme=limits.scheme,
        n_rows=task.n_rows,
        engine_version=__version__,
        machine=machine_class(),
        seed=limits.seed,
        origin="local",
    )
