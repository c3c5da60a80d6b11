"""Ensembles: how members are weighted, and the fitted models they are made of."""

from headstart.ensemble.bagged import BaggedEnsemble, Fit, Member, ModelStore
from headstart.ensemble.greedy import select_greedily

__all__ = ["BaggedEnsemble", "Fit", "Member", "ModelStore", "select_greedily"]
