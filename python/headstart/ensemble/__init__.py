"""Ensembles: selection and weights of members, and fitted models that predict."""

from headstart.ensemble.bagged import BaggedEnsemble, Fit, Member, ModelStore
from headstart.ensemble.greedy import WeightCap, select_greedily

__all__ = [
    "BaggedEnsemble",
    "Fit",
    "Member",
    "ModelStore",
    "WeightCap",
    "select_greedily",
]
