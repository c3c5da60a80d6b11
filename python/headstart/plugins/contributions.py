"""Records of what plugins contribute besides learners and transforms.

Each has a name and a function. Functions are called in the user's process, never in
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
        Takes arrays of shape (n_rows,) and returns a finite number for any rows. If it
        has a parameter `sample_weight`, it receives the weights, if there are any.
    kinds : frozenset of TaskKind
        Kinds of task: classification kinds or regression.
    greater_is_better : bool, default=True
    needs : {"label", "probability", "value"}, default="label"
        The arguments of the function. Label: the user's labels in both. Probability:
        class codes, and the probabilities of class 1 or, with more than two classes, of
        all classes, shape (n_rows, n_classes). Value: values of a regression.

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
    """A splitter, used by ``validation="name"``.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all splitters.
    factory : callable of ``(seed) -> splitter``
        Returns an object with scikit-learn's ``split(X, y, groups)``. The seed is the
        run's; a splitter with random numbers should use it.
    """

    name: str
    factory: Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class DescribedTable:
    """A training table, as the functions of `MetaFeatureRecord` receive it.

    Parameters
    ----------
    frame : polars.DataFrame
        The feature columns. Must not be changed.
    y : ndarray of shape (n_rows,)
        Class codes, or values.
    kind : TaskKind
    n_numeric, n_categorical, n_classes : int
        Numbers of numeric and categorical columns, and of classes (0 for regression).
    """

    frame: "pl.DataFrame"
    y: NDArray[Any] = field(default_factory=lambda: np.zeros(0))
    kind: TaskKind = TaskKind.REGRESSION
    n_numeric: int = 0
    n_categorical: int = 0
    n_classes: int = 0


@dataclass(frozen=True, slots=True)
class MetaFeatureRecord:
    """Meta-features: numbers that describe a table, for its similarity to known ones.

    They are used for datasets of the knowledge base that have them too: those that were
    added while the plugin was installed.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all records of this kind.
    function : callable of ``(DescribedTable) -> mapping of str to float``
        Should be quick and return the same names for every table. The scale should not
        depend on the table's size (logarithms and shares, not counts). NaN where a
        number is undefined. Each is stored as ``distribution:name``.
    """

    name: str
    function: Callable[[DescribedTable], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class ListenerRecord:
    """A listener that receives the events of every run.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all listeners.
    factory : callable of ``(facts) -> listener or None``
        Called at the start of each fit with a mapping of JSON-able facts: ``"task"``,
        ``"target"``, ``"n_rows"``, ``"n_features"``, ``"metric"``, ``"validation"``,
        ``"time_limit"``, ``"max_trials"``, ``"n_jobs"``, ``"learners"`` (names),
        ``"random_state"``, ``"run_dir"``, ``"headstart_version"``. Returns a callable
        of ``(event)``, see `headstart.sdk.Event`, or None to receive no events. A
        listener that raises is removed for the run.
    """

    name: str
    factory: Callable[[Mapping[str, Any]], Listener | None]


@dataclass(frozen=True, slots=True)
class TableReaderRecord:
    """A reader of tables from files, used wherever a path is accepted.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all readers.
    function : callable of ``(path) -> table``
        Takes the path or address as a str; returns any table that headstart accepts.
    suffixes : tuple of str
        Suffixes of the files it reads, with the dot, lower case: ``(".sas7bdat",)``.
    schemes : tuple of str
        Schemes of addresses that are not files, without ``://``: ``("s3",)``.
    """

    name: str
    function: Callable[[str], Any]
    suffixes: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExporterRecord:
    """An export format of fitted models, used by ``model.export``.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique over all exporters: ``format="name"``.
    suffix : str
        Suffix of the files it writes, with the dot, lower case.
    function : callable of ``(model, path) -> None``
        Takes a fitted `AutoClassifier` or `AutoRegressor` and the path to write to.
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
        over all commands. Headstart's own commands cannot be replaced.
    function : callable
        Its parameters are the command's arguments and options, which Typer derives from
        their annotations; its docstring is the help. Exceptions are reported like those
        of headstart's own commands, and the command has their ``--debug`` option.
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
        Takes the text after ``name://`` (empty if there is none) and the number of fold
        fits to run at once (None if the user has not set it). The executor is shut down
        when the fit ends.
    """

    name: str
    factory: Callable[[str, int | None], Executor]
