"""Topics of text columns: learnt, applied, stored."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from headstart_text import TextSvd, learning
from headstart_text.learning import learn_topics

from headstart import AutoClassifier, Validation, load
from headstart.sdk import (
    ArtifactError,
    ColumnTopics,
    HeadstartWarning,
    Resources,
    TableColumn,
    TableColumns,
    TableRows,
    Task,
    TaskKind,
    TextTopics,
    pack_arrays,
    terms_of,
    unpack_arrays,
    weigh_terms,
)
from headstart.testing import transform_checks

TRANSFORM = TextSvd()
TASK = Task(TaskKind.BINARY, 200, 1, 0, 2, "roc_auc")
RESOURCES = Resources(threads=1, seed=3)
GOOD, BAD = ("fine", "lovely", "great", "works"), ("awful", "broken", "poor", "late")
REST = ("the", "parcel", "came", "today", "and", "it", "is", "of", "blue", "size")


def make_table(n_rows=200, seed=0):
    """Reviews: what tells is which of a few words they have among many."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_rows)
    reviews = [
        " ".join(
            rng.permutation([*rng.choice(REST, 6), *rng.choice((BAD, GOOD)[label], 2)])
        )
        for label in y
    ]
    titles = ["no. " + " ".join(rng.choice(REST, 2)) for _ in y]
    return pl.DataFrame({"review": reviews, "title": titles}), y


def fit(X, **parameters):
    return TRANSFORM.fit(TASK, parameters, TableRows(X), None, RESOURCES)


@pytest.fixture(scope="module")
def fitted():
    return fit(make_table()[0], n_topics=6)


def test_it_applies_to_text_only():
    table = TableColumns(
        (
            TableColumn("age", "numeric", "age", "numeric"),
            TableColumn("review", "text", "review", "text"),
            TableColumn("review: length", "numeric", "review", "text"),
        )
    )
    assert TRANSFORM.columns(table, TASK) == ("review",)


@pytest.mark.parametrize("ngrams", ["words", "word_pairs", "characters"])
def test_topics_tell_what_texts_are_about(ngrams):
    from sklearn.linear_model import LogisticRegression

    (train, y), (test, y_test) = make_table(), make_table(seed=1)
    learnt = fit(train, ngrams=ngrams, n_topics=20)
    model = LogisticRegression(C=10).fit(TRANSFORM.transform(learnt, train, TASK), y)
    predicted = model.predict(TRANSFORM.transform(learnt, test, TASK))
    assert (predicted == y_test).mean() > 0.9


def test_a_topic_is_told_by_its_terms(fitted):
    features = TRANSFORM.explain(fitted)

    made = TRANSFORM.transform(fitted, make_table(20)[0], TASK)
    assert [feature.name for feature in features] == made.columns
    review = fitted.columns["review"]
    heaviest = review.terms[int(np.abs(review.topics[0]).argmax())]
    assert heaviest in features[0].words.split(": ")[1].split(", ")[0]


def test_each_column_has_its_topics(fitted):
    X = make_table(20, seed=1)[0]
    topics = TRANSFORM.transform(fitted, X, TASK)
    assert topics.columns[0] == "review: topic 1"
    assert topics.columns[-1] == "title: topic 6"
    assert topics.shape == (20, TRANSFORM.n_outputs({"n_topics": 6}, 2))
    assert set(topics.dtypes) == {pl.Float64}


def test_it_agrees_with_scikit_learn():
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    X = make_table()[0]["review"].to_list()
    theirs = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.9, dtype=np.float32),
        TruncatedSVD(5, random_state=0),
    ).fit(X)
    ours, _ = learn_topics(X, "words", 5, min_rows=2, seed=0)
    np.testing.assert_allclose(
        np.abs(ours.of(X)), np.abs(theirs.transform(X)), atol=1e-4
    )


ODD_TEXTS = (
    "",
    "a b",
    "İstanbul ß ﬀ",
    "x\ty\n\nz  w",
    "一 二三 四五六",
    "word " * 40,
    "Ab-cd_ef 12 3",
    "half \ud83d",
)


@pytest.mark.parametrize(
    ("ngrams", "options"),
    [
        ("words", {"token_pattern": None}),
        ("word_pairs", {"token_pattern": None, "ngram_range": (1, 2)}),
        ("characters", {"analyzer": "char_wb", "ngram_range": (2, 5)}),
    ],
)
def test_shares_are_those_of_scikit_learn_to_the_bit(ngrams, options):
    from functools import partial

    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    if ngrams != "characters":
        options["tokenizer"] = partial(terms_of, ngrams="words")
    texts = [*make_table()[0]["review"], *ODD_TEXTS]
    ours, _ = learn_topics(texts, ngrams, 7, min_rows=1, seed=0)
    places = {term: place for place, term in enumerate(ours.terms)}
    counter = CountVectorizer(vocabulary=places, dtype=np.float32, **options)
    tfidf = TfidfTransformer(sublinear_tf=True)
    tfidf.idf_ = ours.rarity

    expected = tfidf.transform(counter.transform(texts)) @ ours.topics.T

    assert ngrams in ColumnTopics.NGRAMS
    assert len(ours.terms) > 20
    np.testing.assert_array_equal(ours.of(texts), expected)


