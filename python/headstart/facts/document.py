"""The document itself, and where it comes from."""

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
    Failure,
    Origin,
    TrialFact,
)
from headstart.facts.table import (
    ColumnFact,
    FindingFact,
    LeftOut,
    TaskFacts,
    ValidationFacts,
)

__all__ = ["FACTS_VERSION", "Facts", "Fingerprint", "MadeBy", "Reproduction"]

FACTS_VERSION = 1
"""Version of the document; a higher one is refused."""


@dataclass(frozen=True, slots=True)
class MadeBy:
    """Versions of what made the document."""

    headstart: str
    python: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Rows, columns, and a hash of the values as they were read.

    The hash tells whether two fits read the same values. It is not that of a file, and
    another version of polars may give another one.
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
    versions: Mapping[str, str]
    data: Fingerprint


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a fit.

    Every part but `task`, `trials` and `budget` may be None or empty; `notes` says why.
    `created` is an ISO date. `trials` may lack some of many: `origins` and `failures`
    count all of them. The other modules of this
    package hold the parts.

    Examples
    --------
    >>> from headstart.facts import Moment
    >>> from headstart.facts.records import from_record
    >>> from_record({"second": 1, "score": 0.5}, Moment)
    Moment(second=1.0, score=0.5)
    """

    version: int
    made_by: MadeBy
    created: str
    task: TaskFacts
    trials: tuple[TrialFact, ...]
    budget: Budget
    columns: tuple[ColumnFact, ...] = ()
    findings: tuple[FindingFact, ...] = ()
    rows_left_out: tuple[LeftOut, ...] = ()
    validation: ValidationFacts | None = None
    base: Base | None = None
    origins: tuple[Origin, ...] = ()
    failures: tuple[Failure, ...] = ()
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
        """Return JSON values, in the order of the fields.

        Raises
        ------
        TypeError, ValueError
            If a part is not of its type, or a number is not finite.
        """
        record: dict[str, Any] = to_record(self, type(self))
        return record

    def to_json(self) -> str:
        """Return the document as JSON; `from_json` gives back what is equal to it."""
        return json.dumps(self.to_record(), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Read JSON values that `to_record` made, from wherever they come.

        Raises
        ------
        ArtifactError
            If they are no facts, are damaged, or are of a newer version.
        """
        version = record.get("version") if isinstance(record, dict) else None
        if type(version) is not int or version < 1:
            raise ArtifactError(
                "The stored facts do not say their version. Expected what "
                "Facts.to_json wrote."
            )
        if version > FACTS_VERSION:
            raise ArtifactError(
                f"The stored facts are of version {version}; this headstart reads "
                f"versions up to {FACTS_VERSION}. hint: pip install -U headstart"
            )
        facts: Self = from_record(record, cls)
        return facts

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote, from wherever it comes.

        Raises
        ------
        ArtifactError
            If it is too large, is not JSON, or is not what `from_record` takes.
        """
        return cls.from_record(read_json(text))
