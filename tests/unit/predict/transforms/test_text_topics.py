"""Topics of text as headstart applies and stores them, without headstart-text."""

import json

import numpy as np
import polars as pl
import pytest

from headstart.base.arrays import pack_arrays
from headstart.exceptions import ArtifactError
from headstart.predict import ColumnTopics, TextTopics, terms_of, weigh_terms

TOPICS = TextTopics(
    {
        "note": ColumnTopics(
            "words",
            ("bread", "red", "wine"),
            np.array([1.0, 2.0, 0.5], np.float32),
            np.array([[1, 0, 0], [0, 0.6, 0.8]], np.float32),
        ),
        "title": ColumnTopics(
            "characters", (), np.zeros(0, np.float32), np.zeros((1, 0), np.float32)
        ),
    }
)
X = pl.DataFrame({"note": ["Wine, red WINE", "bread", None, "?"], "title": ["a"] * 4})


def test_shares_are_weighed_counts_times_topics():
    made = TOPICS.apply(X)

    assert made.columns == ["note: topic 1", "note: topic 2", "title: topic 1"]
    weights = np.array([2.0, (1 + np.log(2)) * 0.5])
    red, wine = weights / np.linalg.norm(weights)
    expected = [[0, 0.6 * red + 0.8 * wine, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    np.testing.assert_allclose(made.to_numpy(), expected, rtol=1e-6)


def test_what_is_stored_is_applied_to_the_same_bits():
    parts = TOPICS.to_parts()

    again = TextTopics.from_parts(parts)

    assert again.apply(X).equals(TOPICS.apply(X))
    assert again.to_parts() == parts


@pytest.mark.parametrize(
    ("text", "ngrams", "terms"),
    [
        ("", "word_pairs", []),
        ("A b", "words", []),
        ("One TWO three", "words", ["one", "two", "three"]),
        (
            "one two three",
            "word_pairs",
            ["one", "two", "three", "one two", "two three"],
        ),
        ("x" * 201 + " y1", "words", ["y1"]),
        ("a", "characters", [" a", "a ", " a "]),
        ("  ab ", "characters", [" a", "ab", "b ", " ab", "ab ", " ab "]),
        ("wine 质量很好", "words", ["wine", "质量", "量很", "很好"]),
    ],
)
def test_terms_of_a_text(text, ngrams, terms):
    assert terms_of(text, ngrams) == terms


def test_characters_beyond_the_limit_are_not_read():
    assert terms_of("a" * 19_990 + " end more words", "words") == ["end", "more"]


def test_texts_without_a_term_have_no_weight():
    from scipy.sparse import csr_array

    counts = csr_array(np.array([[0, 0], [3, 1]], dtype=np.float32))

    weighed = weigh_terms(counts, np.zeros(2, np.float32)).toarray()

    assert not weighed.any()


def changed(**arrays):
    stored = {"rarity_0": np.ones(1, np.float32), "topics_0": np.ones((1, 1), "f4")}
    record = [{"column": "t", "ngrams": "words", "terms": ["a"]}]
    return {
        "terms.json": json.dumps(record).encode(),
        "topics.safetensors": pack_arrays(stored | arrays),
    }


def test_the_smallest_topics_are_read():
    assert TextTopics.from_parts(changed()).columns["t"].terms == ("a",)


@pytest.mark.parametrize(
    "arrays",
    [
        {"rarity_0": np.full(1, np.nan, np.float32)},
        {"rarity_0": np.full(1, 1e9, np.float32)},
        {"rarity_0": np.ones(2, np.float32)},
        {"rarity_0": np.ones(1, np.int32)},
        {"topics_0": np.ones((0, 1), np.float32)},
        {"topics_0": np.ones((1, 2), np.float32)},
        {"topics_0": np.full((1, 1), 1e300)},
        {"topics_1": np.ones((1, 1), np.float32)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays):
    with np.errstate(over="ignore"), pytest.raises(ArtifactError):
        TextTopics.from_parts(changed(**arrays))
