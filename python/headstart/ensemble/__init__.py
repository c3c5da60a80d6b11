"""Ensembles: selection and weights of members, and fitted models that predict."""

from headstart.ensemble.bagged import BaggedEnsemble, Fit, Member
from headstart.ensemble.greedy import WeightCap, select_greedily
from headstart.ensemble.steps import ModelStore, StepRecord

__all__ = [
    "BaggedEnsemble",
    "Fit",
    "Member",
    "ModelStore",
    "StepRecord",
    "WeightCap",
    "select_greedily",
]
