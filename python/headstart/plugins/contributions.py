"""What a plugin can bring besides learners and transforms, as typed records.

Each is a name and a function. Functions are called in the user's own process, never in
workers, so they may be defined anywhere.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from headstart.base.events import Listener
from headstart.base.task import TaskKind

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "CommandRecord",
    "DescribedTable",
    "ExecutorRecord",
    "ExporterRecord",
    "ListenerRecord",
    "MetaFeatureRecord",
    "MetricRecord",
    "SplitterRecord",
    "TableReaderRecord",
]


@dataclass(frozen=True, slots=True)
class MetricRecord:
    """A metric, used by ``metric="name"``.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all metrics.
    function : callable of ``(y_true, y_pred) -> float``
        Of arrays of shape (n_rows,); finite for any rows. One that has a parameter
        `sample_weight` is given weights where there are some.
    kinds : frozenset of TaskKind
        Kinds of problem it is for: classifications, or regression.
    greater_is_better : bool, default=True
    needs : {"label", "probability", "value"}, default="label"
        What the function is given. Labels: both arguments as the user knows them.
        Probability: class codes, and the probabilities of class 1, or, above two
        classes, of all, shape (n_rows, n_classes). Value: of a regression.

    Examples
    --------
    >>> def hits(y_true, y_pred):
    ...     return (y_true == y_pred).sum()
    >>> MetricRecord("hits", hits, frozenset({TaskKind.BINARY})).needs
    'label'
    """

    name: str
    function: Callable[..., float]
    kinds: frozenset[TaskKind]
    greater_is_better: bool = True
    needs: Literal["label", "probability", "value"] = "label"


@dataclass(frozen=True, slots=True)
class SplitterRecord:
    """A way to hold rows out, used by ``validation="name"``.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all splitters.
    factory : callable of ``(seed) -> splitter``
        Returns an object with scikit-learn's ``split(X, y, groups)``. The seed is that
        of the run: one that draws at random should use it.
    """

    name: str
    factory: Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class DescribedTable:
    """A training table, as functions that describe one are given it.

    Parameters
    ----------
    frame : polars.DataFrame
        The columns that are learnt from. Not to be changed.
    y : ndarray of shape (n_rows,)
        Class codes, or values.
    kind : TaskKind
    n_numeric, n_categorical, n_classes : int
        Columns by what they become; classes, 0 for regression.
    """

    frame: "pl.DataFrame"
    y: NDArray[Any] = field(default_factory=lambda: np.zeros(0))
    kind: TaskKind = TaskKind.REGRESSION
    n_numeric: int = 0
    n_categorical: int = 0
    n_classes: int = 0


@dataclass(frozen=True, slots=True)
class MetaFeatureRecord:
    """Numbers that describe a table, by which it is compared with known ones.

    They count where the knowledge base has them too: of tables that were learnt from
    with the plugin installed.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all records of this kind.
    function : callable of ``(DescribedTable) -> mapping of str to float``
        Should be quick, give the same names for every table, in numbers of about the
        same scale whatever the table's size (logarithms and shares, not counts). NaN
        where a number is not defined. Each is kept as ``distribution:name``.
    """

    name: str
    function: Callable[[DescribedTable], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class ListenerRecord:
    """A listener that hears every run.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all listeners.
    factory : callable of ``(facts) -> listener or None``
        Called at the start of each fit with a mapping of JSON-able facts: ``"task"``,
        ``"target"``, ``"n_rows"``, ``"n_features"``, ``"metric"``, ``"validation"``,
        ``"time_limit"``, ``"max_trials"``, ``"n_jobs"``, ``"learners"`` (names),
        ``"random_state"``, ``"run_dir"``, ``"headstart_version"``. Returns a callable
        of ``(event)``, see `headstart.sdk.Event`, or None not to listen. A listener
        that raises is dropped for the run.
    """

    name: str
    factory: Callable[[Mapping[str, Any]], Listener | None]


@dataclass(frozen=True, slots=True)
class TableReaderRecord:
    """A reader of tables from files, used wherever a path is taken.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all readers.
    function : callable of ``(path) -> table``
        Is given the path or address as a str; returns any table that headstart takes.
    suffixes : tuple of str
        Endings of the files it reads, with the dot, lower case: ``(".sas7bdat",)``.
    schemes : tuple of str
        Of addresses that are no files, without ``://``: ``("s3",)``.
    """

    name: str
    function: Callable[[str], Any]
    suffixes: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExporterRecord:
    """A form in which a fitted model can be written, used by ``model.export``.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all exporters: ``format="name"``.
    suffix : str
        Ending of the files it writes, with the dot, lower case.
    function : callable of ``(model, path) -> None``
        Is given a fitted `AutoClassifier` or `AutoRegressor` and the path to write.
    """

    name: str
    suffix: str
    function: Callable[[Any, Path], None]


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command of the command line: ``headstart NAME``.

    Parameters
    ----------
    name : str
        Lower case with underscores, which the command line writes as hyphens; unique
        over all commands. A command of headstart's own cannot be replaced.
    function : callable
        Its parameters are the command's arguments and options, as Typer reads them off
        their annotations; its docstring is the help. What it raises is told as the
        errors of headstart's own commands are, and it gets their ``--debug``.
    """

    name: str
    function: Callable[..., None]


@dataclass(frozen=True, slots=True)
class ExecutorRecord:
    """A place where fold fits run, used by ``executor="name"``.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all executors.
    factory : callable of ``(address, n_jobs) -> concurrent.futures.Executor``
        Is given what stands behind ``name://``, empty where nothing does, and the
        number of fold fits to run at once, None where the user has not said. The
        executor is shut down when the fit ends.
    """

    name: str
    factory: Callable[[str, int | None], Executor]
