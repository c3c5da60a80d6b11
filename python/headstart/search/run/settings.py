"""The request of a fit: its data and the parameters of the constructor."""

import math
import numbers
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.base import Learner, Transform
from headstart.base.events import Listener
from headstart.exceptions import BudgetError
from headstart.findings.target import TargetColumn
from headstart.machine.capacity import available_cores, available_memory
from headstart.plugins import load_plugins
from headstart.validation import Folds

if TYPE_CHECKING:
    from headstart.facts import Facts
    from headstart.search.record import RunRecord

__all__ = ["FitRequest", "FitSettings", "parse_bytes"]

# Share of the memory free at the start of a fit that its workers may use together.
_MEMORY_SHARE = 0.85
# Resident bytes of a worker before its first fit (measured: 137 MiB), and the views of
# a small table.
_WORKER_BYTES = 160 * 2**20
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_UNITS |= {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Parameters of `AutoClassifier` and `AutoRegressor`, as passed; see `check`.

    `headstart.AutoClassifier` documents each of them.
    """

    time_limit: float | None
    max_trials: int | None
    metric: Any
    validation: Any
    learners: Sequence[str | Learner] | None
    columns: Mapping[str, str] | None
    n_jobs: int | None
    memory_limit: float | str | None
    executor: Executor | str | None
    random_state: Any
    run_dir: str | Path | None
    resume: bool
    refit: bool | str
    learn: bool
    transforms: Sequence[str | Transform] | None = None

    def check(self) -> None:
        """Raise an error for a parameter with an invalid value.

        Raises
        ------
        BudgetError
            For an invalid limit.
        TypeError
            For a parameter of the wrong type.
        PluginError
            For the name of an executor that no plugin provides.
        """
        if self.time_limit is None and self.max_trials is None:
            raise BudgetError(
                "The 'time_limit' parameter may be None only together with "
                "'max_trials'. hint: set one of them."
            )
        if self.time_limit is not None and not _is_positive(self.time_limit):
            raise BudgetError(
                "The 'time_limit' parameter must be a number of seconds above 0, or "
                f"None with max_trials. Got {self.time_limit!r} instead."
            )
        _check_count("max_trials", self.max_trials)
        if self.n_jobs != -1:
            _check_count("n_jobs", self.n_jobs)
        self._check_memory()
        if self.refit not in (True, False, "auto"):
            raise TypeError(
                "The 'refit' parameter must be True, False or 'auto'. "
                f"Got {self.refit!r} instead."
            )
        named: dict[str, Any] = {
            "learners": self.learners,
            "transforms": self.transforms,
        }
        for parameter, value in named.items():
            if isinstance(value, str):
                raise TypeError(
                    f"The {parameter!r} parameter must be a list of names. "
                    f"Got the string {value!r}. hint: [{value!r}]"
                )
        executor: Any = self.executor
        if isinstance(executor, str):
            load_plugins().executor(executor)
        elif executor is not None and not isinstance(executor, Executor):
            raise TypeError(
                "The 'executor' parameter must be a concurrent.futures.Executor, or "
                f"the name of a plugin's. Got {type(executor).__name__} instead. "
                "hint: Dask's is "
                "client.get_executor()."
            )

    def refits(self, folds: Folds) -> bool:
        """Return whether members are fitted once more on all rows.

        The models of one holdout, or of folds in order of time, have not been fitted on
        part of the rows; fold models together have. Where folds follow time, this does
        not depend on the parameter: the newest rows are the most similar to future
        rows.
        """
        if folds.scheme == "time":
            return True
        return len(folds.units) == 1 if self.refit == "auto" else bool(self.refit)

    def cores(self) -> int:
        """Return the number of parallel fold fits."""
        if self.n_jobs is not None and self.n_jobs != -1:
            return self.n_jobs
        cores = available_cores()
        if self.n_jobs == -1 or self.executor is not None:
            return cores
        # If there were more workers than fit into memory, each would be killed.
        return max(1, min(cores, self._memory() // _WORKER_BYTES))

    def memory_per_fit(self, reserved: int = 0) -> int:
        """Return the limit on the resident bytes of one worker.

        Parameters
        ----------
        reserved : int
            Bytes that other parts of the run use; ignored if `memory_limit` is set.
        """
        return max(_WORKER_BYTES, self._memory(reserved) // self.cores())

    def memory_notice(self) -> str:
        """Return a notice on too little memory; empty if there is enough."""
        if self.executor is not None:
            return ""
        total, cores = self._memory(), self.cores()
        if total < cores * _WORKER_BYTES:
            return (
                f"Little memory is free: {_megabytes(total)} for {cores} fold fits at "
                f"once, and each needs {_megabytes(_WORKER_BYTES)} or more. The system "
                "may end some of them. hint: close other programs, or lower n_jobs."
            )
        if self.n_jobs is None and cores < available_cores():
            return (
                f"{cores} fold fits run at once on {available_cores()} cores, because "
                f"{_megabytes(total)} of memory suffice for no more. hint: set n_jobs "
                "to change the number."
            )
        return ""

    def _memory(self, reserved: int = 0) -> int:
        """Return the number of bytes that all workers may use together."""
        if self.memory_limit is None:
            return int(max(0, available_memory() - reserved) * _MEMORY_SHARE)
        return parse_bytes(self.memory_limit)

    def _check_memory(self) -> None:
        if self.memory_limit is None or self.executor is not None:
            return
        total, cores = self._memory(), self.cores()
        if total < cores * _WORKER_BYTES:
            raise BudgetError(
                f"The 'memory_limit' parameter gives {_megabytes(total)} to {cores} "
                f"fold fit{'s' if cores > 1 else ''} at once, and each needs at least "
                f"{_megabytes(_WORKER_BYTES)} before its first fit. hint: set "
                f"{_megabytes(cores * _WORKER_BYTES)} or more"
                f"{', or a smaller n_jobs.' if cores > 1 else '.'}"
            )

    def named_transforms(self) -> list[str]:
        """Return the names of the transforms that the user named, except exclusions."""
        items = self.transforms or ()
        names = (i if isinstance(i, str) else i.name for i in items)
        return [name for name in names if not name.startswith("-")]

    def seed(self) -> int:
        """Return the run's seed; a random one if `random_state` is None."""
        from sklearn.utils import check_random_state

        if isinstance(self.random_state, numbers.Integral):
            return self.fixed_seed(0)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def fixed_seed(self, default: int) -> int:
        """Return the seed given by `random_state`; `default` if it gives none."""
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state) % 2**31
        return default


