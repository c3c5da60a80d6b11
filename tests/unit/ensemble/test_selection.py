"""Which trials make the model, and what it is worth on rows it was not chosen on."""

import numpy as np
import pytest
from sklearn.model_selection import ShuffleSplit

from headstart.base import Configuration, Learner, TaskKind, Trial
from headstart.ensemble.output import PLAIN_MEAN, Level, Output
from headstart.ensemble.selection import MemberSelector
from headstart.metrics import resolve_metric
from headstart.validation import (
    INDEPENDENT,
    Dependence,
    Folds,
    OutOfFoldStore,
    folds_from_splitter,
    time_folds,
)

N, N_FOLDS = 600, 5


class Plain(Learner):
    name = "plain"


@pytest.fixture
def random():
    return np.random.default_rng(0)


def chosen(
    y,
    predictions,
    metric="roc_auc",
    n_folds=N_FOLDS,
    lengths=None,
    folds=None,
    constant=None,
    dependence=INDEPENDENT,
    output=PLAIN_MEAN,
):
    """Choose among trials with these predictions of all rows, and so many folds."""
    kind = TaskKind.BINARY if y.dtype == np.int64 else TaskKind.REGRESSION
    if folds is None:
        folds = Folds((np.arange(y.size)[np.newaxis] % n_folds).astype(np.uint8))
    resolved = resolve_metric(metric, kind, None)
    store, trials = OutOfFoldStore(folds, 1), []
    for number, prediction in enumerate(predictions):
        losses = {}
        for unit in folds.units[: None if lengths is None else lengths[number]]:
            rows = folds.validation(*unit)
            store.add(number, *unit, prediction[rows])
            losses[unit] = resolved.loss(y[rows], prediction[rows], None)
        trials.append(
            Trial(number, Configuration("plain", {}), "search", fold_losses=losses)
        )
    flat = 0.5 if kind is TaskKind.BINARY else y.std()
    flats = constant or dict.fromkeys(folds.units, flat)
    selector = MemberSelector(
        store=store,
        folds=folds,
        y=y,
        weight=None,
        metric=resolved,
        learners={"plain": Plain()},
        constant=flats,
        dependence=dependence,
        output=output,
    )
    return selector.select(trials)


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
    prediction = y + random.normal(size=N)
    choice = chosen(y, [prediction], "rmse")
    assert choice.weights == {0: 1.0}
    assert choice.score == pytest.approx(
        np.sqrt(np.mean((prediction - y) ** 2)), rel=1e-6
    )
    assert choice.prediction[:, 0] == pytest.approx(prediction, rel=1e-6)


def test_weights_are_those_of_all_rows_and_help(random):
    y = random.normal(size=N)
    predictions = [y + random.normal(size=N) for _ in range(4)]
    choice = chosen(y, predictions, "rmse")
    assert len(choice.weights) == 4
    assert sum(choice.weights.values()) == pytest.approx(1.0)
    assert choice.rows.all()
    assert choice.score < 0.6


@pytest.mark.parametrize("n_folds", [1, N_FOLDS])
def test_no_row_is_predicted_by_weights_that_saw_it(random, n_folds):
    """A row whose target is changed keeps its own prediction."""
    y = random.normal(size=N)
    predictions = [y + random.normal(size=N) for _ in range(3)]
    before = chosen(y, predictions, "rmse", n_folds)
    changed = y.copy()
    changed[7] += 50.0
    after = chosen(changed, predictions, "rmse", n_folds)
    assert after.prediction[7] == before.prediction[7]
    assert (after.prediction != before.prediction).any()


def test_a_metric_of_ones_own_is_never_given_some_of_the_rows_of_a_fold(random):
    def checked(y, prediction):
        assert len(y) in {N, 20}  # 20: the trial of any metric before a fit
        return -float(np.abs(y - prediction).mean())

    y = random.normal(size=N)
    predictions = [y + random.normal(size=N) for _ in range(3)]
    choice = chosen(y, predictions, checked, n_folds=1)
    assert len(choice.weights) == 3