@pytest.mark.parametrize("seed", range(3))
def test_weights_are_those_of_scikit_learn_to_the_bit(seed):
    from scipy.sparse import random_array
    from sklearn.feature_extraction.text import TfidfTransformer

    rng = np.random.default_rng(seed)
    counts = random_array((300, 90), density=0.2, format="csr", random_state=seed)
    counts.data = rng.integers(1, 99, counts.nnz).astype(np.float32)
    tfidf = TfidfTransformer(sublinear_tf=True)
    tfidf.idf_ = rng.gamma(2.0, size=90).astype(np.float32)

    expected = tfidf.transform(counts)

    weighed = weigh_terms(counts, tfidf.idf_)
    assert weighed.dtype == expected.dtype == np.float32
    np.testing.assert_array_equal(weighed.toarray(), expected.toarray())


@pytest.mark.parametrize("texts", [["", ""], ["  ", "!"], [None, None]])
def test_texts_without_a_word_have_no_topic(texts):
    X = pl.DataFrame({"t": texts}, schema={"t": pl.String})
    topics = TRANSFORM.transform(fit(X), make_table(3)[0].rename({"title": "t"}), TASK)
    assert topics.shape == (3, 1)
    assert topics.to_series().to_list() == [0.0, 0.0, 0.0]


def test_a_word_in_every_text_of_few_is_enough():
    X = pl.DataFrame({"t": ["same", "same"]})
    assert TRANSFORM.transform(fit(X), X, TASK).shape == (2, 1)


def test_missing_and_unknown_words_are_zero(fitted):
    X = pl.DataFrame({"review": [None, "unheard"], "title": ["", "of"]})
    topics = TRANSFORM.transform(fitted, X, TASK).select("^review.*$")
    assert (topics.to_numpy() == 0).all()


def test_no_rows_give_no_rows(fitted):
    topics = TRANSFORM.transform(fitted, make_table()[0].head(0), TASK)
    assert topics.shape == (0, 12)


def test_one_seed_gives_the_same_bytes():
    X = make_table()[0]
    assert TRANSFORM.dump(fit(X)) == TRANSFORM.dump(fit(X))


def test_what_is_stored_transforms_the_same_bits(fitted):
    parts = TRANSFORM.dump(fitted)
    again = TRANSFORM.load(parts)
    X = make_table(seed=1)[0]
    assert TRANSFORM.transform(again, X, TASK).equals(
        TRANSFORM.transform(fitted, X, TASK)
    )
    assert TRANSFORM.dump(again) == parts


def test_half_a_character_is_stored():
    odd = "b\ud83d"
    strange = ColumnTopics(
        "words", (odd,), np.ones(1, np.float32), np.ones((1, 1), np.float32)
    )
    stored = TRANSFORM.dump(TextTopics({"t": strange}))
    assert TRANSFORM.load(stored).columns["t"].terms == (odd,)


def arrays_of(parts):
    form = {
        f"{name}_{place}": ("f", n_dimensions)
        for name, n_dimensions in (("rarity", 1), ("topics", 2))
        for place in range(len(json.loads(parts["terms.json"])))
    }
    return unpack_arrays(parts["topics.safetensors"], form)


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record[0]["terms"].pop(),
        lambda record: record[0]["terms"].append(record[0]["terms"][0]),
        lambda record: record[0]["terms"].__setitem__(0, 5),
        lambda record: record[0]["terms"].__setitem__(0, ""),
        lambda record: record[0].__setitem__("ngrams", "eval"),
        lambda record: record[0].__setitem__("column", "title"),
        lambda record: record[0].pop("terms"),
        lambda record: record.pop(),
        lambda record: record.append({}),
    ],
)
def test_a_hostile_vocabulary_is_refused(fitted, change):
    parts = TRANSFORM.dump(fitted)
    record = json.loads(parts["terms.json"])
    change(record)
    with pytest.raises(ArtifactError):
        TRANSFORM.load({**parts, "terms.json": json.dumps(record).encode()})


@pytest.mark.parametrize("name", ["rarity_0", "topics_1"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e38])
def test_a_number_out_of_place_is_refused(fitted, name, value):
    parts = TRANSFORM.dump(fitted)
    arrays = arrays_of(parts)
    arrays[name].flat[0] = value
    with pytest.raises(ArtifactError):
        TRANSFORM.load({**parts, "topics.safetensors": pack_arrays(arrays)})


def test_damage_is_refused_or_harmless(fitted):
    rng = np.random.default_rng(0)
    parts = TRANSFORM.dump(fitted)
    X = make_table(3)[0]
    refused = 0
    for name, data in parts.items():
        for _ in range(30):
            wrong = bytearray(data)
            wrong[rng.integers(len(wrong))] ^= 1 << rng.integers(8)
            cut = bytes(wrong[: rng.integers(len(wrong))])
            for other in (bytes(wrong), cut):
                try:
                    loaded = TRANSFORM.load({**parts, name: other})
                except ArtifactError:
                    refused += 1
                    continue
                names = dict(zip(X.columns, loaded.columns, strict=True))
                topics = TRANSFORM.transform(loaded, X.rename(names), TASK)
                assert np.isfinite(topics.to_numpy()).all()
    assert refused > 60


