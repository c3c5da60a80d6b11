"""Generated features: candidates, and plans that fit and compute them.

A `Candidate` is one feature: an operator and its columns. A `FeaturePlan` fits
candidates to training rows, computes them for any rows, describes them, and converts to
and from JSON. The encoders apply some of the operators to whole tables with
scikit-learn's conventions. `find_features` searches for candidates that help.
``docs/reference/features.md`` lists the operators.
"""

from headstart.features.encoders.levels import FrequencyEncoder
from headstart.features.encoders.target import (
    OrderedTargetEncoder,
    TargetEncoder,
    WeightOfEvidenceEncoder,
)
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.catalogue import OPERATORS, Operator
from headstart.features.plans.plan import Feature, FeaturePlan
from headstart.features.screening.screening import FoundFeatures, find_features

__all__ = [
    "OPERATORS",
    "Candidate",
    "Feature",
    "FeaturePlan",
    "FoundFeatures",
    "FrequencyEncoder",
    "Operator",
    "OrderedTargetEncoder",
    "TargetEncoder",
    "WeightOfEvidenceEncoder",
    "find_features",
]
