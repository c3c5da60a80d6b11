from headstart.base import Configuration, Trial
from headstart.search.loop.racing import is_hopeless, relative_gap

CONSTANT = {(0, 0): 1.0, (0, 1): 1.0}


def trial(number, *losses):
    folds = {(0, fold): loss for fold, loss in enumerate(losses)}
    return Trial(number, Configuration("x"), fold_losses=folds)


def test_a_tie_has_no_gap():
    assert relative_gap(trial(1, 0.5), [trial(0, 0.5)], CONSTANT) == 0.0


def test_no_better_than_constant_is_a_gap_of_one():
    assert relative_gap(trial(1, 1.0), [trial(0, 0.5)], CONSTANT) == 1.0


def test_a_trial_is_not_its_own_rival():
    only = trial(0, 0.5)
    assert relative_gap(only, [only], CONSTANT) is None


def test_only_shared_folds_are_compared():
    gap = relative_gap(trial(1, 0.6), [trial(0, 0.6, 0.0)], CONSTANT)
    assert gap == 0.0


def test_the_best_rival_decides():
    gap = relative_gap(trial(2, 0.75), [trial(0, 0.9), trial(1, 0.5)], CONSTANT)
    assert gap == 0.5


def test_the_first_fold_is_judged_more_mildly():
    assert not is_hopeless(trial(1, 0.6), [trial(0, 0.5)], CONSTANT)
    assert is_hopeless(trial(1, 0.6, 0.6), [trial(0, 0.5, 0.5)], CONSTANT)


def test_without_rivals_nothing_is_hopeless():
    assert not is_hopeless(trial(0, 5.0), [], CONSTANT)
