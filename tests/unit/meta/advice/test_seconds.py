import numpy as np
import pytest

from headstart.meta.advice.seconds import SecondsModel

LEARNERS = ["forest"] * 3 + ["linear"] * 3


@pytest.fixture
def grid():
    """Seconds that follow a power law of rows and columns, by learner."""
    rng = np.random.default_rng(0)
    n_rows = 10 ** rng.uniform(2, 4, 60)
    n_features = 10 ** rng.uniform(0.5, 2, 60)
    power = np.array([1.2, 1.2, 1.2, 0.9, 0.9, 0.9])
    base = np.array([1e-3, 3e-3, 9e-3, 1e-4, 2e-4, 4e-4])
    seconds = base * n_rows[:, None] ** power * n_features[:, None] ** 0.5
    return np.maximum(seconds, 1e-3), n_rows, n_features


def test_a_power_law_is_found(grid):
    seconds, n_rows, n_features = grid
    model = SecondsModel(seconds, n_rows, n_features, LEARNERS)
    predicted = np.exp(model.predict(5000, 20))
    expected = (
        np.array([1e-3, 3e-3, 9e-3, 1e-4, 2e-4, 4e-4])
        * np.array([5000.0]) ** [1.2, 1.2, 1.2, 0.9, 0.9, 0.9]
        * 20**0.5
    )
    np.testing.assert_allclose(predicted, expected, rtol=0.2)


def test_gaps_are_no_zeros(grid):
    seconds, n_rows, n_features = grid
    whole = SecondsModel(seconds, n_rows, n_features, LEARNERS).predict(5000, 20)
    # The expensive ones were only tried on small tables.
    seconds = np.where((n_rows[:, None] > 3000) & (np.arange(6) == 2), np.nan, seconds)
    predicted = SecondsModel(seconds, n_rows, n_features, LEARNERS).predict(5000, 20)
    np.testing.assert_allclose(predicted, whole, atol=0.2)


def test_a_configuration_without_seconds_costs_what_its_learner_does(grid):
    seconds, n_rows, n_features = grid
    seconds[:, 1] = np.nan
    predicted = SecondsModel(seconds, n_rows, n_features, LEARNERS).predict(2000, 10)
    assert predicted[0] < predicted[1] < predicted[2]
    assert predicted[1] > predicted[3:].max()


def test_without_any_seconds_all_cost_the_same():
    model = SecondsModel(np.full((4, 6), np.nan), np.ones(4), np.ones(4), LEARNERS)
    assert np.ptp(model.predict(1000, 10)) == 0
    empty = SecondsModel(np.empty((0, 6)), np.empty(0), np.empty(0), LEARNERS)
    assert np.ptp(empty.predict(1000, 10)) == 0


def test_a_slow_machine_is_noticed_from_one_measurement(grid):
    seconds, n_rows, n_features = grid
    model = SecondsModel(seconds, n_rows, n_features, LEARNERS)
    plain = model.predict(2000, 10)
    corrected = model.correct(plain, {0: 4.0 * float(np.exp(plain[0]))})
    assert corrected[0] - plain[0] == pytest.approx(np.log(4.0), rel=0.1)
    assert (corrected - plain > np.log(3.0)).all()


def test_a_learner_that_is_slow_here_is_dear_and_the_other_less_so():
    rng = np.random.default_rng(0)
    by_learner = rng.normal(size=(80, 2))[:, [0, 0, 0, 1, 1, 1]]
    seconds = np.exp(by_learner + 0.1 * rng.normal(size=(80, 6)))
    model = SecondsModel(seconds, np.full(80, 100.0), np.full(80, 5.0), LEARNERS)
    plain = model.predict(100, 5)
    moved = model.correct(plain, {3: float(np.exp(plain[3] + 2.0))}) - plain
    assert moved[4:].min() > 1.5
    assert moved[:3].max() < 1.3


def test_no_measurement_changes_nothing(grid):
    model = SecondsModel(*grid, LEARNERS)
    plain = model.predict(2000, 10)
    assert model.correct(plain, {}) is plain


def test_learners_may_come_in_any_order(grid):
    seconds, n_rows, n_features = grid
    mixed = np.array([4, 0, 3, 2, 5, 1])
    plain = SecondsModel(seconds, n_rows, n_features, LEARNERS).predict(999, 7)
    predicted = SecondsModel(
        seconds[:, mixed], n_rows, n_features, [LEARNERS[i] for i in mixed]
    ).predict(999, 7)
    np.testing.assert_allclose(predicted, plain[mixed])


def test_a_fit_that_was_stopped_took_at_least_as_long(grid):
    seconds, n_rows, n_features = grid
    whole = SecondsModel(seconds, n_rows, n_features, LEARNERS).predict(9000, 90)
    stopped = seconds > 20.0
    assert stopped[:, 2].sum() >= 5
    seconds = np.where(stopped, 20.0, seconds)

    as_if_finished = SecondsModel(seconds, n_rows, n_features, LEARNERS)
    bounded = SecondsModel(seconds, n_rows, n_features, LEARNERS, stopped)

    far = abs(as_if_finished.predict(9000, 90)[2] - whole[2])
    assert abs(bounded.predict(9000, 90)[2] - whole[2]) < 0.5 * far


def test_a_bound_below_the_prediction_says_nothing(grid):
    seconds, n_rows, n_features = grid
    plain = SecondsModel(seconds, n_rows, n_features, LEARNERS).predict(2000, 10)
    stopped = np.zeros(seconds.shape, dtype=bool)
    stopped[:20, 0] = True
    seconds = np.where(stopped, 1e-3, seconds)

    model = SecondsModel(seconds, n_rows, n_features, LEARNERS, stopped)

    np.testing.assert_allclose(model.predict(2000, 10), plain, atol=0.1)


def test_what_was_always_stopped_is_no_cheaper_than_that(grid):
    seconds, n_rows, n_features = grid
    stopped = np.zeros(seconds.shape, dtype=bool)
    stopped[:, 5] = True
    seconds[:, 5] = 60.0

    model = SecondsModel(seconds, n_rows, n_features, LEARNERS, stopped)

    assert np.exp(model.predict(1000, 10)[5]) > 30.0
