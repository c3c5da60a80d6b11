"""Generated features: what can be made of columns, and plans that make it.

A `Candidate` names one feature: an operator and its columns. A `FeaturePlan` fits
candidates to training rows, makes them of any rows, says in words what they are, and
goes to and from JSON. The encoders do for whole tables what some of the operators do,
with scikit-learn's conventions. `find_features` looks for candidates that help.
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
