from types import SimpleNamespace

import numpy as np
import pytest

import headstart
from headstart.analysis.data import validation_of
from headstart.analysis.trials import base_of, shortened, trials_of
from headstart.base import Configuration, Origin, TaskKind, Trial, TrialStatus
from headstart.metrics import resolve_metric
from headstart.search.leaderboard import leaderboard_records
from headstart.validation import Validation, plain_folds

FOLDS = plain_folds(60, 3, n_repeats=2)
RIDGE = Configuration("ridge", {"alpha": 1.0})


def record_of(trials, validation="auto"):
    metric = resolve_metric("r2", TaskKind.REGRESSION)
    board = leaderboard_records(
        trials, {1: 1.0}, greater_is_better=True, held_out_share=FOLDS.held_out_share
    )
    run = SimpleNamespace(
        problem=SimpleNamespace(metric=metric, groups=None),
        data=SimpleNamespace(folds=FOLDS),
        settings=SimpleNamespace(validation=validation),
    )
    return SimpleNamespace(
        run=run,
        result=SimpleNamespace(trials=trials),
        model=SimpleNamespace(leaderboard=board, facts={}),
    )


def trial(number, losses, origin, status=TrialStatus.DONE, reason=""):
    by_unit = dict(zip(FOLDS.units, losses, strict=False))
    return Trial(
        number, RIDGE, origin, status=status, reason=reason, fold_losses=by_unit
    )


BASELINE = trial(
    0, [-0.1], Origin.BASELINE, TrialStatus.PARTIAL, "baseline: few rows, one fold"
)
REAL = trial(1, [-0.9, -0.8, -0.85], Origin.DEFAULT_ORDER)


@pytest.mark.parametrize("order", [[BASELINE, REAL], [REAL, BASELINE]])
def test_each_row_is_of_its_own_trial_where_two_have_one_configuration(order):
    first, second = trials_of(record_of(order))["trials"]

    assert (first.origin, first.status, first.n_folds) == ("default order", "done", 3)
    assert first.reason == ""
    assert first.weight == 1.0
    assert first.low < first.score < first.high
    assert (second.origin, second.status, second.n_folds) == ("baseline", "partial", 1)
    assert (second.score, second.low) == (0.1, None)


def test_intervals_of_trials_count_that_folds_share_training_rows():
    (first, _) = trials_of(record_of([BASELINE, REAL]))["trials"]

    spread = np.std([0.9, 0.8, 0.85], ddof=1)
    student = 4.302652729911275
    reach = student * spread * np.sqrt(1 / 3 + 1 / 2)
    assert first.score - first.low == pytest.approx(reach)


def test_repeats_that_no_trial_had_time_for_are_not_told_as_made():
    plan = validation_of(record_of([BASELINE, REAL], Validation(folds=3, repeats=2)))

    assert plan.n_repeats == 1
    assert plan.words == "3 folds, plain, 1 of 2 repeats"


def test_repeats_that_were_made_are_told():
    whole = trial(1, [-0.9, -0.8, -0.85, -0.9, -0.8, -0.85], Origin.DEFAULT_ORDER)

    plan = validation_of(record_of([BASELINE, whole]))

    assert plan.n_repeats == 2
    assert "3 folds, 2 repeats" in plan.words


def test_failures_and_origins_count_trials_that_are_not_kept(monkeypatch):
    failed = [
        trial(n, [], Origin.SAMPLER, TrialStatus.FAILED, "out of memory")
        for n in range(2, 7)
    ]
    monkeypatch.setattr("headstart.analysis.trials._MOST_TRIALS", 1)

    parts = trials_of(record_of([BASELINE, REAL, *failed]))

    assert [t.origin for t in parts["trials"]] == ["default order"]
    assert [(f.reason, f.n_trials) for f in parts["failures"]] == [("out of memory", 5)]
    assert {o.name: o.n_trials for o in parts["origins"]} == {
        "sampler": 5,
        "baseline": 1,
        "default order": 1,
    }


def test_members_of_the_ensemble_are_kept_however_many_trials_are_better():
    trials = trials_of(record_of([BASELINE, REAL]))["trials"]
    member, other = trials

    assert shortened([other, other, member], 1) == (other, member)


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
    adviser = SimpleNamespace(likeness=lambda: [("iris", 1.0)])
    precedents = SimpleNamespace(adviser=adviser, n_datasets=1, bases=bases)
    run = SimpleNamespace(precedents=precedents)

    assert base_of(SimpleNamespace(run=run)).identity == words
