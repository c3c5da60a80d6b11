"""AutoClassifier, AutoRegressor, train and load.

The estimators' methods are defined in one module per purpose.
"""

from headstart.api.estimators import AutoClassifier, AutoRegressor
from headstart.api.loading import describe, load
from headstart.api.reading import read_table
from headstart.api.training import train

__all__ = ["AutoClassifier", "AutoRegressor", "describe", "load", "read_table", "train"]
