"""Topics of one column of text: latent semantic analysis."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.base.arrays import require
from headstart.predict.transforms.text_terms import MAX_CHARACTERS, NGRAMS, terms_of

__all__ = ["ColumnTopics", "weigh_terms"]

SingleArray = NDArray[np.float32]

_MAX_TERMS = 20_000
_MAX_TOPICS = 1_000
_MAX_LENGTH = 1_000  # of a stored term, in characters
_BLOCK = 4_096  # texts that are split at a time
_LARGEST = 1e6  # of stored numbers: topics have length 1, rarities grow with log rows


@dataclass(frozen=True, eq=False)
class ColumnTopics:
    """Topics of a column: directions in which its texts differ most.

    Parameters
    ----------
    ngrams : {"words", "word_pairs", "characters"}
    terms : tuple of str
        The vocabulary, sorted.
    rarity : ndarray of shape (n_terms,), float32
        Weight of each term: its inverse document frequency.
    topics : ndarray of shape (n_topics, n_terms), float32

    Examples
    --------
    >>> topics = ColumnTopics(
    ...     "words",
    ...     ("bread", "wine"),
    ...     np.ones(2, np.float32),
    ...     np.eye(2, dtype=np.float32),
    ... )
    >>> topics.of(["wine, wine", "water"])
    array([[0., 1.],
           [0., 0.]], dtype=float32)
    """

    #: Values of `ngrams`.
    NGRAMS: ClassVar[tuple[str, ...]] = NGRAMS
    #: Characters of a text that are read.
    MAX_CHARACTERS: ClassVar[int] = MAX_CHARACTERS
    ngrams: str
    terms: tuple[str, ...]
    rarity: SingleArray
    topics: SingleArray

    def of(self, texts: Sequence[str]) -> SingleArray:
        """Return the share of each topic in each text, of shape (n_texts, n_topics)."""
        shares = np.zeros((len(texts), len(self.topics)), np.float32)
        for start in range(0, len(texts) if self.terms else 0, _BLOCK):
            counts = self._count(texts[start : start + _BLOCK])
            weighed = weigh_terms(counts, self.rarity)
            shares[start : start + _BLOCK] = weighed @ self.topics.T
        return shares

    def heaviest(self, n_terms: int) -> list[tuple[str, ...]]:
        """Return the terms with the largest weights per topic, as ``-bad`` if negative.

        Examples
        --------
        >>> topics = ColumnTopics(
        ...     "words",
        ...     ("bad", "good"),
        ...     np.ones(2, np.float32),
        ...     np.array([[-0.8, 0.6]], np.float32),
        ... )
        >>> topics.heaviest(2)
        [('-bad', 'good')]
        """
        order = np.argsort(-np.abs(self.topics), axis=1, kind="stable")[:, :n_terms]
        return [
            tuple(f"{'-' if row[i] < 0 else ''}{self.terms[i]}" for i in indices)
            for row, indices in zip(self.topics, order, strict=True)
        ]

    def check(self) -> None:
        """Check that the arrays fit the vocabulary, and that all values are bounded.

        Raises
        ------
        ArtifactError
        """
        require(
            self.ngrams in NGRAMS
            and len(self.terms) <= _MAX_TERMS
            and all(0 < len(term) <= _MAX_LENGTH for term in self.terms)
            and len(set(self.terms)) == len(self.terms),
            f"The vocabulary of a text column must have at most {_MAX_TERMS} distinct "
            f"terms of 1 to {_MAX_LENGTH} characters.",
        )
        require(
            self.rarity.shape == (len(self.terms),)
            and 1 <= len(self.topics) <= _MAX_TOPICS
            and self.topics.shape == (len(self.topics), len(self.terms))
            and all(_is_bounded(each) for each in (self.rarity, self.topics)),
            "The topics of a text column do not fit its vocabulary.",
        )

    @cached_property
    def _term_indices(self) -> dict[str, int]:
        return {term: index for index, term in enumerate(self.terms)}

    def _count(self, texts: Sequence[str]) -> Any:
        """Return the counts of the terms of each text, as a sparse matrix."""
        from scipy.sparse import csr_array

        term_indices = self._term_indices
        indices: list[int] = []
        counts: list[int] = []
        ends = [0]
        for text in texts:
            text_indices = map(term_indices.get, terms_of(text, self.ngrams))
            text_counts = Counter(index for index in text_indices if index is not None)
            order = sorted(text_counts)
            indices += order
            counts += [text_counts[index] for index in order]
            ends.append(len(indices))
        return csr_array(
            (
                np.array(counts, dtype=np.float32),
                np.array(indices, dtype=np.int32),
                np.array(ends, dtype=np.int32),
            ),
            shape=(len(texts), len(self.terms)),
        )


def weigh_terms(counts: Any, rarity: SingleArray) -> Any:
    """Return each text as a sparse row of length 1: the weights of its terms.

    A weight is 1 plus the logarithm of the count, times the rarity (TF-IDF).

    Parameters
    ----------
    counts : sparse matrix of shape (n_texts, n_terms), float32
        In CSR form, counts of at least 1.
    rarity : ndarray of shape (n_terms,), float32
    """
    weighed = counts.copy()
    weights = (np.log(counts.data) + np.float32(1)) * rarity[counts.indices]
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    # Squares in single precision, added up in double, as scikit-learn does it.
    squares = np.bincount(rows, weights=weights * weights, minlength=counts.shape[0])
    lengths = np.sqrt(squares)
    lengths[lengths == 0] = 1
    weighed.data = (weights / lengths[rows]).astype(np.float32)
    return weighed


def _is_bounded(numbers: SingleArray) -> bool:
    finite = bool(np.isfinite(numbers).all())
    return finite and float(np.abs(numbers).max(initial=0.0)) < _LARGEST
