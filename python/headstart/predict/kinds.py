"""The registry of kinds: fitted transforms that headstart itself applies.

A new kind is one file with a `StoredTransform`, and one line here.
"""

from headstart.base import StoredTransform
from headstart.predict.transforms.generated_columns import GeneratedColumns
from headstart.predict.transforms.selected_columns import SelectedColumns
from headstart.predict.transforms.text_topics import TextTopics
from headstart.predict.transforms.word_indicators import WordIndicators

__all__ = ["TRANSFORM_KINDS"]

_TRANSFORMS: tuple[type[StoredTransform], ...] = (
    GeneratedColumns,
    SelectedColumns,
    TextTopics,
    WordIndicators,
)

#: The class of each kind of fitted transform, by its name in model files.
TRANSFORM_KINDS: dict[str, type[StoredTransform]] = {
    transform.kind: transform for transform in _TRANSFORMS
}
