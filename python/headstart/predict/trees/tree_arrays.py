"""Decision trees as plain arrays: stored without pickle, evaluated in Rust.

Trees are concatenated. The nodes of a tree are those from its root to the root of the
next tree. The two children of a node are adjacent, so the left one is stored; it is -1
for a leaf. The rows of ``values`` are those of the leaves, in order. The arrays are
checked before use, since they may come from any file: trees that pass can be evaluated
on any input.
"""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray, Parts
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.exceptions import ArtifactError

__all__ = ["TreeArrays"]

Array = NDArray[Any]

_PART = "trees.safetensors"
_EXPECTED = {
    "roots": ("i", 1),
    "left": ("i", 1),
    "feature": ("i", 1),
    "threshold": ("f", 1),
    "missing_left": ("b", 1),
    "category_set": ("i", 1),
    "values": ("f", 2),
    "category_features": ("i", 1),
    "category_offsets": ("i", 1),
    "category_values": ("f", 1),
    "set_offsets": ("i", 1),
    "sets": ("u", 1),
    "n_features": ("i", 0),
    "baseline": ("f", 1),
    "mean": ("b", 0),
    "single_precision": ("b", 0),
    "single_sums": ("b", 0),
    "largest": ("f", 0),
}
# Values of the arrays that most trees do not need.
_DEFAULTS: dict[str, Array] = {
    "category_set": np.zeros(0, dtype=np.int32),
    "category_features": np.zeros(0, dtype=np.int32),
    "category_offsets": np.zeros(1, dtype=np.int64),
    "category_values": np.zeros(0),
    "set_offsets": np.zeros(1, dtype=np.int64),
    "sets": np.zeros(0, dtype=np.uint32),
    "mean": np.zeros((), dtype=np.bool_),
    "single_precision": np.zeros((), dtype=np.bool_),
    "single_sums": np.zeros((), dtype=np.bool_),
    "largest": np.array(np.inf),
}
# Arrays that the compiled trees do not return.
_FORM = (
    "category_features",
    "category_offsets",
    "category_values",
    "set_offsets",
    "sets",
    "n_features",
    "baseline",
    "mean",
    "single_precision",
    "single_sums",
    "largest",
)


