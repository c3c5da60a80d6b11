"""Learners of boosted trees that headstart itself evaluates and stores."""

from collections.abc import Mapping
from typing import Any

from headstart.base import FloatArray, Learner, Matrix, Parts
from headstart.base.arrays import require
from headstart.predict import BoostedTrees
from headstart.sdk.boosting import BoostingLearner
from headstart.sdk.fold_learner import FoldLearner
from headstart.sdk.fold_target import FoldTarget

__all__ = [
    "StoredBoostedTrees",
    "TreeBoostingLearner",
    "learner_of_kind",
    "stored_kinds",
]

_BOOSTED_TREES = "boosted_trees"


class _KeepsBoostedTrees(FoldLearner):
    """A base that predicts with, stores and loads `BoostedTrees`."""

    def predict_model(
        self, model: BoostedTrees, X: Matrix, target: FoldTarget
    ) -> FloatArray:
        """Return values or probabilities of the fold's classes, on one thread."""
        del target
        return model.predict(X.values)

    def dump_model(self, model: BoostedTrees) -> Parts:
        """Return the trees as arrays, which are read without the library."""
        return model.to_parts()

    def load_model(
        self, parts: Parts, n_features: int, target: FoldTarget
    ) -> BoostedTrees:
        """Return the trees of `parts`, after checking all numbers."""
        model = BoostedTrees.from_parts(parts)
        link, n_outputs = _form(target)
        require(
            model.trees.n_features == n_features
            and model.link == link
            and model.trees.n_outputs == n_outputs,
            f"Boosted trees of {model.trees.n_features} features, "
            f"{model.trees.n_outputs} outputs and link {model.link!r} do not fit "
            "their description.",
        )
        return model


class TreeBoostingLearner(_KeepsBoostedTrees, BoostingLearner):
    """A learner of boosted trees that are stored as arrays.

    A plugin defines `boost`, which converts the trees of its library to `BoostedTrees`.
    Fitted models then predict and are stored and loaded without the library and the
    plugin.
    """


class StoredBoostedTrees(_KeepsBoostedTrees):
    """Predicts with boosted trees from a file whose learner is not installed.

    Parameters
    ----------
    name : str
        Name of the learner that fitted them.
    """

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]

    def fit_model(self, *arguments: Any) -> Any:
        """Raise: there is no library that could fit."""
        del arguments
        raise NotImplementedError(
            f"The learner {self.name!r} is not installed: its stored models can be "
            "used, and none can be fitted."
        )


def stored_kinds(learners: Mapping[str, Learner]) -> dict[str, str]:
    """Return the stored kind per name of a learner whose models need no plugin.

    Examples
    --------
    >>> stored_kinds({"lightgbm": StoredBoostedTrees("lightgbm")})
    {'lightgbm': 'boosted_trees'}
    """
    return {
        name: _BOOSTED_TREES
        for name, learner in sorted(learners.items())
        if isinstance(learner, _KeepsBoostedTrees)
    }


def learner_of_kind(kind: object, name: str) -> Learner | None:
    """Return a learner that loads and predicts with models of a stored kind.

    Parameters
    ----------
    kind : object
        The kind in a file. For kinds that are not of `stored_kinds`, None is returned.
    name : str
        Name of the learner that fitted them.
    """
    return StoredBoostedTrees(name) if kind == _BOOSTED_TREES else None


def _form(target: FoldTarget) -> tuple[str, int]:
    """Return the link and the number of outputs of a model of `target`."""
    if not target.is_classification:
        return "identity", 1
    if target.n_present == 2:
        return "logistic", 1
    return "softmax", target.n_present
