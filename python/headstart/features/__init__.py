"""Generated features: what can be made of columns, and plans that make it.

A `Candidate` names one feature: an operator and its columns. A `FeaturePlan` fits
candidates to training rows, makes them of any rows, says in words what they are, and
goes to and from JSON. ``docs/reference/features.md`` lists the operators.
"""

from headstart.features.candidate import Candidate
from headstart.features.operators import OPERATORS, Operator

__all__ = ["OPERATORS", "Candidate", "Operator"]
