"""What a knowledge base holds, as values: one frozen record a kind of row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from headstart.base import Configuration, TaskKind

__all__ = [
    "CellStatus",
    "DatasetRecord",
    "EvaluationRecord",
    "FetchRecord",
    "ForeignEvaluation",
    "ForeignSetup",
    "MetaFeatures",
    "Record",
]


class CellStatus(StrEnum):
    """Outcome of the evaluation of a configuration on a dataset."""

    OK = "ok"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A table with a target.

    Parameters
    ----------
    uid : str
        SHA-256, in hexadecimal, of the canonical columns, the target and the kind of
        task: one table has one uid, wherever it was read from.
    name : str
    family : str
        Datasets of one generator or one source table share it; they are left out
        together where the base is judged.
    source : str
        ``"openml:31"``, ``"local"`` or where else it is from.
    kind : TaskKind
    n_rows, n_features, n_classes : int
        Of the whole table; `n_classes` is 0 for regression.
    licence : str
        Empty where unknown.
    """

    uid: str
    name: str
    family: str
    source: str
    kind: TaskKind
    n_rows: int
    n_features: int
    n_classes: int
    licence: str = ""


@dataclass(frozen=True, slots=True)
class MetaFeatures:
    """Numbers that describe a dataset, by who computed them.

    Parameters
    ----------
    dataset_uid : str
    source : str
        ``"headstart"`` or ``"openml"``. Values of one name from two sources are never
        mixed.
    version : int
        Of the definitions, for values of our own.
    values : mapping of str to float
        By OpenML's name of the quality, or with the prefix ``hs_``. NaN: not
        computable.
    """

    dataset_uid: str
    source: str
    version: int
    values: Mapping[str, float]


@dataclass(frozen=True, eq=False, slots=True)
class EvaluationRecord:
    """One configuration on one dataset: a score a fold and metric, and what it took.

    Parameters
    ----------
    dataset_uid : str
    configuration : Configuration
    metrics : tuple of str
    scores : ndarray of float32, shape (n_folds, n_metrics)
        As the metric is read by users (AUC: greater is better). NaN where a fold
        failed; no rows where none was finished.
    fit_seconds, predict_seconds : float
        Mean of a fold, one thread. Of a failed cell, those of the fold that failed;
        where it ran out of time, at least the seconds that it was given.
    status : CellStatus
    reason : str
        Of a failure, one line.
    scheme : str
        How the rows were split, in words: ``"3 folds, stratified, seed 0"``.
    n_rows : int
        Rows that were used: the fidelity.
    engine_version, machine : str
        What measured it, and on what class of machine.
    seed : int
    origin : str
        Who added it: ``"shipped"``, ``"local"``, a server.
    """

    dataset_uid: str
    configuration: Configuration
    metrics: tuple[str, ...]
    scores: NDArray[np.float32]
    fit_seconds: float
    predict_seconds: float
    status: CellStatus
    reason: str = ""
    scheme: str = ""
    n_rows: int = 0
    engine_version: str = ""
    machine: str = ""
    seed: int = 0
    origin: str = "local"


@dataclass(frozen=True, slots=True)
class ForeignEvaluation:
    """A score that somebody else's run got on OpenML: never averaged with our own."""

    run_id: int
    task_id: int
    dataset_uid: str
    flow_id: int
    flow_name: str
    setup_id: int
    function: str
    value: float
    upload_time: str
    server: str


@dataclass(frozen=True, slots=True)
class ForeignSetup:
    """The parameters of other people's flows, and what they are in our own words.

    Parameters
    ----------
    parameters : mapping of str to str
        As the server gives them: full name to JSON text.
    configuration : Configuration or None
        What it maps to by an explicit rule; None where no rule fits.
    """

    setup_id: int
    flow_id: int
    flow_name: str
    server: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    configuration: Configuration | None = None


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """One reply of a server: what was asked, when, and the hash of what came."""

    server: str
    key: str
    fetched_at: str
    sha256: str
    outcome: str


Record = (
    DatasetRecord
    | MetaFeatures
    | EvaluationRecord
    | ForeignEvaluation
    | ForeignSetup
    | FetchRecord
)
