"""Additive models as tables: of single columns, and of pairs of columns.

A score is the intercept, plus one entry of a table for each column, plus one entry of a
table for each chosen pair of columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from headstart.base import FloatArray, IntArray, Parts
from headstart.base.arrays import require
from headstart.predict.links import classes_of_link, softmax
from headstart.predict.records import pack_model, unpack_model
from headstart.predict.stored_model import StoredModel

__all__ = ["AdditiveTables", "Bins", "Term"]

_FIELDS = {"link": str, "n_features": int, "n_rounds": int, "n_pair_rounds": int}
_FORM = {
    "intercept": ("f", 1),
    "features": ("i", 2),
    "cuts": ("f", 1),
    "n_cuts": ("i", 2),
    "n_levels": ("i", 2),
    "shares_last": ("b", 2),
    "scores": ("f", 1),
}
_NO_FEATURE = -1
_MAX_TERMS = 100_000
_LARGEST_BINNED_SCORE = 1e9


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of one column: 0 for missing values, then the bins, the last for unknown.

    Parameters
    ----------
    cuts : ndarray of shape (n_cuts,)
        Ascending; a number equal to a cut lies above it. Empty for categories.
    n_levels : int
        Categories: codes from ``n_levels - 1`` on share a bin if `shares_last`, and
        are unknown otherwise. 0 for numbers.
    shares_last : bool

    Attributes
    ----------
    largest : float
        Bound of numbers: those beyond it are in the same bin.
    """

    largest: ClassVar[float] = 1e100
    cuts: FloatArray
    n_levels: int = 0
    shares_last: bool = False

    @property
    def size(self) -> int:
        """Entries of a table along this column."""
        return (self.n_levels if self.n_levels else self.cuts.size + 1) + 2

    def place(self, values: FloatArray) -> IntArray:
        """Return the bin of each value."""
        if not self.n_levels:
            bounded = np.clip(values, -self.largest, self.largest)
            bins = np.searchsorted(self.cuts, bounded, side="right") + 1
        else:
            codes = self.codes(values)
            is_level = (codes >= 0) & (codes < self.n_levels)
            bins = np.where(is_level, codes, self.n_levels).astype(np.int64) + 1
        return np.where(np.isnan(values), 0, bins)

    def codes(self, values: FloatArray) -> FloatArray:
        """Return codes of categories, with one code for rare ones that share a bin."""
        return np.minimum(values, self.n_levels - 1) if self.shares_last else values


@dataclass(frozen=True, eq=False)
class Term:
    """One table.

    Parameters
    ----------
    features : tuple of int
        One column, or two.
    bins : tuple of Bins
        Bins of these columns.
    scores : ndarray of shape (size of each of the bins, n_outputs)
        Values that are added to the outputs.
    """

    features: tuple[int, ...]
    bins: tuple[Bins, ...]
    scores: FloatArray


