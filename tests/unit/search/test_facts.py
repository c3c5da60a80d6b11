from types import SimpleNamespace

import numpy as np
import pytest

import headstart
from headstart.base import Configuration, Origin, TaskKind, Trial, TrialStatus
from headstart.metrics import resolve_metric
from headstart.search import facts
from headstart.validation import Validation, plain_folds

FOLDS = plain_folds(60, 3, n_repeats=2)
RIDGE = Configuration("ridge", {"alpha": 1.0})


def run_of(validation="auto"):
    metric = resolve_metric("r2", TaskKind.REGRESSION)
    return SimpleNamespace(
        problem=SimpleNamespace(
            metric=metric, groups_name=None, task=SimpleNamespace(n_rows=60)
        ),
        data=SimpleNamespace(folds=FOLDS),
        settings=SimpleNamespace(validation=validation),
    )


def result_of(*trials):
    choice = SimpleNamespace(weights={1: 1.0})
    return SimpleNamespace(trials=list(trials), choice=choice)


def ranked(*trials):
    return facts._trials(run_of(), result_of(*trials))


def trial(number, losses, origin=Origin.SAMPLER, status=TrialStatus.DONE, reason=""):
    by_unit = dict(zip(FOLDS.units, losses, strict=False))
    return Trial(
        number, RIDGE, origin, status=status, reason=reason, fold_losses=by_unit
    )


BASELINE = trial(
    0, [-0.1], Origin.BASELINE, TrialStatus.PARTIAL, "baseline: few rows, one fold"
)
REAL = trial(1, [-0.9, -0.8, -0.85], Origin.DEFAULT_ORDER)


@pytest.mark.parametrize("order", [[BASELINE, REAL], [REAL, BASELINE]])
def test_each_fact_is_of_its_own_trial_where_two_have_one_configuration(order):
    first, second = ranked(*order)

    assert (first.origin, first.status, first.n_folds) == ("default order", "done", 3)
    assert first.reason == ""
    assert first.weight == 1.0
    assert first.low < first.score < first.high
    assert (second.origin, second.status, second.n_folds) == ("baseline", "partial", 1)
    assert (second.score, second.low, second.std_error) == (0.1, None, None)


def test_a_fact_has_the_configuration_of_its_trial():
    assert ranked(REAL)[0].configuration == RIDGE


def test_the_best_comes_first_in_the_metrics_own_direction():
    first, second = ranked(trial(0, [-0.7, -0.7]), trial(1, [-0.9, -0.9]))

    assert (first.rank, first.score) == (1, 0.9)
    assert (second.rank, second.score) == (2, 0.7)


def test_a_score_of_zero_has_no_sign():
    (only,) = ranked(trial(0, [0.0, 0.0]))

    assert str(only.score) == "0.0"


def test_failed_trials_come_last_without_a_rank():
    failed = trial(0, [], status=TrialStatus.FAILED, reason="it broke")

    (_, last) = ranked(failed, REAL)

    assert (last.rank, last.score, last.reason) == (None, None, "it broke")


def test_one_fold_does_not_beat_a_whole_trial():
    first, _ = ranked(trial(0, [-0.99]), trial(1, [-0.5, -0.5, -0.5]))

    assert first.n_folds == 3


def test_what_was_left_after_some_folds_comes_after_what_is_done():
    partial = trial(0, [-0.99, -0.98], status=TrialStatus.PARTIAL)

    facts_ = ranked(partial, trial(1, [-0.5, -0.5, -0.5]))

    assert [(t.rank, t.n_folds) for t in facts_] == [(1, 3), (2, 2)]


def test_intervals_and_errors_count_that_folds_share_training_rows():
    (first,) = ranked(REAL)

    spread = np.std([0.9, 0.8, 0.85], ddof=1)
    # After Nadeau and Bengio: 1/3 + (1/3)/(2/3) in place of 1/3.
    error = spread * np.sqrt(1 / 3 + 1 / 2)
    student = 4.302652729911275
    assert first.std_error == pytest.approx(error)
    assert first.score - first.low == pytest.approx(student * error)


def test_a_score_that_is_not_finite_is_none():
    (only,) = ranked(trial(0, [float("inf"), -0.5]))

    assert (only.score, only.std_error) == (None, None)


def validation_of(validation, *trials):
    return facts._validation(
        run_of(validation), result_of(*trials), n_not_refitted=0, n_members=1
    )


def test_repeats_that_no_trial_had_time_for_are_not_told_as_made():
    plan = validation_of(Validation(folds=3, repeats=2), BASELINE, REAL)

    assert plan.n_repeats == 1
    assert plan.words == "3 folds, plain, 1 of 2 repeats"


def test_repeats_that_were_made_are_told():
    whole = trial(1, [-0.9, -0.8, -0.85, -0.9, -0.8, -0.85])

    plan = validation_of("auto", BASELINE, whole)

    assert plan.n_repeats == 2
    assert "3 folds, 2 repeats" in plan.words


@pytest.mark.parametrize(
    ("bases", "words"),
    [
        (("shipped",), f"shipped with headstart {headstart.__version__}"),
        (("own",), "your own"),
        (
            ("shipped", "own"),
            f"shipped with headstart {headstart.__version__} and your own",
        ),
    ],
)
def test_only_bases_that_were_read_are_named(bases, words):
    adviser = SimpleNamespace(similarities=lambda: [("iris", 1.0)])
    precedents = SimpleNamespace(adviser=adviser, n_datasets=1, bases=bases)

    assert facts._base(SimpleNamespace(precedents=precedents)).identity == words
