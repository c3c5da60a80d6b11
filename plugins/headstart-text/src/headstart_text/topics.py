"""What is learnt of one text column: its words, how rare they are, and its topics."""

import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart.sdk import require

__all__ = ["MAX_CHARACTERS", "NGRAMS", "ColumnTopics", "words"]

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
#: Of a text: beyond this it tells no more, and costs.
MAX_CHARACTERS = 20_000
_MAX_WORD = 200  # characters; longer ones are no words, but data
# What terms and topics are learnt from: all terms of these texts are held at once.
_MAX_LEARNT_ROWS = 20_000
_MAX_LEARNT_CHARACTERS = 20_000_000
_BLOCK = 4_096  # texts that are taken apart at a time
# Of the seconds there are: what taking texts apart to learn from them may take, and
# what the other texts may take after that.
_LEARNING_SHARE, _WEIGHING_SHARE = 0.3, 0.4
# Scripts without spaces between words: Thai and Lao, Burmese, Khmer, kana, Han.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
_WORD = re.compile(r"\w\w+")
_WORD_OR_RUN = re.compile(rf"[{_SPACELESS}]+|[^\W{_SPACELESS}]{{2,}}")
_SPACELESS_START = re.compile(f"[{_SPACELESS}]")
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
        """Learn from the training rows' texts; see `learn_transform`."""
        return cls.learn_transform(
            texts, ngrams, n_topics, min_rows=min_rows, seed=seed
        )[0]

    @classmethod
    def learn_transform(
        cls,
        texts: Sequence[str],
        ngrams: str,
        n_topics: int,
        *,
        min_rows: int,
        seed: int,
        seconds: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> tuple[Self, SingleArray]:
        """Learn from the training rows' texts, and return what `of` says of them.

        Each text is taken apart once. Of many texts, or where time is short, terms and
        topics are learnt from a random part of them.

        Parameters
        ----------
        texts : sequence of str
            Empty where missing.
        n_topics : int
            At most: no more than rows or terms.
        min_rows : int
            Texts that a term must be in; 1 where there are no such terms.
        seed : int
        seconds : float
            What all of it may take. Where that is too little for the texts there are,
            nothing is learnt.
        clock : callable of ``() -> float``
        """
        nothing = cls(ngrams, (), np.zeros(0, np.float32), np.zeros((1, 0), np.float32))
        no_topics = np.zeros((len(texts), 1), np.float32)
        began = clock()
        read: list[int] = []

        def texts_to_learn_from() -> Iterator[str]:
            for row in _some_rows(texts, seed):
                if read and clock() - began > _LEARNING_SHARE * seconds:
                    return
                read.append(row)
                yield texts[row][:MAX_CHARACTERS]

        counter = _counter(ngrams)
        try:
            counts = counter.fit_transform(texts_to_learn_from())
        except ValueError:  # no word at all
            return nothing, no_topics
        rest = np.setdiff1d(np.arange(len(texts)), read)
        if rest.size * (clock() - began) > len(read) * _WEIGHING_SHARE * seconds:
            return nothing, no_topics
        kept = _telling_terms(counts, min_rows)
        terms = tuple(str(term) for term in counter.get_feature_names_out()[kept])
        counts = counts[:, kept]
        counts.sort_indices()
        rarity = np.asarray(_tfidf().fit(counts).idf_, dtype=np.float32)
        weighed = _weigh(counts, rarity)
        if not weighed.nnz:
            return nothing, no_topics
        from sklearn.utils.extmath import randomized_svd

        size = min(n_topics, len(terms), len(read))
        _, _, directions = randomized_svd(weighed, size, n_iter=5, random_state=seed)
        topics = cls(ngrams, terms, rarity, directions.astype(np.float32))
        found = np.zeros((len(texts), size), np.float32)
        found[read] = weighed @ topics.topics.T
        found[rest] = topics.of([texts[row] for row in rest])
        return topics, found

    def of(self, texts: Sequence[str]) -> SingleArray:
        """Return how much of each topic is in each text, shape (n_texts, n_topics)."""
        found = np.zeros((len(texts), len(self.topics)), np.float32)
        for start in range(0, len(texts) if self.terms else 0, _BLOCK):
            block = [text[:MAX_CHARACTERS] for text in texts[start : start + _BLOCK]]
            counts = self._counter.transform(block)
            found[start : start + _BLOCK] = _weigh(counts, self.rarity) @ self.topics.T
        return found

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

    @cached_property
    def _counter(self) -> Any:
        places = {term: place for place, term in enumerate(self.terms)}
        return _counter(self.ngrams, places)

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


def words(text: str) -> list[str]:
    """Return the words of a text, in order: runs of two letters or digits and more.

    A script without spaces does not tell where words end: of it, each two characters
    that follow each other count as a word.

    Examples
    --------
    >>> words("a good wine, 质量很好")
    ['good', 'wine', '质量', '量很', '很好']
    """
    if text.isascii():
        return [word for word in _WORD.findall(text) if len(word) <= _MAX_WORD]
    found: list[str] = []
    for run in _WORD_OR_RUN.findall(text):
        if len(run) > 2 and _SPACELESS_START.match(run):
            found += [run[i : i + 2] for i in range(len(run) - 1)]
        elif len(run) <= _MAX_WORD:
            found.append(run)
    return found


def _some_rows(texts: Sequence[str], seed: int) -> list[int]:
    """Return the rows to learn from, in random order: as many as may be held."""
    rows: list[int] = []
    characters = 0
    for row in np.random.default_rng(seed).permutation(len(texts)).tolist():
        characters += min(len(texts[row]), MAX_CHARACTERS)
        if rows and characters > _MAX_LEARNT_CHARACTERS:
            break
        rows.append(row)
        if len(rows) == _MAX_LEARNT_ROWS:
            break
    return rows


def _telling_terms(counts: Any, min_rows: int) -> NDArray[np.int64]:
    """Return the places of the terms to keep, ascending, of their counts by text.

    All terms that are neither in fewer than `min_rows` texts nor in most, or all there
    are; of too many, the most frequent ones.
    """
    n_texts, n_terms = counts.shape
    in_texts = np.bincount(counts.indices, minlength=n_terms)
    kept = np.flatnonzero((in_texts >= min_rows) & (in_texts <= _COMMON * n_texts))
    if not kept.size:
        kept = np.arange(n_terms)
    frequency = np.asarray(counts.sum(axis=0)).ravel()[kept]
    return np.sort(kept[np.argsort(-frequency, kind="stable")[:_MAX_TERMS]])


def _counter(ngrams: str, vocabulary: dict[str, int] | None = None) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    analyzer, lengths = NGRAMS[ngrams]
    of_words = {"tokenizer": words, "token_pattern": None} if analyzer == "word" else {}
    return CountVectorizer(
        analyzer=analyzer,
        ngram_range=lengths,
        vocabulary=vocabulary,
        dtype=np.float32,
        **of_words,
    )


def _tfidf() -> Any:
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer(sublinear_tf=True)


def _weigh(counts: Any, rarity: SingleArray) -> Any:
    """Return each text as a sparse row of length 1: the weights of its terms."""
    weigher = _tfidf()
    weigher.idf_ = rarity
    return weigher.transform(counts)


def _is_bounded(numbers: SingleArray) -> bool:
    finite = bool(np.isfinite(numbers).all())
    return finite and float(np.abs(numbers).max(initial=0.0)) < _LARGEST
