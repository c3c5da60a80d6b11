"""Words of text that tell of the target."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from headstart.base import (
    Resources,
    TableColumn,
    TableColumns,
    TableRows,
    Task,
    TaskKind,
)
from headstart.exceptions import ArtifactError
from headstart.transforms.text_words import TextWords

N = 400
FILLER = ["the", "of", "and", "with", "from", "near", "old", "new", "red", "blue"]


def texts(random, *, share=0.3):
    """Return sentences of chance words, and which of them say MASTER."""
    says = random.random(N) < share
    made = [
        " ".join([*random.choice(FILLER, 4), *(["MASTER!"] if each else [])])
        for each in says
    ]
    return pl.DataFrame({"name": made}), says


def task(kind, n_classes=0):
    return Task(kind, N, 1, 0, n_classes, "rmse")


def fit(X, y, kind=TaskKind.REGRESSION, n_classes=0, **parameters):
    rows = TableRows(X, y, None, np.arange(N) % 3)
    return TextWords().fit_transform(
        task(kind, n_classes), parameters, rows, None, Resources()
    )


@pytest.mark.parametrize("kind", list(TaskKind))
def test_the_word_that_tells_is_found_alone_and_told(kind):
    random = np.random.default_rng(0)
    X, says = texts(random)
    other = random.random(N) < 0.5
    y, n_classes = {
        TaskKind.REGRESSION: (says + random.normal(size=N), 0),
        TaskKind.BINARY: ((says ^ (random.random(N) < 0.2)).astype(int), 2),
        TaskKind.MULTICLASS: (np.where(says, 2, other), 3),
    }[kind]

    fitted, made = fit(X, y, kind, n_classes)

    assert made.columns == ["name has 'master'"]
    np.testing.assert_array_equal(made["name has 'master'"], says)
    (feature,) = TextWords().explain(fitted)
    assert feature.words.startswith("whether 'name' has 'master': ")


def test_chance_finds_no_word():
    random = np.random.default_rng(1)
    X, _ = texts(random)

    assert fit(X, random.normal(size=N))[1].width == 0


def test_words_of_new_rows_are_as_those_of_training_rows_after_loading():
    random = np.random.default_rng(2)
    X, says = texts(random)
    fitted, made = fit(X, says + random.normal(size=N), ngrams="word_pairs")
    transform = TextWords()

    loaded = transform.load(transform.dump(fitted))

    assert transform.transform(loaded, X, task(TaskKind.REGRESSION)).equals(made)
    new = pl.DataFrame({"name": ["a Master's", "masterful", None, ""]})
    new_columns = transform.transform(loaded, new, task(TaskKind.REGRESSION))
    assert new_columns["name has 'master'"].to_list() == [1.0, 0.0, 0.0, 0.0]


def test_many_rows_are_taken_apart_in_parts(monkeypatch):
    random = np.random.default_rng(2)
    X, says = texts(random)
    fitted, made = fit(X, says + random.normal(size=N))

    monkeypatch.setattr("headstart.predict.transforms.word_indicators._BLOCK", 7)

    assert TextWords().transform(fitted, X, task(TaskKind.REGRESSION)).equals(made)


def test_two_words_that_matter_together_are_found_as_a_pair():
    random = np.random.default_rng(3)
    X = pl.DataFrame({"name": [" ".join(random.permutation(FILLER)) for _ in range(N)]})
    y = X["name"].str.contains("red blue").to_numpy() * 6 + random.normal(size=N)

    assert fit(X, y)[1].width == 0
    assert "name has 'red blue'" in fit(X, y, ngrams="word_pairs")[1].columns


def test_no_more_words_are_kept_than_were_asked_for():
    random = np.random.default_rng(4)
    y = random.normal(size=N)
    X = pl.DataFrame({"name": ["up hot sun" if v > 0 else "low cold fog" for v in y]})

    assert fit(X, y)[1].width == 6
    assert fit(X, y, n_words=2)[1].width == 2


def test_it_promises_something_only_where_there_is_text():
    number = TableColumn("a", "numeric", "a", "numeric")
    text = TableColumn("name", "text", "name", "text")
    of = TextWords().promise

    assert of(TableColumns((number,)), task(TaskKind.REGRESSION)) == 0
    assert of(TableColumns((number, text)), task(TaskKind.REGRESSION)) > 0


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"{",
        b'{"ngrams": "words", "columns": {"name": {"a": NaN}}}',
        b'{"ngrams": "words", "columns": {"name": {"a": "1"}}}',
        b'{"ngrams": "letters", "columns": {}}',
        b'{"ngrams": "words", "columns": {"name": 1}}',
    ],
)
def test_damaged_words_are_refused(text):
    with pytest.raises(ArtifactError):
        TextWords().load({"words.json": text})


def test_words_of_scripts_without_spaces_are_found():
    random = np.random.default_rng(6)
    says = random.random(N) < 0.3
    rest = ["这个产品", "昨天收到", "颜色是蓝", "包装盒子"]
    X = pl.DataFrame(
        {
            "name": [
                "".join([*random.choice(rest, 2), "很好" if s else ""]) for s in says
            ]
        }
    )

    fitted, made = fit(X, says + random.normal(size=N))

    np.testing.assert_array_equal(made["name has '很好'"], says)
    new = pl.DataFrame({"name": ["a很好b", "很 好", "都很好吃"]})
    new_columns = TextWords().transform(fitted, new, task(TaskKind.REGRESSION))
    assert new_columns["name has '很好'"].to_list() == [1.0, 0.0, 1.0]


def test_the_cost_is_that_of_the_characters_there_are():
    def cost(*lengths):
        of_lengths = replace(task(TaskKind.REGRESSION), text_lengths=lengths)
        return TextWords().cost(of_lengths, {}, 100_000)

    assert cost(1_000) > 4 * cost(200)
    assert cost(200, 200) > 1.9 * cost(200)
    assert cost(10**6) == cost(2_000)