class TreeArrays:
    """Decision trees whose leaf values are added up.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        ``roots``
            First node of each tree.
        ``left``, ``right``
            Children of each node, -1 at leaves; ``right`` may be left out where it is
            ``left + 1``.
        ``feature``, ``threshold``, ``missing_left``
            Of each inner node: values up to the threshold go left, and so do missing
            values if the flag is set.
        ``category_set``
            Set of each node on a categorical feature, -1 for other nodes; empty
            without categorical features.
        ``values``
            One row per leaf, with one column per output; or with one column, which
            tree ``t`` adds to output ``t % n_outputs``.
        ``category_features``, ``category_offsets``, ``category_values``
            Categorical features, and the values of each: their positions are codes.
            Values of features that are not listed are codes themselves.
        ``set_offsets``, ``sets``
            Sets of codes that go left, as words of 32 bits.
        ``n_features``, ``baseline``, ``mean``
            Number of columns of the input, start of the sum per output, and whether
            the sum is divided by the number of trees.
        ``single_precision``, ``single_sums``, ``largest``
            Whether inputs are rounded to single precision, whether sums are, and the
            bound of inputs.

    Raises
    ------
    ValueError
        If the arrays are not trees.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        arrays = {**_DEFAULTS, **arrays}
        left = _as(arrays["left"], np.int32)
        category_set = _as(arrays["category_set"], np.int32)
        if category_set.size == 0:
            category_set = np.full(left.size, -1, dtype=np.int32)
        self._form = {name: arrays[name] for name in _FORM}
        self._trees = _core.TreeEnsemble(
            roots=_as(arrays["roots"], np.int64),
            left=left,
            right=_as(arrays.get("right", np.where(left < 0, -1, left + 1)), np.int32),
            feature=_as(arrays["feature"], np.int32),
            threshold=_as(arrays["threshold"], np.float64),
            missing_left=_as(arrays["missing_left"], np.uint8),
            category_set=category_set,
            values=_as(arrays["values"], np.float64),
            category_features=_as(arrays["category_features"], np.int32),
            category_offsets=_as(arrays["category_offsets"], np.int64),
            category_values=_as(arrays["category_values"], np.float64),
            set_offsets=_as(arrays["set_offsets"], np.int64),
            sets=_as(arrays["sets"], np.uint32),
            n_features=int(arrays["n_features"]),
            baseline=_as(arrays["baseline"], np.float64),
            mean=bool(arrays["mean"]),
            single_precision=bool(arrays["single_precision"]),
            single_sums=bool(arrays["single_sums"]),
            largest=float(arrays["largest"]),
        )

    @property
    def n_features(self) -> int:
        """Columns of the input."""
        return self._trees.n_features

    @property
    def n_outputs(self) -> int:
        """Columns of the prediction."""
        return self._trees.n_outputs

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return self._trees.n_trees

    @property
    def has_single_sums(self) -> bool:
        """True if values are added up in single precision."""
        return bool(self._form["single_sums"])

    @property
    def n_nodes(self) -> int:
        """Number of nodes of all trees."""
        return self._trees.n_nodes

    def predict(self, X: FloatArray, n_threads: int = 1) -> FloatArray:
        """Return raw predictions, as of the estimator before any link function.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Any numbers: NaN is missing, and so is an unknown category.
        n_threads : int, default=1
            The result is the same for any number.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            A forest's mean: class probabilities, or one column of values. A boosted
            model's sum on the scale of its link, one column for a binary target.

        Raises
        ------
        ValueError
            If `X` is not a matrix of `n_features` columns.
        """
        if n_threads < 1:
            raise ValueError(
                "The 'n_threads' parameter of TreeArrays.predict must be an int >= 1. "
                f"Got {n_threads} instead."
            )
        matrix = np.ascontiguousarray(X, dtype=np.float64)
        if matrix.ndim != 2:
            raise ValueError(
                f"X must be a matrix of {self.n_features} columns. "
                f"Got an array of shape {matrix.shape} instead."
            )
        return self._trees.predict(matrix, n_threads)

    def to_parts(self) -> Parts:
        """Return the trees as named bytes that load without running code."""
        arrays: dict[str, Array] = {**self._trees.arrays(), **self._form}
        # Each array in the smallest type that holds its values exactly.
        if self.n_features <= np.iinfo(np.int16).max:
            arrays["feature"] = arrays["feature"].astype(np.int16)
        for name in ("threshold", "values"):
            with np.errstate(over="ignore"):
                single = arrays[name].astype(np.float32)
            if np.array_equal(single, arrays[name]):
                arrays[name] = single
        arrays["missing_left"] = arrays["missing_left"].astype(np.bool_)
        if not arrays["category_features"].size:
            arrays["category_set"] = np.zeros(0, dtype=np.int32)
        return {_PART: pack_arrays(arrays)}

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the trees that `to_parts` wrote.

        Raises
        ------
        ArtifactError
            If the parts are anything else.
        """
        require(
            set(parts) == {_PART},
            f"Stored trees must be the part {_PART!r}. Got {sorted(parts)[:20]}.",
        )
        arrays = unpack_arrays(parts[_PART], _EXPECTED)
        for name, highest in (
            ("left", np.iinfo(np.int32).max - 1),
            ("feature", np.iinfo(np.int32).max),
            ("category_set", np.iinfo(np.int32).max),
            ("category_features", np.iinfo(np.int32).max),
            ("sets", np.iinfo(np.uint32).max),
            ("n_features", np.iinfo(np.int32).max),
        ):
            array = arrays[name]
            require(
                array.size == 0 or (array.min() >= -1 and array.max() <= highest),
                f"Stored array {name!r} holds numbers out of range.",
            )
        require(arrays["n_features"] >= 1, "Stored trees must have features.")
        try:
            return cls(arrays)
        except ValueError as error:
            raise ArtifactError(f"Stored trees are not trees: {error}") from error

    def __reduce__(self) -> tuple[Callable[[Mapping[str, bytes]], Self], tuple[Parts]]:
        return type(self).from_parts, (self.to_parts(),)

    def __repr__(self) -> str:
        return f"TreeArrays(n_trees={self.n_trees}, n_nodes={self.n_nodes})"


def _as(array: Array, dtype: type[np.generic]) -> Array:
    # A field of a structured array may be unaligned; the core needs aligned arrays.
    return np.require(array, dtype, ["C_CONTIGUOUS", "ALIGNED"])
