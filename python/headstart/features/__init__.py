"""Generated features: candidates, and plans that fit and compute them.

A `Candidate` is one feature: an operator and its columns. A `FeaturePlan` fits
candidates to training rows, computes them for any rows, describes them, and converts to
and from JSON. The encoders apply some of the operators to whole tables with
scikit-learn's conventions. `find_features` searches for candidates that help.
``docs/reference/features.md`` lists the operators.

Names are resolved when they are first used: fitted features are computed without the
code that fits them, and without scikit-learn.
"""

from typing import TYPE_CHECKING

from headstart.lazy_names import lazy_names

if TYPE_CHECKING:
    from headstart.features.encoders.levels import FrequencyEncoder
    from headstart.features.encoders.ordered import OrderedTargetEncoder
    from headstart.features.encoders.target import (
        TargetEncoder,
        WeightOfEvidenceEncoder,
    )
    from headstart.features.fitted.features import FittedFeatures
    from headstart.features.operators.candidate import Candidate
    from headstart.features.operators.catalogue import OPERATORS, Operator
    from headstart.features.plans.plan import Feature, FeaturePlan
    from headstart.features.screening.screening import FoundFeatures, find_features

__all__ = [
    "OPERATORS",
    "Candidate",
    "Feature",
    "FeaturePlan",
    "FittedFeatures",
    "FoundFeatures",
    "FrequencyEncoder",
    "Operator",
    "OrderedTargetEncoder",
    "TargetEncoder",
    "WeightOfEvidenceEncoder",
    "find_features",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "OPERATORS": "headstart.features.operators.catalogue",
        "Candidate": "headstart.features.operators.candidate",
        "Feature": "headstart.features.plans.plan",
        "FeaturePlan": "headstart.features.plans.plan",
        "FittedFeatures": "headstart.features.fitted.features",
        "FoundFeatures": "headstart.features.screening.screening",
        "FrequencyEncoder": "headstart.features.encoders.levels",
        "Operator": "headstart.features.operators.catalogue",
        "OrderedTargetEncoder": "headstart.features.encoders.ordered",
        "TargetEncoder": "headstart.features.encoders.target",
        "WeightOfEvidenceEncoder": "headstart.features.encoders.target",
        "find_features": "headstart.features.screening.screening",
    },
)
