"""The part that boosted trees of all libraries share: trees, link and rounds."""

from dataclasses import dataclass

from headstart.base.arrays import require
from headstart.predict.links import classes_of_link
from headstart.predict.stored_model import StoredModel
from headstart.predict.trees.tree_arrays import TreeArrays

__all__ = ["TreeModel"]


@dataclass(frozen=True, eq=False)
class TreeModel(StoredModel):
    """Boosted trees and the link from their sums to predictions.

    Parameters
    ----------
    trees : TreeArrays
        One tree per round and output.
    link : {"identity", "logistic", "softmax"}
        Values; the probability of the second of two classes; probabilities of classes.
    n_rounds : int
        Rounds of boosting that are kept.
    """

    trees: TreeArrays
    link: str
    n_rounds: int

    @property
    def n_features(self) -> int:
        """Columns of the matrix that they read."""
        return self.trees.n_features

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities they return; 0 for regression."""
        return classes_of_link(self.link, self.trees.n_outputs)

    def check_rounds(self) -> None:
        """Check that the link and the number of rounds fit the trees.

        Raises
        ------
        ArtifactError
            If they do not: they may come from a hostile file.
        """
        n_trees, n_outputs = self.trees.n_trees, self.trees.n_outputs
        classes_of_link(self.link, n_outputs)
        require(
            self.n_rounds >= 1 and n_trees == self.n_rounds * n_outputs,
            f"{n_trees} stored trees of {n_outputs} outputs cannot be {self.n_rounds} "
            "rounds of boosting.",
        )
