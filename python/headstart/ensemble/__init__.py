"""Ensembles: selection and weights of members, and fitted models that predict."""

from headstart.ensemble.bagged import BaggedEnsemble, Fit, Member, ModelStore
from headstart.ensemble.greedy import WeightCap, select_greedily
from headstart.ensemble.made_features import made_features

__all__ = [
    "BaggedEnsemble",
    "Fit",
    "Member",
    "ModelStore",
    "WeightCap",
    "made_features",
    "select_greedily",
]
