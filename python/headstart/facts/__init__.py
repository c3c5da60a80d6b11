"""The facts of a fit: one versioned document, from which every report is made.

Numbers are as people read them: scores and metrics in the metric's own direction,
seconds, bytes. What could not be computed is None or empty, and `Facts.notes` says why.
"""

from headstart.facts.document import (
    FACTS_VERSION,
    Facts,
    Fingerprint,
    MadeBy,
    Reproduction,
)
from headstart.facts.inspection import (
    Cell,
    Contribution,
    Effect,
    Explanation,
    GeneratedFeature,
    Importance,
    Series,
    Sizes,
    Slice,
)
from headstart.facts.performance import (
    Calibration,
    Confusion,
    Curve,
    Histogram,
    MetricFact,
    Quantile,
    ResidualBin,
    Residuals,
    Thresholds,
)
from headstart.facts.search import (
    Base,
    Budget,
    Failure,
    Moment,
    Neighbour,
    Origin,
    Spent,
    TrialFact,
)
from headstart.facts.table import (
    ColumnFact,
    FindingFact,
    LeftOut,
    TaskFacts,
    ValidationFacts,
)
from headstart.facts.values import Scalar

__all__ = [
    "FACTS_VERSION",
    "Base",
    "Budget",
    "Calibration",
    "Cell",
    "ColumnFact",
    "Confusion",
    "Contribution",
    "Curve",
    "Effect",
    "Explanation",
    "Facts",
    "Failure",
    "FindingFact",
    "Fingerprint",
    "GeneratedFeature",
    "Histogram",
    "Importance",
    "LeftOut",
    "MadeBy",
    "MetricFact",
    "Moment",
    "Neighbour",
    "Origin",
    "Quantile",
    "Reproduction",
    "ResidualBin",
    "Residuals",
    "Scalar",
    "Series",
    "Sizes",
    "Slice",
    "Spent",
    "TaskFacts",
    "Thresholds",
    "TrialFact",
    "ValidationFacts",
]