@dataclass(frozen=True, eq=False)
class AdditiveTables(StoredModel):
    """Tables whose entries are added up.

    Parameters
    ----------
    intercept : ndarray of shape (n_scores,)
        One score for regression and for two classes, otherwise one per class.
    terms : sequence of Term
    n_columns : int
        Columns of the matrix.
    link : {"identity", "logistic", "softmax"}
        Values; probabilities of two classes; probabilities of more classes.
    rounds : tuple of two int
        Rounds of boosting of single columns and of pairs.
    """

    kind: ClassVar[str] = "additive_tables"
    intercept: FloatArray
    terms: Sequence[Term]
    n_columns: int
    link: str = "identity"
    rounds: tuple[int, int] = (0, 0)

    @property
    def n_features(self) -> int:
        """Columns of the matrix that they read."""
        return self.n_columns

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities they return; 0 for regression."""
        return classes_of_link(self.link, self.intercept.size)

    def contributions(self, values: FloatArray) -> FloatArray:
        """Return the contribution of each term to each row.

        Returns
        -------
        ndarray of shape (n_rows, n_terms, n_outputs)
            With `intercept` they sum to `scores`, so they explain a prediction.
        """
        contributions = np.empty((len(values), len(self.terms), self.intercept.size))
        for index, term in enumerate(self.terms):
            contributions[:, index] = _look_up(term, values)
        return contributions

    def scores(self, values: FloatArray) -> FloatArray:
        """Return the sums, of shape (n_rows, n_outputs): log odds, or values."""
        total = np.tile(self.intercept, (len(values), 1))
        for term in self.terms:
            total += _look_up(term, values)
        return total

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        scores = self.scores(values)
        if self.link == "identity":
            return scores[:, 0]
        if self.link == "logistic":
            scores = np.column_stack([np.zeros(len(values)), scores])
        return softmax(scores)

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        pairs = [(*term.features, _NO_FEATURE)[:2] for term in self.terms]
        sides = [(*term.bins, Bins(np.zeros(0)))[:2] for term in self.terms]
        all_bins = [bins for side in sides for bins in side]
        arrays: dict[str, np.ndarray[Any, Any]] = {
            "intercept": self.intercept,
            "features": np.array(pairs, dtype=np.int64).reshape(-1, 2),
            "cuts": np.concatenate([np.zeros(0), *(bins.cuts for bins in all_bins)]),
            "n_cuts": _two(bins.cuts.size for bins in all_bins).astype(np.int64),
            "n_levels": _two(bins.n_levels for bins in all_bins).astype(np.int64),
            "shares_last": _two(bins.shares_last for bins in all_bins).astype(bool),
            "scores": np.concatenate(
                [np.zeros(0), *(term.scores.ravel() for term in self.terms)]
            ),
        }
        record = {
            "link": self.link,
            "n_features": self.n_columns,
            "n_rounds": self.rounds[0],
            "n_pair_rounds": self.rounds[1],
        }
        return pack_model(self.kind, record, arrays)

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        record, arrays = unpack_model(parts, cls.kind, _FIELDS, _FORM)
        n_scores, n_features = arrays["intercept"].size, record["n_features"]
        classes_of_link(record["link"], n_scores)
        n_terms = len(arrays["features"])
        require(
            n_features >= 1
            and n_terms <= _MAX_TERMS
            and all(
                arrays[name].shape == (n_terms, 2)
                for name in ("features", "n_cuts", "n_levels", "shares_last")
            ),
            f"The tables of {n_terms} terms do not fit together.",
        )
        require(
            all(_are_bounded(arrays[name]) for name in ("intercept", "scores"))
            and np.abs(arrays["cuts"]).max(initial=0.0) <= Bins.largest
            and (arrays["n_cuts"] >= 0).all()
            and (arrays["n_levels"] >= 0).all()
            # In floating point, which cannot overflow.
            and arrays["n_cuts"].sum(dtype=np.float64) == arrays["cuts"].size,
            "The tables hold impossible numbers.",
        )
        rounds = (record["n_rounds"], record["n_pair_rounds"])
        return cls(
            arrays["intercept"].astype(np.float64),
            _read_terms(arrays, n_features, n_scores),
            n_features,
            record["link"],
            rounds,
        )


def _read_terms(
    arrays: Mapping[str, np.ndarray[Any, Any]], n_features: int, n_scores: int
) -> list[Term]:
    """Return the terms in stored arrays, after checking each table against its bins."""
    terms, cut, score = [], 0, 0
    for index, pair in enumerate(arrays["features"].tolist()):
        features = tuple(feature for feature in pair if feature != _NO_FEATURE)
        require(
            pair[0] >= 0
            and len(set(features)) == len(features)
            and all(0 <= feature < n_features for feature in features),
            f"Table {index} is of columns {pair}, which do not exist.",
        )
        sides = []
        for side in range(2):
            n_cuts, n_levels = (
                int(arrays[name][index, side]) for name in ("n_cuts", "n_levels")
            )
            cuts = arrays["cuts"][cut : cut + n_cuts]
            cut += n_cuts
            require(
                (not n_levels or not n_cuts) and (np.diff(cuts) > 0).all(),
                f"The bins of table {index} are neither ascending cuts nor levels.",
            )
            shares_last = bool(arrays["shares_last"][index, side])
            sides.append(Bins(cuts.astype(np.float64), n_levels, shares_last))
        bins = tuple(sides[: len(features)])
        shape = (*(each.size for each in bins), n_scores)
        size = float(np.prod(np.array(shape, dtype=np.float64)))
        require(
            size <= arrays["scores"].size - score,
            f"Table {index} of shape {shape} is not complete.",
        )
        table = arrays["scores"][score : score + int(size)]
        score += int(size)
        terms.append(Term(features, bins, table.astype(np.float64).reshape(shape)))
    require(score == arrays["scores"].size, "There are scores of no table.")
    return terms


def _look_up(term: Term, values: FloatArray) -> FloatArray:
    indices = tuple(
        bins.place(values[:, feature])
        for feature, bins in zip(term.features, term.bins, strict=True)
    )
    scores: FloatArray = term.scores[indices]
    return scores


def _two(numbers: Any) -> np.ndarray[Any, Any]:
    return np.array(list(numbers)).reshape(-1, 2)


def _are_bounded(numbers: FloatArray) -> bool:
    finite = bool(np.isfinite(numbers).all())
    return finite and float(np.abs(numbers).max(initial=0.0)) < _LARGEST_BINNED_SCORE
