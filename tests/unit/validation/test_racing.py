import numpy as np
import pytest

from headstart.validation import probability_best, promote, survivors

RNG = np.random.default_rng(0)
LOSSES = RNG.normal(0, 0.02, (8, 1)) + RNG.normal(0, 0.01, (8, 4)) + [0, 0.001, 0.1, 0]


@pytest.mark.parametrize("test", ["t", "friedman"])
def test_only_what_is_clearly_worse_is_eliminated(test):
    stays = survivors(LOSSES, test=test)
    assert not stays[2]
    assert stays[LOSSES.mean(axis=0).argmin()]


@pytest.mark.parametrize("test", ["t", "friedman"])
def test_equal_configurations_all_stay(test):
    assert survivors(np.ones((5, 3)), test=test).all()


def test_the_share_held_out_makes_it_harder_to_eliminate():
    losses = np.column_stack([np.zeros(5), [0.01, 0.02, 0.0, 0.01, 0.015]])
    assert not survivors(losses)[1]
    assert survivors(losses, held_out_share=0.5, level=0.99)[1]


def test_what_has_no_folds_in_common_stays():
    losses = np.array([[0.1, np.nan], [0.2, np.nan], [0.1, 0.9]])
    assert survivors(losses).all()
    assert probability_best(losses).tolist() == [1.0, 0.5]


def test_probabilities_order_as_the_losses_do():
    probabilities = probability_best(LOSSES, margin=0.001)
    assert probabilities[2] < 0.01
    assert probabilities[2] == probabilities.min()


def test_one_of_so_many_goes_on():
    assert promote([3, 1, 2, np.nan, 0, 9], factor=2).tolist() == [4, 1, 2]
    assert promote([3, 1, 2, 4, 0, 9], factor=3, n_promoted=1).tolist() == [1]
    assert promote([3.0, 1.0]).tolist() == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: survivors([1.0]), "n_folds, n_configurations"),
        (lambda: survivors([[1.0]], level=1), "level"),
        (lambda: survivors([[1.0]], held_out_share=1), "held_out_share"),
        (lambda: survivors([[1.0]], test="magic"), "'t' or 'friedman'"),
        (lambda: survivors([[1, np.nan]] * 3, test="friedman"), "all losses"),
        (lambda: probability_best([[1.0]], margin=-1), "margin"),
        (lambda: promote([1.0], factor=1), "factor"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
