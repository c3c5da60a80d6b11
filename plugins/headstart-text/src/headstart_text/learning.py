"""The fit of topics to the texts of one column."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.sdk import ColumnTopics, terms_of, weigh_terms

__all__ = ["learn_topics"]

SingleArray = NDArray[np.float32]

_MAX_TERMS = 20_000
# What terms and topics are learnt from: all terms of these texts are held at once.
_MAX_LEARNT_ROWS = 20_000
_MAX_LEARNT_CHARACTERS = 20_000_000
# Of the seconds there are: what splitting texts to learn from them may take, and what
# the other texts may take after that.
_LEARNING_SHARE, _WEIGHING_SHARE = 0.3, 0.4
# The part of the texts above which a term says nothing.
_COMMON = 0.9


def learn_topics(
    texts: Sequence[str],
    ngrams: str,
    n_topics: int,
    *,
    min_rows: int,
    seed: int,
    seconds: float = math.inf,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[ColumnTopics, SingleArray]:
    """Learn topics of the training rows' texts; return them, and their share per text.

    Each text is split once. Of many texts, or where time is short, terms and topics
    are learnt from a random part of them.

    Parameters
    ----------
    texts : sequence of str
        Empty where missing.
    ngrams : {"words", "word_pairs", "characters"}
    n_topics : int
        Maximum number of topics; there are no more than rows or terms.
    min_rows : int
        Texts that a term must be in; 1 where there are no such terms.
    seed : int
    seconds : float
        Limit. Where it is too short for all texts, nothing is learnt.
    clock : callable of ``() -> float``

    Examples
    --------
    >>> texts = ["a good red wine", "a bad red wine", "good", "bad"]
    >>> topics, shares = learn_topics(texts, "words", 2, min_rows=1, seed=0)
    >>> topics.terms
    ('bad', 'good', 'red', 'wine')
    >>> shares.shape
    (4, 2)
    """
    nothing = ColumnTopics(
        ngrams, (), np.zeros(0, np.float32), np.zeros((1, 0), np.float32)
    )
    no_topics = np.zeros((len(texts), 1), np.float32)
    started = clock()
    read: list[int] = []

    def texts_to_learn_from() -> Iterator[str]:
        for row in _some_rows(texts, seed):
            if read and clock() - started > _LEARNING_SHARE * seconds:
                return
            read.append(row)
            yield texts[row]

    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.utils.extmath import randomized_svd

    counter = CountVectorizer(
        analyzer=partial(terms_of, ngrams=ngrams), dtype=np.float32
    )
    try:
        counts = counter.fit_transform(texts_to_learn_from())
    except ValueError:  # no word at all
        return nothing, no_topics
    remaining = np.setdiff1d(np.arange(len(texts)), read)
    if remaining.size * (clock() - started) > len(read) * _WEIGHING_SHARE * seconds:
        return nothing, no_topics
    informative = _informative_terms(counts, min_rows)
    terms = tuple(str(term) for term in counter.get_feature_names_out()[informative])
    counts = counts[:, informative]
    counts.sort_indices()
    tfidf = TfidfTransformer(sublinear_tf=True).fit(counts)
    rarity = np.asarray(tfidf.idf_, dtype=np.float32)
    weighed = weigh_terms(counts, rarity)
    if not weighed.nnz:
        return nothing, no_topics
    size = min(n_topics, len(terms), len(read))
    _, _, directions = randomized_svd(weighed, size, n_iter=5, random_state=seed)
    topics = ColumnTopics(ngrams, terms, rarity, directions.astype(np.float32))
    shares = np.zeros((len(texts), size), np.float32)
    shares[read] = weighed @ topics.topics.T
    shares[remaining] = topics.of([texts[row] for row in remaining])
    return topics, shares


def _some_rows(texts: Sequence[str], seed: int) -> list[int]:
    """Return the rows to learn from, in random order: as many as may be held."""
    rows: list[int] = []
    characters = 0
    for row in np.random.default_rng(seed).permutation(len(texts)).tolist():
        characters += min(len(texts[row]), ColumnTopics.MAX_CHARACTERS)
        if rows and characters > _MAX_LEARNT_CHARACTERS:
            break
        rows.append(row)
        if len(rows) == _MAX_LEARNT_ROWS:
            break
    return rows


def _informative_terms(counts: Any, min_rows: int) -> NDArray[np.int64]:
    """Return the places of the terms to keep, ascending, of their counts by text.

    All terms that are neither in fewer than `min_rows` texts nor in most, or all there
    are; of too many, the most frequent ones.
    """
    n_texts, n_terms = counts.shape
    in_texts = np.bincount(counts.indices, minlength=n_terms)
    informative = np.flatnonzero(
        (in_texts >= min_rows) & (in_texts <= _COMMON * n_texts)
    )
    if not informative.size:
        informative = np.arange(n_terms)
    frequency = np.asarray(counts.sum(axis=0)).ravel()[informative]
    return np.sort(informative[np.argsort(-frequency, kind="stable")[:_MAX_TERMS]])
