"""The document of facts, its data fingerprint and its reproduction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from headstart.exceptions import ArtifactError
from headstart.facts.inspection import (
    Effect,
    Explanation,
    GeneratedFeature,
    Importance,
    Sizes,
    Slice,
)
from headstart.facts.performance import (
    Calibration,
    Confusion,
    Curve,
    Histogram,
    MetricFact,
    Residuals,
    Thresholds,
)
from headstart.facts.records import from_record, read_json, to_record
from headstart.facts.search import (
    Base,
    Budget,
    TrialFact,
)
from headstart.facts.table import (
    ColumnFact,
    FindingFact,
    LeftOut,
    TaskFacts,
    ValidationFacts,
)

__all__ = ["FACTS_VERSION", "Facts", "Fingerprint", "Reproduction"]

FACTS_VERSION = 2
"""Version of the document; other versions are refused."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Rows, columns, and a hash of the values as they were read.

    Equal hashes mean that two fits read the same values. It is not the hash of a file,
    and it may differ between versions of polars.
    """

    n_rows: int
    n_columns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A call in Python and a command line that fit the model again."""

    call: str
    cli: str
    seed: int | None
    data: Fingerprint


@dataclass(frozen=True, slots=True)
class Facts:
    """The record of a fit: leaderboard, report and info are views of it.

    The facts of the search are always present. Those that the analysis measures may be
    None or empty, and `notes` gives the reason. The other modules of this package
    define the parts.

    Parameters
    ----------
    version : int
        `FACTS_VERSION`.
    created : str
        ISO date.
    versions : mapping of str to str
        Versions of headstart, Python, and the libraries and plugins of the model.
    task : TaskFacts
    validation : ValidationFacts
    trials : tuple of TrialFact
        Best first, failed ones last.
    budget : Budget
    score : float or None
        Out-of-fold score of the ensemble; None where it is undefined.

    Examples
    --------
    >>> from headstart.facts import Moment
    >>> from headstart.facts.records import from_record
    >>> from_record({"second": 1, "score": 0.5}, Moment)
    Moment(second=1.0, score=0.5)
    """

    version: int
    created: str
    versions: Mapping[str, str]
    task: TaskFacts
    validation: ValidationFacts
    trials: tuple[TrialFact, ...]
    budget: Budget
    score: float | None = None
    columns: tuple[ColumnFact, ...] = ()
    findings: tuple[FindingFact, ...] = ()
    rows_left_out: tuple[LeftOut, ...] = ()
    base: Base | None = None
    metrics: tuple[MetricFact, ...] = ()
    roc: tuple[Curve, ...] = ()
    precision_recall: tuple[Curve, ...] = ()
    calibration: tuple[Calibration, ...] = ()
    confusion: Confusion | None = None
    thresholds: Thresholds | None = None
    residuals: Residuals | None = None
    predictions: tuple[Histogram, ...] = ()
    importance: tuple[Importance, ...] = ()
    effects: tuple[Effect, ...] = ()
    explanations: tuple[Explanation, ...] | None = None
    slices: tuple[Slice, ...] = ()
    features: tuple[GeneratedFeature, ...] = ()
    sizes: Sizes | None = None
    reproduce: Reproduction | None = None
    notes: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return the facts as JSON values, in the order of the fields.

        Raises
        ------
        TypeError, ValueError
            If a part is not of its type, or a number is not finite.
        """
        record: dict[str, Any] = to_record(self, type(self))
        return record

    def to_json(self) -> str:
        """Return the document as JSON, which `from_json` reads."""
        return json.dumps(self.to_record(), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Return the facts of JSON values by `to_record`, which may be untrusted.

        Raises
        ------
        ArtifactError
            If the values are no facts, are damaged, or have another version.
        """
        version = record.get("version") if isinstance(record, dict) else None
        if type(version) is not int or version < 1:
            raise ArtifactError(
                "The stored facts have no version. Expected the output of "
                "Facts.to_json."
            )
        if version != FACTS_VERSION:
            hint = (
                "pip install -U headstart" if version > FACTS_VERSION else "fit again"
            )
            raise ArtifactError(
                f"The stored facts have version {version}; this headstart reads "
                f"version {FACTS_VERSION}. hint: {hint}"
            )
        facts: Self = from_record(record, cls)
        return facts

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the facts of a JSON text by `to_json`, which may be untrusted.

        Raises
        ------
        ArtifactError
            If it is too large, is not JSON, or is refused by `from_record`.
        """
        return cls.from_record(read_json(text))
