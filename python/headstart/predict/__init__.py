"""Models that only predict: plain arrays and records, evaluated in Rust.

A stored model of this package is loaded and asked without the library, and without the
plugin, that fitted it.
"""

from headstart.predict.boosted_trees import BoostedTrees, single_log_odds
from headstart.predict.tree_arrays import TreeArrays

__all__ = ["BoostedTrees", "TreeArrays", "single_log_odds"]