@pytest.mark.parametrize("check", transform_checks(TRANSFORM), ids=str)
def test_the_kit_is_passed(check):
    check()


def test_a_search_finds_that_texts_tell_and_its_model_comes_back(tmp_path):
    (X, y), (test, y_test) = make_table(120), make_table(seed=1)
    model = AutoClassifier(
        time_limit=None,
        max_trials=2,
        learners=["logistic"],
        validation=Validation(folds=3, repeats=1),
        transforms=[TRANSFORM],
        random_state=0,
        n_jobs=1,
    ).fit(X, y)
    # What it knows of texts by itself, counts of characters and words, tells nothing.
    assert model.evaluate(test, y_test, metrics=["roc_auc"])["roc_auc"] > 0.9
    with pytest.warns(HeadstartWarning, match="without its parameters transforms"):
        path = model.save(tmp_path / "model.headstart")
    again = load(path, transforms=[TRANSFORM])
    np.testing.assert_array_equal(again.predict_proba(test), model.predict_proba(test))


def test_rows_of_training_get_the_topics_that_new_rows_get(fitted):
    X = make_table()[0]
    again, made = TRANSFORM.fit_transform(
        TASK, {"n_topics": 6}, TableRows(X), None, RESOURCES
    )
    assert TRANSFORM.dump(again) == TRANSFORM.dump(fitted)
    assert made.equals(TRANSFORM.transform(fitted, X, TASK))


def test_each_text_is_taken_apart_once(monkeypatch):
    read = []

    def read_terms(text, ngrams):
        read.append(text)
        return terms_of(text, ngrams)

    monkeypatch.setattr(learning, "terms_of", read_terms)
    monkeypatch.setattr(
        "headstart.predict.transforms.column_topics.terms_of", read_terms
    )
    X = make_table()[0]
    TRANSFORM.fit_transform(TASK, {}, TableRows(X), None, RESOURCES)
    assert sorted(read) == sorted([*X["review"], *X["title"]])


@pytest.mark.parametrize(
    ("name", "bound"), [("_MAX_LEARNT_ROWS", 50), ("_MAX_LEARNT_CHARACTERS", 500)]
)
def test_of_many_texts_a_part_is_learnt_from_and_all_have_topics(
    name, bound, monkeypatch
):
    texts = [f"common word{row}" for row in range(200)]
    monkeypatch.setattr(learning, name, bound)
    topics, made = learn_topics(texts, "words", 60, min_rows=1, seed=0)
    assert 30 < len(topics.terms) <= 51
    assert made.shape[0] == 200
    np.testing.assert_array_equal(made, topics.of(texts))


def learn_by_clock(seconds):
    """Learn of 200 texts with a clock that goes on by a second for each."""
    texts = [f"common word{row}" for row in range(200)]
    ticks = iter(range(10**6))
    return learn_topics(
        texts,
        "words",
        4,
        min_rows=1,
        seed=0,
        seconds=seconds,
        clock=lambda: float(next(ticks)),
    )


def test_where_time_is_short_fewer_texts_are_learnt_from():
    topics, made = learn_by_clock(seconds=400.0)
    assert 100 < len(topics.terms) < 140
    assert np.count_nonzero(made.any(axis=1)) > 100


def test_where_time_is_too_short_for_the_texts_nothing_is_learnt():
    topics, made = learn_by_clock(seconds=20.0)
    assert topics.terms == ()
    assert made.shape == (200, 1)
    assert not made.any()


def test_the_cost_is_that_of_the_characters_there_are():
    def cost(*lengths):
        task = replace(TASK, text_lengths=lengths)
        return TRANSFORM.cost(task, {"ngrams": "characters"}, 300)

    # Measured: about 3 s for 300 texts of 2,700 characters.
    assert 1 < cost(2_700) < 9
    assert cost(2_700, 2_700) > 1.9 * cost(2_700)
    assert cost(10**6) == cost(20_000)


def test_texts_without_spaces_between_words_have_topics():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    rest = ["这个产品", "昨天收到", "颜色是蓝", "包装盒子"]
    tells = [["质量太差", "完全不行"], ["非常喜欢", "质量很好"]]
    texts = ["".join(rng.permutation([*rng.choice(rest, 2), *tells[k]])) for k in y]
    topics, _ = learn_topics(texts, "words", 10, min_rows=2, seed=0)
    assert {"喜欢", "太差"} <= set(topics.terms)
    best = max(abs(np.corrcoef(topic, y)[0, 1]) for topic in topics.of(texts).T)
    assert best > 0.9


def test_data_that_is_no_word_does_not_spoil_the_stored_vocabulary():
    X = pl.DataFrame({"t": ["good wine " + "x" * 5_000] * 3})
    loaded = TRANSFORM.load(TRANSFORM.dump(fit(X, ngrams="word_pairs")))
    assert loaded.columns["t"].terms == ("good", "good wine", "wine")