def test_few_folds_of_something_much_better_are_preferred(random):
    y = random.normal(size=N)
    predictions = [y + 2 * random.normal(size=N), y + 0.1 * random.normal(size=N)]
    choice = chosen(y, predictions, "rmse", lengths=[N_FOLDS, 1])
    assert choice.weights == {1: 1.0}
    assert choice.rows.sum() == N / N_FOLDS


def test_every_split_of_overlapping_ones_counts(random):
    y = random.normal(size=N)
    folds = folds_from_splitter(ShuffleSplit(5, test_size=0.1, random_state=0), y, y)
    choice = chosen(
        y, [y + random.normal(size=N) for _ in range(3)], "rmse", folds=folds
    )
    held_out = np.concatenate([rows for _, rows in folds.split()])
    assert sorted(set(held_out)) == np.flatnonzero(choice.rows).tolist()
    assert choice.rows.sum() > 2 * N * 0.1
    assert np.isfinite(choice.prediction[choice.rows]).all()


def test_overlapping_splits_are_judged_by_weights_that_did_not_see_the_row(random):
    y = random.normal(size=N)
    folds = folds_from_splitter(ShuffleSplit(5, test_size=0.1, random_state=0), y, y)
    predictions = [y + random.normal(size=N) for _ in range(3)]
    before = chosen(y, predictions, "rmse", folds=folds)
    changed, row = y.copy(), int(before.rows.argmax())
    changed[row] += 50.0
    after = chosen(changed, predictions, "rmse", folds=folds)
    assert after.prediction[row] == before.prediction[row]
    assert (after.prediction[after.rows] != before.prediction[before.rows]).any()


@pytest.mark.parametrize(
    "dependence",
    [Dependence(np.arange(N) // 60), Dependence(order=np.arange(N) // 60)],
)
def test_rows_that_belong_together_are_judged_by_weights_of_others(random, dependence):
    """A group whose targets are changed keeps the predictions of all its rows."""
    y = random.normal(size=N)
    predictions = [y + random.normal(size=N) for _ in range(3)]
    changed = y.copy()
    changed[60:120] += 50.0
    before, after = (
        chosen(each, predictions, "rmse", 1, dependence=dependence)
        for each in (y, changed)
    )
    assert (after.prediction[60:120] == before.prediction[60:120]).all()


def test_in_order_of_time_a_trial_that_was_cut_is_judged_on_the_newest_rows(random):
    y = random.normal(size=N)
    folds = time_folds(np.arange(N), N_FOLDS)
    predictions = [y + 2 * random.normal(size=N), y + 0.1 * random.normal(size=N)]
    choice = chosen(y, predictions, "rmse", lengths=[N_FOLDS, 1], folds=folds)
    assert choice.weights == {1: 1.0}
    assert choice.rows.tolist() == [False] * 500 + [True] * 100


def test_fewer_folds_need_a_gain_in_proportion_to_the_rows_that_are_compared(random):
    """The constant's loss on one fold says nothing of what can be gained on two."""
    y = random.normal(size=N)
    noise = random.normal(size=N)
    predictions = [y + 0.50 * noise, y + 0.40 * noise]
    flats = {(0, fold): 100.0 if fold == 0 else 1.0 for fold in range(N_FOLDS)}
    flats[0, 1] = -98.0
    choice = chosen(y, predictions, "rmse", lengths=[N_FOLDS, 2], constant=flats)
    assert choice.weights == {1: 1.0}


def test_out_of_fold_predictions_and_their_score_are_those_after_the_output_step(
    random,
):
    y = random.normal(size=N)
    predictions = [y + random.normal(size=N) for _ in range(3)]
    plain = chosen(y, predictions, "rmse")

    choice = chosen(y, predictions, "rmse", output=Output(level=Level(2.0, (1.0,))))

    assert choice.weights == plain.weights
    assert np.array_equal(choice.prediction, 2.0 * plain.prediction + 1.0)
    errors = choice.prediction[:, 0] - y
    assert choice.score == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert choice.output.level == Level(2.0, (1.0,))
