"""The registry of kinds: forms of fitted models and transforms that headstart applies.

A new kind is one file with a `StoredModel` or `StoredTransform`, and one line here.
"""

from collections.abc import Iterable

from headstart.base import StoredTransform
from headstart.predict.additive_tables import AdditiveTables
from headstart.predict.kernel_machine import KernelMachine
from headstart.predict.linear import LinearModel
from headstart.predict.neighbors import NeighborModel
from headstart.predict.network import NetworkModel
from headstart.predict.stored_model import StoredModel
from headstart.predict.support_vectors import SupportVectors
from headstart.predict.transforms.generated_columns import GeneratedColumns
from headstart.predict.transforms.selected_columns import SelectedColumns
from headstart.predict.transforms.text_topics import TextTopics
from headstart.predict.transforms.word_indicators import WordIndicators
from headstart.predict.trees.boosted_trees import BoostedTrees
from headstart.predict.trees.capped_trees import CappedTrees
from headstart.predict.trees.forest import Forest

__all__ = ["KINDS", "TRANSFORM_KINDS", "overrides"]

_MODELS: tuple[type[StoredModel], ...] = (
    AdditiveTables,
    BoostedTrees,
    CappedTrees,
    Forest,
    KernelMachine,
    LinearModel,
    NeighborModel,
    NetworkModel,
    SupportVectors,
)
_TRANSFORMS: tuple[type[StoredTransform], ...] = (
    GeneratedColumns,
    SelectedColumns,
    TextTopics,
    WordIndicators,
)

#: The class of each kind of fitted model, by its name in model files.
KINDS: dict[str, type[StoredModel]] = {model.kind: model for model in _MODELS}
#: The class of each kind of fitted transform, by its name in model files.
TRANSFORM_KINDS: dict[str, type[StoredTransform]] = {
    transform.kind: transform for transform in _TRANSFORMS
}


def overrides(subject: object, base: type, methods: Iterable[str]) -> bool:
    """Return True if the class of an object has its own form of a base's method.

    Such an object applies fitted models or transforms by code of its own, also where
    they have a kind.

    Parameters
    ----------
    subject : object
    base : type
    methods : iterable of str
    """
    return any(
        getattr(type(subject), method) is not getattr(base, method)
        for method in methods
    )
