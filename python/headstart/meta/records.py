"""The records of a knowledge base: one frozen class per kind of row."""

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
        SHA-256, in hexadecimal, of the canonical columns, the target and the task
        kind: one table has one uid, whatever source it was read from.
    name : str
    family : str
        Shared by datasets of one generator or one source table, which are left out
        together when the base is evaluated.
    source : str
        ``"openml:31"``, ``"local"`` or another source.
    kind : TaskKind
    n_rows, n_features, n_classes : int
        Numbers of the whole table; `n_classes` is 0 for regression.
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
    """Meta-features of a dataset from one source.

    Parameters
    ----------
    dataset_uid : str
    source : str
        ``"headstart"`` or ``"openml"``. Values of one name from two sources are never
        mixed.
    version : int
        Version of the definitions, for headstart's own values.
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
    """The scores of a configuration on a dataset per fold and metric, and its cost.

    Parameters
    ----------
    dataset_uid : str
    configuration : Configuration
    metrics : tuple of str
    scores : ndarray of float32, shape (n_folds, n_metrics)
        With the sign that users expect (AUC: greater is better). NaN for a failed fold;
        no rows if no fold was finished.
    fit_seconds, predict_seconds : float
        Mean per fold on one thread. For a failed cell, those of the failed fold; after
        a timeout, at least the seconds of its limit.
    status : CellStatus
    reason : str
        Reason of a failure in one line.
    scheme : str
        Description of the folds: ``"3 folds, stratified, seed 0"``.
    n_rows : int
        Number of rows that were used: the fidelity.
    engine_version, machine : str
        Version of headstart and class of machine that measured it.
    seed : int
    origin : str
        Its provenance: ``"shipped"``, ``"local"`` or a server.
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
    """A score of a run on OpenML, which is never averaged with headstart's own."""

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
    """The parameters of a flow on OpenML, and the configuration they correspond to.

    Parameters
    ----------
    parameters : mapping of str to str
        The server's parameters: full name to JSON text.
    configuration : Configuration or None
        The configuration by an explicit rule; None if no rule matches.
    """

    setup_id: int
    flow_id: int
    flow_name: str
    server: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    configuration: Configuration | None = None


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """A reply of a server: the request, its time, and the hash of the reply."""

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
