"""Models that only predict: plain arrays and records, evaluated in Rust.

A stored model of this package is loaded and asked without the library, and without the
plugin, that fitted it. The same holds for fitted transforms of its kinds.
"""

from headstart.predict.boosted_trees import BoostedTrees, single_log_odds
from headstart.predict.kinds import TRANSFORM_KINDS
from headstart.predict.transforms.applied import (
    AppliedTransform,
    kind_of_transform,
    transform_of_kind,
)
from headstart.predict.transforms.column_topics import ColumnTopics, weigh_terms
from headstart.predict.transforms.generated_columns import GeneratedColumns
from headstart.predict.transforms.selected_columns import SelectedColumns
from headstart.predict.transforms.text_terms import (
    terms_of,
)
from headstart.predict.transforms.text_topics import TextTopics
from headstart.predict.transforms.word_indicators import WordIndicators
from headstart.predict.tree_arrays import TreeArrays

__all__ = [
    "TRANSFORM_KINDS",
    "AppliedTransform",
    "BoostedTrees",
    "ColumnTopics",
    "GeneratedColumns",
    "SelectedColumns",
    "TextTopics",
    "TreeArrays",
    "WordIndicators",
    "kind_of_transform",
    "single_log_odds",
    "terms_of",
    "transform_of_kind",
    "weigh_terms",
]
