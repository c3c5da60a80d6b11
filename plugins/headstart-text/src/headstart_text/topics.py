"""What is learnt of one text column: its words, how rare they are, and its topics."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base.arrays import require

__all__ = ["NGRAMS", "ColumnTopics"]

SingleArray = NDArray[np.float32]

#: What counts as a word: scikit-learn's analyzer, and the lengths of its n-grams.
NGRAMS: dict[str, tuple[str, tuple[int, int]]] = {
    "words": ("word", (1, 1)),
    "word_pairs": ("word", (1, 2)),
    "characters": ("char_wb", (2, 5)),
}
_MAX_TERMS = 20_000
_MAX_TOPICS = 1_000
_MAX_LENGTH = 1_000  # of a stored term, in characters
# Beyond this a text tells no more, and costs.
_MAX_CHARACTERS = 20_000
_LARGEST = 1e6  # of what is stored: topics have length 1, rarities grow with log rows
# The part of the texts above which a term says nothing.
_COMMON = 0.9


@dataclass(frozen=True, eq=False)
class ColumnTopics:
    """Topics of a column: directions in which its texts differ most.

    Parameters
    ----------
    ngrams : {"words", "word_pairs", "characters"}
    terms : tuple of str
        The vocabulary, sorted.
    rarity : ndarray of shape (n_terms,), float32
        Weight of each term (idf).
    topics : ndarray of shape (n_topics, n_terms), float32

    Examples
    --------
    >>> texts = ["a good red wine", "a bad red wine", "good", "bad"]
    >>> topics = ColumnTopics.learn(texts, "words", 2, min_rows=1, seed=0)
    >>> topics.terms
    ('bad', 'good', 'red', 'wine')
    >>> topics.of(texts).shape
    (4, 2)
    """

    ngrams: str
    terms: tuple[str, ...]
    rarity: SingleArray
    topics: SingleArray

    @classmethod
    def learn(
        cls,
        texts: Sequence[str],
        ngrams: str,
        n_topics: int,
        *,
        min_rows: int,
        seed: int,
    ) -> Self:
        """Learn from the training rows' texts.

        Parameters
        ----------
        texts : sequence of str
            Empty where missing.
        n_topics : int
            At most: no more than rows or terms.
        min_rows : int
            Texts that a term must be in; 1 where there are no such terms.
        seed : int
        """
        nothing = cls(ngrams, (), np.zeros(0, np.float32), np.zeros((1, 0), np.float32))
        cut = [text[:_MAX_CHARACTERS] for text in texts]
        try:
            found = _vectorizer(ngrams, min_rows).fit(cut)
        except ValueError:  # no term is in that many texts, and not in most
            try:
                found = _vectorizer(ngrams, 1, most=1.0).fit(cut)
            except ValueError:  # no word at all
                return nothing
        terms = tuple(str(term) for term in found.get_feature_names_out())
        rarity = np.asarray(found.idf_, dtype=np.float32)
        every = np.zeros((0, len(terms)), np.float32)
        weighed = cls(ngrams, terms, rarity, every)._weigh(cut)
        size = min(n_topics, len(terms), len(cut))
        if not weighed.nnz:
            return nothing
        from sklearn.utils.extmath import randomized_svd

        _, _, topics = randomized_svd(weighed, size, n_iter=5, random_state=seed)
        return cls(ngrams, terms, rarity, topics.astype(np.float32))

    def of(self, texts: Sequence[str]) -> SingleArray:
        """Return how much of each topic is in each text, shape (n_texts, n_topics)."""
        if not self.terms:
            return np.zeros((len(texts), len(self.topics)), np.float32)
        found = self._weigh([text[:_MAX_CHARACTERS] for text in texts]) @ self.topics.T
        return np.asarray(found, dtype=np.float32)

    def heaviest(self, n_terms: int) -> list[tuple[str, ...]]:
        """Return the terms that weigh most in each topic, either way, as in ``-bad``.

        Examples
        --------
        >>> texts = ["red wine", "red wine", "white bread", "white bread"]
        >>> topics = ColumnTopics.learn(texts, "words", 1, min_rows=1, seed=0)
        >>> [len(terms) for terms in topics.heaviest(2)]
        [2]
        """
        order = np.argsort(-np.abs(self.topics), axis=1, kind="stable")[:, :n_terms]
        return [
            tuple(f"{'-' if row[i] < 0 else ''}{self.terms[i]}" for i in places)
            for row, places in zip(self.topics, order, strict=True)
        ]

    def _weigh(self, texts: Sequence[str]) -> Any:
        """Return each text as a sparse row of length 1: the weights of its terms."""
        return self._weigher.transform(texts) if len(texts) else _no_texts(self)

    @cached_property
    def _weigher(self) -> Any:
        analyzer, lengths = NGRAMS[self.ngrams]
        vectorizer = _tfidf()(
            analyzer=analyzer,
            ngram_range=lengths,
            sublinear_tf=True,
            vocabulary={term: place for place, term in enumerate(self.terms)},
            dtype=np.float32,
        )
        vectorizer.idf_ = self.rarity
        return vectorizer

    def check(self) -> None:
        """Refuse what `learn` cannot have made.

        Raises
        ------
        ArtifactError
        """
        require(
            self.ngrams in NGRAMS
            and len(self.terms) <= _MAX_TERMS
            and all(0 < len(term) <= _MAX_LENGTH for term in self.terms)
            and len(set(self.terms)) == len(self.terms),
            "The vocabulary of a text column makes no sense.",
        )
        require(
            self.rarity.shape == (len(self.terms),)
            and 1 <= len(self.topics) <= _MAX_TOPICS
            and self.topics.shape == (len(self.topics), len(self.terms))
            and all(_is_bounded(each) for each in (self.rarity, self.topics)),
            "The topics of a text column do not fit its vocabulary.",
        )


def _vectorizer(ngrams: str, min_rows: int, *, most: float = _COMMON) -> Any:
    analyzer, lengths = NGRAMS[ngrams]
    return _tfidf()(
        analyzer=analyzer,
        ngram_range=lengths,
        sublinear_tf=True,
        min_df=min_rows,
        max_df=most,
        max_features=_MAX_TERMS,
        dtype=np.float32,
    )


def _tfidf() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer


def _no_texts(topics: ColumnTopics) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((0, len(topics.terms)), dtype=np.float32)


def _is_bounded(numbers: SingleArray) -> bool:
    finite = bool(np.isfinite(numbers).all())
    return finite and float(np.abs(numbers).max(initial=0.0)) < _LARGEST
