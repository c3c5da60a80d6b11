import numpy as np
import pytest

from headstart.meta.advice.regrets import CAP, normalise_losses

NAN, INF = np.nan, np.inf


def test_the_best_has_no_regret_and_the_median_has_one():
    regrets = normalise_losses(np.array([[0.3, 0.1, 0.2], [7.0, 5.0, 9.0]]))
    np.testing.assert_allclose(regrets.values, [[2.0, 0.0, 1.0], [1.0, 0.0, 2.0]])
    np.testing.assert_allclose(regrets.locations, [0.1, 5.0])
    np.testing.assert_allclose(regrets.scales, [0.1, 2.0])


def test_units_and_origin_of_a_dataset_do_not_matter():
    losses = np.random.default_rng(0).normal(size=(4, 9))
    same = losses * np.array([[1e3], [1.0], [1e-5], [3.0]]) + 17.0
    np.testing.assert_allclose(
        normalise_losses(losses).values, normalise_losses(same).values, atol=1e-6
    )


def test_regret_is_cut_off_far_from_the_best():
    regrets = normalise_losses(np.array([[0.0, 1.0, 1.0, 1.0, 50.0]]))
    assert regrets.values[0, 4] == CAP


def test_a_failure_is_as_bad_as_can_be():
    regrets = normalise_losses(np.array([[0.1, 0.2, INF, 0.2, 0.3]]))
    assert regrets.values[0, 2] == CAP
    assert regrets.known.all()


def test_a_dataset_on_which_one_survives_tells_which():
    regrets = normalise_losses(np.array([[INF, 0.2, INF]]))
    np.testing.assert_array_equal(regrets.values, [[CAP, 0.0, CAP]])
    assert np.isnan(regrets.scales[0])


@pytest.mark.parametrize(
    "row", [[0.2, 0.2, 0.2], [NAN, 0.2, NAN], [INF, INF, INF], [NAN, NAN, NAN]]
)
def test_a_dataset_that_tells_nothing_apart_is_left_out(row):
    regrets = normalise_losses(np.array([[0.1, 0.2, 0.3], row]))
    np.testing.assert_array_equal(regrets.datasets, [0])


def test_no_dataset_gives_an_empty_table():
    assert normalise_losses(np.empty((0, 3))).values.shape == (0, 3)


def test_gaps_are_filled_by_dataset_and_configuration():
    losses = np.add.outer(np.zeros(30), np.array([0.0, 0.5, 1.0, 1.5, 2.0]))
    whole = normalise_losses(losses).values
    losses[3, 4] = NAN
    losses[4, 1] = NAN
    regrets = normalise_losses(losses)
    assert not regrets.known[3, 4]
    assert not regrets.known[4, 1]
    assert np.abs(regrets.values - whole).max() < 0.25
    assert regrets.values[3, 4] > 1.5
    assert regrets.values[4, 1] < 0.75


def test_a_row_of_good_configurations_only_gets_the_scale_of_a_whole_one():
    losses = np.add.outer(np.zeros(30), np.linspace(0.0, 2.0, 9))
    losses[0, 4:] = NAN
    regrets = normalise_losses(losses).values
    # By its own median, that of 0, 0.25, 0.5 and 0.75, the fourth would have 2.
    assert regrets[0, 3] < 1.0


def test_known_cells_keep_their_order():
    rng = np.random.default_rng(1)
    losses = rng.normal(size=(20, 12))
    losses[rng.random(losses.shape) < 0.4] = NAN
    regrets = normalise_losses(losses)
    for place, dataset in enumerate(regrets.datasets):
        known = regrets.known[place]
        order = np.argsort(losses[dataset, known])
        assert (np.diff(regrets.values[place, known][order]) >= 0).all()
