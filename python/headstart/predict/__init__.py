"""Models that only predict: plain arrays and records, evaluated in NumPy and Rust.

A stored model of this package is loaded and evaluated without the library, and without
the plugin, that fitted it. The same holds for fitted transforms of its kinds. `kinds`
lists the forms of both.
"""

from headstart.predict.additive_tables import AdditiveTables, Bins, Term
from headstart.predict.boosted_trees import BoostedTrees, single_log_odds
from headstart.predict.capped_trees import CappedTrees
from headstart.predict.fold_target import FoldTarget
from headstart.predict.forest import Forest
from headstart.predict.hinges import Hinges
from headstart.predict.kinds import KINDS, TRANSFORM_KINDS
from headstart.predict.linear import LinearModel
from headstart.predict.links import link_of_classes, softmax
from headstart.predict.neighbors import NeighborModel
from headstart.predict.network import NetworkForm, NetworkModel
from headstart.predict.stored_model import StoredModel
from headstart.predict.support_vectors import SupportVectors
from headstart.predict.transforms.applied import (
    AppliedTransform,
    kind_of_transform,
    transform_of_kind,
)
from headstart.predict.transforms.column_topics import ColumnTopics, weigh_terms
from headstart.predict.transforms.generated_columns import GeneratedColumns
from headstart.predict.transforms.selected_columns import SelectedColumns
from headstart.predict.transforms.text_terms import terms_of
from headstart.predict.transforms.text_topics import TextTopics
from headstart.predict.transforms.word_indicators import WordIndicators
from headstart.predict.tree_arrays import TreeArrays

__all__ = [
    "KINDS",
    "TRANSFORM_KINDS",
    "AdditiveTables",
    "AppliedTransform",
    "Bins",
    "BoostedTrees",
    "CappedTrees",
    "ColumnTopics",
    "FoldTarget",
    "Forest",
    "GeneratedColumns",
    "Hinges",
    "LinearModel",
    "NeighborModel",
    "NetworkForm",
    "NetworkModel",
    "SelectedColumns",
    "StoredModel",
    "SupportVectors",
    "Term",
    "TextTopics",
    "TreeArrays",
    "WordIndicators",
    "kind_of_transform",
    "link_of_classes",
    "single_log_odds",
    "softmax",
    "terms_of",
    "transform_of_kind",
    "weigh_terms",
]
