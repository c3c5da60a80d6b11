"""The fitted model: tables that add up.

A score is the intercept, plus one entry of a table for each column, plus one entry of a
table for each chosen pair of columns. Everything there is to know of a model is in its
tables, so they are what is stored: plain numbers, looked up by plain indexing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from headstart.sdk import FloatArray, Parts, pack_arrays, require, unpack_arrays
from headstart_interpret.bins import LARGEST, Bins

__all__ = ["AdditiveTables", "Term"]

PART = "tables.safetensors"
_FORM = {
    "intercept": ("f", 1),
    "features": ("i", 2),
    "cuts": ("f", 1),
    "n_cuts": ("i", 2),
    "n_levels": ("i", 2),
    "shares_last": ("b", 2),
    "scores": ("f", 1),
    "rounds": ("i", 1),
}
_NO_FEATURE = -1
_MAX_TERMS = 100_000
_LARGEST_SCORE = 1e9


@dataclass(frozen=True, eq=False)
class Term:
    """One table.

    Parameters
    ----------
    features : tuple of int
        One column, or two.
    bins : tuple of Bins
        Of these columns.
    scores : ndarray of shape (size of each bins, n_outputs)
        What is added to the outputs.
    """

    features: tuple[int, ...]
    bins: tuple[Bins, ...]
    scores: FloatArray


@dataclass(frozen=True, eq=False)
class AdditiveTables:
    """A whole model.

    Parameters
    ----------
    intercept : ndarray of shape (n_outputs,)
    terms : sequence of Term
    rounds : tuple of two int
        Rounds of boosting that single columns and pairs got.
    """

    intercept: FloatArray
    terms: Sequence[Term]
    rounds: tuple[int, int]

    def contributions(self, values: FloatArray) -> FloatArray:
        """Return what each term adds to each row.

        Returns
        -------
        ndarray of shape (n_rows, n_terms, n_outputs)
            With `intercept` it adds up to `scores`: this is the explanation of a
            prediction.
        """
        found = np.empty((len(values), len(self.terms), self.intercept.size))
        for place, term in enumerate(self.terms):
            found[:, place] = _look_up(term, values)
        return found

    def scores(self, values: FloatArray) -> FloatArray:
        """Return the sums, of shape (n_rows, n_outputs): log odds, or values."""
        total = np.tile(self.intercept, (len(values), 1))
        for term in self.terms:
            total += _look_up(term, values)
        return total

    def to_parts(self) -> Parts:
        """Return the tables as bytes of plain numbers."""
        pairs = [(*term.features, _NO_FEATURE)[:2] for term in self.terms]
        sides = [(*term.bins, Bins(np.zeros(0)))[:2] for term in self.terms]
        both = [bins for side in sides for bins in side]
        arrays: dict[str, np.ndarray[Any, Any]] = {
            "intercept": self.intercept,
            "features": np.array(pairs, dtype=np.int64).reshape(-1, 2),
            "cuts": np.concatenate([np.zeros(0), *(bins.cuts for bins in both)]),
            "n_cuts": _two(bins.cuts.size for bins in both).astype(np.int64),
            "n_levels": _two(bins.n_levels for bins in both).astype(np.int64),
            "shares_last": _two(bins.shares_last for bins in both).astype(bool),
            "scores": np.concatenate(
                [np.zeros(0), *(term.scores.ravel() for term in self.terms)]
            ),
            "rounds": np.array(self.rounds, dtype=np.int64),
        }
        return {PART: pack_arrays(arrays)}

    @classmethod
    def from_bytes(cls, data: bytes, n_features: int, n_outputs: int) -> Self:
        """Read and check what `to_parts` wrote.

        Raises
        ------
        ArtifactError
            If a table does not fit its bins, or a number is out of place.
        """
        arrays = unpack_arrays(data, _FORM)
        n_terms = len(arrays["features"])
        require(
            n_terms <= _MAX_TERMS
            and all(
                arrays[name].shape == (n_terms, 2)
                for name in ("features", "n_cuts", "n_levels", "shares_last")
            )
            and arrays["intercept"].shape == (n_outputs,)
            and arrays["rounds"].shape == (2,),
            f"The tables of {n_terms} terms do not fit together.",
        )
        require(
            all(_are_bounded(arrays[name]) for name in ("intercept", "scores"))
            and np.isfinite(arrays["cuts"]).all()
            and np.abs(arrays["cuts"]).max(initial=0.0) <= LARGEST
            and (arrays["n_cuts"] >= 0).all()
            and (arrays["n_levels"] >= 0).all()
            # In floating point, which cannot overflow.
            and arrays["n_cuts"].sum(dtype=np.float64) == arrays["cuts"].size,
            "The tables hold impossible numbers.",
        )
        terms, cut, score = [], 0, 0
        for place, pair in enumerate(arrays["features"].tolist()):
            features = tuple(feature for feature in pair if feature != _NO_FEATURE)
            require(
                pair[0] >= 0
                and len(set(features)) == len(features)
                and all(0 <= feature < n_features for feature in features),
                f"Table {place} is of columns {pair}, which do not exist.",
            )
            sides = []
            for side in range(2):
                n_cuts, n_levels = (
                    int(arrays[name][place, side]) for name in ("n_cuts", "n_levels")
                )
                cuts = arrays["cuts"][cut : cut + n_cuts]
                cut += n_cuts
                require(
                    (not n_levels or not n_cuts) and (np.diff(cuts) > 0).all(),
                    f"The bins of table {place} make no sense.",
                )
                shares_last = bool(arrays["shares_last"][place, side])
                sides.append(Bins(cuts.astype(np.float64), n_levels, shares_last))
            bins = tuple(sides[: len(features)])
            shape = (*(each.size for each in bins), n_outputs)
            size = float(np.prod(np.array(shape, dtype=np.float64)))
            require(
                size <= arrays["scores"].size - score,
                f"Table {place} of shape {shape} is not all there.",
            )
            table = arrays["scores"][score : score + int(size)]
            score += int(size)
            terms.append(Term(features, bins, table.astype(np.float64).reshape(shape)))
        require(score == arrays["scores"].size, "There are scores of no table.")
        mains, pairs = arrays["rounds"].tolist()
        return cls(arrays["intercept"].astype(np.float64), terms, (mains, pairs))


def _look_up(term: Term, values: FloatArray) -> FloatArray:
    places = tuple(
        bins.place(values[:, feature])
        for feature, bins in zip(term.features, term.bins, strict=True)
    )
    found: FloatArray = term.scores[places]
    return found


def _two(numbers: Any) -> np.ndarray[Any, Any]:
    return np.array(list(numbers)).reshape(-1, 2)


def _are_bounded(numbers: FloatArray) -> bool:
    finite = bool(np.isfinite(numbers).all())
    return finite and float(np.abs(numbers).max(initial=0.0)) < _LARGEST_SCORE
