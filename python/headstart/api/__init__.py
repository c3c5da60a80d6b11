"""AutoClassifier, AutoRegressor, train and load.

The methods of the estimators lie in one module for each thing that they do.
"""

from headstart.api.estimators import AutoClassifier, AutoRegressor
from headstart.api.loading import describe, load
from headstart.api.training import train

__all__ = ["AutoClassifier", "AutoRegressor", "describe", "load", "train"]
