"""The facts of a fit: one typed, versioned record, of which all outputs are views.

Units are scores in the metric's own direction, seconds and bytes. What could not be
computed is None or empty, and `Facts.notes` gives the reason.
"""

from headstart.facts.document import (
    FACTS_VERSION,
    Facts,
    Fingerprint,
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
    Moment,
    Neighbour,
    PrecedentFact,
    Spent,
    StepFact,
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
from headstart.facts.views import LEADERBOARD_COLUMNS, leaderboard_rows, precedent_rows

__all__ = [
    "FACTS_VERSION",
    "LEADERBOARD_COLUMNS",
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
    "FindingFact",
    "Fingerprint",
    "GeneratedFeature",
    "Histogram",
    "Importance",
    "LeftOut",
    "MetricFact",
    "Moment",
    "Neighbour",
    "PrecedentFact",
    "Quantile",
    "Reproduction",
    "ResidualBin",
    "Residuals",
    "Scalar",
    "Series",
    "Sizes",
    "Slice",
    "Spent",
    "StepFact",
    "TaskFacts",
    "Thresholds",
    "TrialFact",
    "ValidationFacts",
    "leaderboard_rows",
    "precedent_rows",
]
