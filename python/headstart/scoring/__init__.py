"""How much columns say of a target: scores of features, and selection by them."""

from headstart.scoring.binning import BinnedMatrix

__all__ = ["BinnedMatrix"]
