"""Explainable boosting: what conformance does not ask of every learner."""

import time
import warnings

import numpy as np
import pytest
from headstart_interpret import ExplainableBoosting, boosting
from headstart_interpret.bins import learn_bins

from headstart.sdk import AdditiveTables, Matrix, Resources, Rows, Task, TaskKind

LEARNER = ExplainableBoosting()
RESOURCES = Resources(threads=1, seed=3)
QUICK = {"learning_rate": 0.2, "smoothing_rounds": 5, "max_bins": 32}


def make_task(kind=TaskKind.BINARY, n_classes=2):
    return Task(kind, 300, 2, 1, n_classes, "log_loss" if n_classes else "rmse")


def make_rows(n_rows=300, seed=0, noise=0.3):
    """Two numbers, one of them with gaps, and a category whose parity matters."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 3))
    values[:, 2] = rng.integers(0, 12, n_rows)
    signal = values[:, 0] + np.where(values[:, 2] % 2 == 0, 1.5, -1.5)
    signal += noise * rng.normal(size=n_rows)
    values[rng.random(n_rows) < 0.1, 1] = np.nan
    X = Matrix(values, ("a", "b", "c"), categorical=(2,), n_levels=(12,))
    return Rows(X, (signal > 0).astype(np.int64))


def log_loss(y, prediction):
    return -np.mean(np.log(np.clip(prediction[np.arange(len(y)), y], 1e-9, 1)))


@pytest.fixture(scope="module")
def fitted():
    return LEARNER.fit(make_task(), QUICK, make_rows(), make_rows(99, 1), RESOURCES)


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_tables_say_what_the_library_predicts(n_classes):
    from interpret.glassbox import (
        ExplainableBoostingClassifier,
        ExplainableBoostingRegressor,
    )

    rows, others = make_rows(), make_rows(60, seed=1)
    values = rows.X.values
    others.X.values[0] = [np.nan, 1e9, np.nan]
    y = values[:, 0] + values[:, 2] % 3
    if n_classes:
        y = np.searchsorted(np.quantile(y, np.arange(1, n_classes) / n_classes), y)
    levels = [None, None, 12]
    bins = [learn_bins(values[:, place], 16, levels[place]) for place in range(3)]
    kind = ExplainableBoostingClassifier if n_classes else ExplainableBoostingRegressor
    theirs = kind(
        feature_types=[bins[0].cuts.tolist(), bins[1].cuts.tolist(), "nominal"],
        interactions=2,
        outer_bags=1,
        max_rounds=20,
        n_jobs=1,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(values, y)
        expected = theirs.decision_function if n_classes else theirs.predict
        terms = boosting.read_terms(theirs, [0, 1, 2], bins)
        ours = AdditiveTables(np.atleast_1d(theirs.intercept_), terms, 3)
        for X in (values, others.X.values):
            scores = ours.scores(X)
            wanted = expected(X)
            np.testing.assert_allclose(scores, wanted.reshape(scores.shape), atol=1e-12)


def test_noise_stops_earlier_than_signal(fitted):
    rng = np.random.default_rng(0)
    noise = Rows(make_rows().X, rng.integers(0, 2, 300))
    validation = Rows(make_rows(99, 1).X, rng.integers(0, 2, 99))
    from_noise = LEARNER.fit(make_task(), QUICK, noise, validation, RESOURCES)
    assert from_noise.model.rounds[0] < fitted.model.rounds[0]


def test_the_target_of_the_validation_rows_only_stops():
    train, validation = make_rows(), make_rows(99, 1)
    other = Rows(validation.X, np.ones(99, dtype=np.int64))
    # Too few rounds to be stopped.
    few = {**QUICK, "n_rounds": 3, "n_pair_rounds": 1, "interactions": 0.0}
    first, second = (
        LEARNER.predict(
            LEARNER.fit(make_task(), few, train, rows, RESOURCES), train.X, make_task()
        )
        for rows in (Rows(validation.X, train.y[:99]), other)
    )
    # Which of three rounds is best may differ; that the odds are met may not.
    for probabilities in (first, second):
        assert probabilities[:, 1].mean() == pytest.approx(train.y.mean(), abs=1e-6)


def test_the_deadline_ends_training_and_leaves_a_model(fitted):
    del fitted  # the library is imported: that takes its time
    train = make_rows(5_000)
    endless = {"n_rounds": 10**6, "learning_rate": 0.01}
    started = time.monotonic()
    deadline = Resources(1, 3, deadline=started + 0.3)
    model = LEARNER.fit(make_task(), endless, train, None, deadline)
    assert time.monotonic() - started < 5
    assert 1 <= model.model.rounds[0] < 10**6
    probabilities = LEARNER.predict(model, train.X, make_task())
    assert log_loss(train.y, probabilities) < log_loss(
        train.y, model.target.constant(5_000)
    )


def test_a_deadline_far_away_changes_nothing(fitted):
    far = Resources(threads=1, seed=3, deadline=time.monotonic() + 1e6)
    again = LEARNER.fit(make_task(), QUICK, make_rows(), make_rows(99, 1), far)
    X = make_rows(50, seed=2).X
    np.testing.assert_array_equal(
        LEARNER.predict(again, X, make_task()), LEARNER.predict(fitted, X, make_task())
    )


def test_categories_are_no_numbers():
    train, test = make_rows(600), make_rows(300, seed=1)
    few = {**QUICK, "n_rounds": 20, "interactions": 0.0, "max_bins": 16}

    def reached(levels):
        train_X, test_X = (
            Matrix(part.X.values, part.X.names, levels, (12,) * len(levels))
            for part in (train, test)
        )
        model = LEARNER.fit(make_task(), few, Rows(train_X, train.y), None, RESOURCES)
        return log_loss(test.y, LEARNER.predict(model, test_X, make_task()))

    assert reached((2,)) < 0.9 * reached(())


def test_pairs_find_what_no_column_tells_alone():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(600, 3))
    X = Matrix(values, ("a", "b", "c"))
    rows = Rows(X, (values[:, 0] * values[:, 2] > 0).astype(np.int64))
    losses = {}
    for interactions in (0.0, 1.0):
        parameters = {**QUICK, "interactions": interactions}
        model = LEARNER.fit(make_task(), parameters, rows, None, RESOURCES)
        losses[interactions] = log_loss(rows.y, LEARNER.predict(model, X, make_task()))
    assert losses[1.0] < 0.6 * losses[0.0]
    assert (0, 2) in {term.features for term in model.model.terms}


def test_the_refit_makes_as_many_rounds_as_the_folds_agreed_on(fitted):
    parameters = LEARNER.refit_parameters(QUICK, [fitted])
    again = LEARNER.fit(make_task(), parameters, make_rows(), None, RESOURCES)
    assert (parameters["n_rounds"], parameters["n_pair_rounds"]) == fitted.model.rounds
    assert again.model.rounds == fitted.model.rounds


def test_bins_are_those_of_the_training_rows():
    bins = learn_bins(np.array([0.0, 0.0, 1.0, 2.0, np.nan]), 16, None)
    np.testing.assert_array_equal(bins.cuts, [0.5, 1.5])
    places = bins.place(np.array([np.nan, -9.0, 0.5, 99.0]))
    np.testing.assert_array_equal(places, [0, 1, 2, 3])


@pytest.mark.parametrize("values", [[1.0, 1.0], [np.nan, np.nan]])
def test_a_column_without_two_values_has_no_bins(values):
    assert learn_bins(np.array(values), 16, None) is None


def test_neighbouring_floats_are_told_apart():
    low = 1.0
    high = np.nextafter(low, 2.0)
    bins = learn_bins(np.array([low, high]), 16, None)
    assert bins.place(np.array([low, high])).tolist() == [1, 2]


def test_the_cost_of_large_tables_is_near_what_was_measured():
    # Seconds of a processor for 20 columns and two classes, two made-up tables.
    task = Task(TaskKind.BINARY, 100_000, 20, 0, 2, "log_loss")
    hint = LEARNER.cost(task, {}, 100_000)
    assert all(hint / 2 < each < 2 * hint for each in (7.8, 8.9))
