"""Generated features: what can be made of columns, and plans that make it.

A `Candidate` names one feature: an operator and its columns. A `FeaturePlan` fits
candidates to training rows, makes them of any rows, says in words what they are, and
goes to and from JSON. The encoders do for whole tables what some of the operators do,
with scikit-learn's conventions. `find_features` looks for candidates that help.
``docs/reference/features.md`` lists the operators.
"""

from headstart.features.candidate import Candidate
from headstart.features.encoders import FrequencyEncoder
from headstart.features.operators import OPERATORS, Operator
from headstart.features.plan import Feature, FeaturePlan
from headstart.features.screening import FoundFeatures, find_features
from headstart.features.target_encoders import (
    OrderedTargetEncoder,
    TargetEncoder,
    WeightOfEvidenceEncoder,
)

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
