import numpy as np
import pytest

from headstart.meta.advice.posterior import RegretModel, expected_improvement
from headstart.meta.advice.regrets import normalise_losses

GROUPS = np.array([0, 0, 0, 1, 1, 1])


@pytest.fixture
def model():
    """On half of the tables the first learner wins, on half the second."""
    rng = np.random.default_rng(0)
    first = np.array([0.1, 0.12, 0.14, 0.4, 0.42, 0.44])
    losses = np.where(np.arange(40)[:, None] % 2, first, first[::-1])
    return RegretModel(
        normalise_losses(losses + 0.02 * rng.normal(size=(40, 6))), GROUPS
    )


EQUAL = np.full(40, 1 / 40)


def mean_regret(conditioned):
    return conditioned.weights @ conditioned.means


def test_results_speak_for_the_datasets_they_are_like(model):
    posterior = model.condition(EQUAL, {0: 0.41, 1: 0.42, 3: 0.12, 4: 0.11})
    assert posterior.weights[0::2].sum() > 2 * posterior.weights[1::2].sum()
    assert mean_regret(posterior)[5] < mean_regret(posterior)[2]
    assert (
        expected_improvement(posterior).sum(axis=0)[5]
        > (expected_improvement(posterior).sum(axis=0)[2])
    )


@pytest.mark.parametrize(("factor", "shift"), [(10.0, 0.0), (1.0, 50.0), (0.01, -3.0)])
def test_the_units_of_a_dataset_do_not_change_who_is_better(factor, shift):
    rng = np.random.default_rng(1)
    losses = rng.normal(size=(30, 6))
    results = {0: 0.3, 2: -0.5, 3: 1.0, 5: 0.2}
    plain = RegretModel(normalise_losses(losses), GROUPS)
    other = RegretModel(normalise_losses(losses * factor + shift), GROUPS)
    weights = np.full(30, 1 / 30)
    one = expected_improvement(plain.condition(weights, results))
    two = expected_improvement(
        other.condition(weights, {k: v * factor + shift for k, v in results.items()})
    )
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-9)


def test_a_failure_pushes_its_kin_down(model):
    results = {0: 0.2, 1: 0.25, 3: 0.22}
    without = mean_regret(model.condition(EQUAL, results))
    failed = mean_regret(model.condition(EQUAL, {**results, 4: np.inf}))
    assert failed[5] > without[5]


def test_one_far_result_says_no_more_than_a_failure(model):
    results = {0: 0.2, 1: 0.25, 3: 0.22}
    far = model.condition(EQUAL, {**results, 4: 1e9})
    failed = model.condition(EQUAL, {**results, 4: np.inf})
    np.testing.assert_allclose(mean_regret(far), mean_regret(failed), atol=0.1)


def test_equal_results_are_no_accident(model):
    posterior = model.condition(EQUAL, {0: 0.5, 1: 0.5, 2: 0.5, 3: 0.5, 4: 0.5})
    assert np.isfinite(posterior.means).all()
    assert np.isfinite(expected_improvement(posterior)).all()


def test_one_finite_result_among_failures_is_enough(model):
    posterior = model.condition(EQUAL, {0: np.inf, 1: np.inf, 3: 0.3, 4: np.inf})
    assert np.isfinite(expected_improvement(posterior)).all()
    assert mean_regret(posterior)[2] > mean_regret(posterior)[3]


def test_the_order_of_results_does_not_matter(model):
    one = model.condition(EQUAL, {0: 0.2, 3: 0.4, 1: 0.3})
    two = model.condition(EQUAL, {3: 0.4, 1: 0.3, 0: 0.2})
    np.testing.assert_array_equal(one.means, two.means)


def test_what_is_known_is_less_uncertain(model):
    few = model.condition(EQUAL, {0: 0.2, 3: 0.4})
    many = model.condition(EQUAL, {0: 0.2, 3: 0.4, 1: 0.2, 4: 0.4})
    assert (many.deviations <= few.deviations + 1e-9).all()


def test_a_scale_no_dataset_gives_is_no_obstacle():
    # One configuration survives on each dataset: there is no unit of loss.
    losses = np.full((12, 6), np.inf)
    losses[np.arange(12), np.arange(12) % 6] = 1.0
    model = RegretModel(normalise_losses(losses), GROUPS)
    posterior = model.condition(np.full(12, 1 / 12), {0: 0.3, 1: 0.2, 4: 0.9})
    assert np.isfinite(expected_improvement(posterior)).all()


def test_an_easy_table_is_like_easy_datasets():
    rng = np.random.default_rng(0)
    # Half of the datasets are easy, half are hard; all rank configurations at random.
    losses = 0.05 + 0.02 * rng.random((40, 6)) + 0.3 * (np.arange(40) % 2)[:, None]
    model = RegretModel(normalise_losses(losses), GROUPS)
    posterior = model.condition(EQUAL, {0: 0.06, 3: 0.065})
    assert posterior.weights[0::2].sum() > 2 * posterior.weights[1::2].sum()


def test_losses_in_units_of_the_target_tell_no_table_easy():
    rng = np.random.default_rng(0)
    losses = rng.random((40, 6)) * np.exp(4.0 * rng.normal(size=(40, 1)))
    assert RegretModel(normalise_losses(losses), GROUPS).width is None