@dataclass(frozen=True, kw_only=True)
class FitRequest:
    """The data and the settings of a fit.

    Parameters
    ----------
    settings : FitSettings
    X : table
        Any table that `headstart.tables.to_frame` accepts.
    y : vector
        One label or value per row of `X`.
    classification : bool
        Whether the target is a class; otherwise it is a number.
    sample_weight : vector or None
        Non-negative weights, one per row; rows of weight 0 are left out.
    groups : vector, column name or None
        Rows of one group are never split between training and validation; folds that
        split them are rejected.
    listeners : sequence of Listener
        Called with every event of the run.
    started : float or None
        Time of `time.monotonic` from which the time limit counts; now by default.
    target_column : TargetColumn
        How the caller separated the target from its table; it is reported as a finding.
    analyse : callable or None
        Returns the facts with the analysis, which are stored with the model. The clock
        reserves time for it.
    """

    settings: FitSettings
    X: Any
    y: Any
    classification: bool
    sample_weight: Any = None
    groups: Any = None
    listeners: Sequence[Listener] = ()
    started: float | None = None
    target_column: TargetColumn = TargetColumn()
    analyse: "Callable[[RunRecord], Facts] | None" = None


def parse_bytes(size: Any) -> int:
    """Return a number of bytes from a number, or a text such as ``"4GB"``.

    Raises
    ------
    BudgetError
        If it is not a positive size.
    """
    if isinstance(size, str):
        match = re.fullmatch(r"\s*([0-9.]+)\s*([kmgt]i?)?b?\s*", size.lower())
        try:
            number = float(match[1]) * _UNITS[match[2] or ""] if match else math.nan
        except ValueError:
            number = math.nan
    else:
        number = float(size) if isinstance(size, numbers.Real) else math.nan
    if not 0 < number < math.inf:
        raise BudgetError(
            "The 'memory_limit' parameter must be a positive number of bytes or a "
            f"text like '4GB'. Got {size!r} instead."
        )
    return int(number)


def _megabytes(size: int) -> str:
    return f"{-(-size // 10**6):,} MB"


def _is_positive(value: Any) -> bool:
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return number and 0 < float(value) < math.inf


def _check_count(name: str, value: Any) -> None:
    is_count = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if value is not None and not (is_count and int(value) >= 1):
        raise BudgetError(
            f"The '{name}' parameter must be an int >= 1 or None. "
            f"Got {value!r} instead."
        )
