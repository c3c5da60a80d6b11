"""Which trials make the model, and what it is worth on rows it was not chosen on."""

import numpy as np
import pytest

from headstart.base import Configuration, Learner, TaskKind, Trial
from headstart.metrics import resolve_metric
from headstart.search.selection import choose_members
from headstart.validation import Folds, OutOfFoldStore

N, N_FOLDS = 600, 5


class Plain(Learner):
    name = "plain"


@pytest.fixture
def random():
    return np.random.default_rng(0)


def chosen(y, predictions, metric="roc_auc", n_folds=N_FOLDS, lengths=None):
    """Choose among trials with these predictions of all rows, and so many folds."""
    kind = TaskKind.BINARY if y.dtype == np.int64 else TaskKind.REGRESSION
    folds = Folds((np.arange(y.size)[np.newaxis] % n_folds).astype(np.uint8))
    found = resolve_metric(metric, kind, None)
    store, trials = OutOfFoldStore(folds, 1), []
    for number, prediction in enumerate(predictions):
        losses = {}
        for fold in range(n_folds if lengths is None else lengths[number]):
            rows = folds.validation(0, fold)
            store.add(number, 0, fold, prediction[rows])
            losses[0, fold] = found.loss(y[rows], prediction[rows], None)
        trials.append(
            Trial(number, Configuration("plain", {}), "search", fold_losses=losses)
        )
    flat = {(0, f): 0.5 if kind is TaskKind.BINARY else y.std() for f in range(n_folds)}
    return choose_members(
        trials, store, folds, y, None, found, {"plain": Plain()}, flat
    )


@pytest.mark.parametrize("lengths", [None, [1] * 40, [N_FOLDS] * 4 + [1] * 36])
def test_what_knows_nothing_is_not_praised(lengths):
    scores = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        y = random.integers(0, 2, N)
        guesses = random.random((40, N))
        scores.append(chosen(y, guesses, lengths=lengths).score)
    error = np.std(scores) / np.sqrt(len(scores))
    assert np.mean(scores) < 0.5 + 3 * error


def test_one_that_was_chosen_alone_has_its_own_score(random):
    y = random.normal(size=N)
    told = y + random.normal(size=N)
    choice = chosen(y, [told], "rmse")
    assert choice.weights == {0: 1.0}
    assert choice.score == pytest.approx(np.sqrt(np.mean((told - y) ** 2)), rel=1e-6)
    assert choice.prediction[:, 0] == pytest.approx(told, rel=1e-6)


def test_weights_are_those_of_all_rows_and_help(random):
    y = random.normal(size=N)
    told = [y + random.normal(size=N) for _ in range(4)]
    choice = chosen(y, told, "rmse")
    assert len(choice.weights) == 4
    assert sum(choice.weights.values()) == pytest.approx(1.0)
    assert choice.rows.all()
    assert choice.score < 0.6


@pytest.mark.parametrize("n_folds", [1, N_FOLDS])
def test_no_row_is_predicted_by_weights_that_saw_it(random, n_folds):
    """A row whose target is changed keeps its own prediction."""
    y = random.normal(size=N)
    told = [y + random.normal(size=N) for _ in range(3)]
    before = chosen(y, told, "rmse", n_folds)
    changed = y.copy()
    changed[7] += 50.0
    after = chosen(changed, told, "rmse", n_folds)
    assert after.prediction[7] == before.prediction[7]
    assert (after.prediction != before.prediction).any()


def test_a_metric_of_ones_own_is_never_given_some_of_the_rows_of_a_fold(random):
    def checked(y, prediction):
        assert len(y) in {N, 20}  # 20: the trial of any metric before a fit
        return -float(np.abs(y - prediction).mean())

    y = random.normal(size=N)
    told = [y + random.normal(size=N) for _ in range(3)]
    choice = chosen(y, told, checked, n_folds=1)
    assert len(choice.weights) == 3


def test_few_folds_of_something_much_better_are_preferred(random):
    y = random.normal(size=N)
    told = [y + 2 * random.normal(size=N), y + 0.1 * random.normal(size=N)]
    choice = chosen(y, told, "rmse", lengths=[N_FOLDS, 1])
    assert choice.weights == {1: 1.0}
    assert choice.rows.sum() == N / N_FOLDS
