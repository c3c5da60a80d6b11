import numpy as np
import pytest

from headstart.base import Configuration, Trial, TrialStatus
from headstart.search.leaderboard import COLUMNS, leaderboard_records


def trial(number, *losses, status=TrialStatus.DONE):
    folds = {(0, fold): loss for fold, loss in enumerate(losses)}
    return Trial(number, Configuration("x"), status=status, fold_losses=folds)


def ranked(trials, *, greater_is_better=True):
    return leaderboard_records(
        trials, {1: 1.0}, greater_is_better=greater_is_better, held_out_share=0.2
    )


def test_the_best_comes_first_in_the_metrics_own_direction():
    records = ranked([trial(0, -0.7, -0.7), trial(1, -0.9, -0.9)])
    assert [r["score"] for r in records] == [0.9, 0.7]
    assert [r["rank"] for r in records] == [1, 2]
    assert records[0]["weight"] == 1.0


def test_failed_trials_come_last_without_a_rank():
    failed = trial(0, status=TrialStatus.FAILED)
    failed.reason = "it broke"
    records = ranked([failed, trial(1, -0.5, -0.5)])
    assert records[1]["rank"] is None
    assert records[1]["score"] is None
    assert records[1]["reason"] == "it broke"


def test_one_fold_does_not_beat_a_whole_trial():
    records = ranked([trial(0, -0.99), trial(1, -0.5, -0.5, -0.5)])
    assert records[0]["folds"] == 3


def test_what_was_left_after_some_folds_comes_after_what_is_done():
    left = trial(0, -0.99, -0.98, status=TrialStatus.PARTIAL)
    records = ranked([left, trial(1, -0.5, -0.5, -0.5)])
    assert [r["folds"] for r in records] == [3, 2]
    assert [r["rank"] for r in records] == [1, 2]


def test_a_better_score_that_ranks_lower_says_why():
    raced_out = trial(0, -0.99, -0.98, status=TrialStatus.PARTIAL)
    raced_out.reason = "raced out"
    one_fold = trial(1, -0.95)

    records = ranked([raced_out, trial(2, -0.5, -0.5, -0.5), one_fold])

    assert [r["reason"] for r in records] == [
        "",
        "ranks below worse scores: its own is of 1 of 3 folds",
        "raced out; ranks below worse scores: its own is of 2 of 3 folds",
    ]


def test_a_worse_score_needs_no_reason_for_its_rank():
    raced_out = trial(0, -0.4, status=TrialStatus.PARTIAL)
    raced_out.reason = "raced out"

    records = ranked([raced_out, trial(1, -0.5, -0.5)])

    assert [r["reason"] for r in records] == ["", "raced out"]


def test_the_standard_error_counts_that_folds_share_training_rows():
    losses = [-0.9, -0.8, -0.85, -0.7, -0.95]

    (record,) = ranked([trial(0, *losses)])

    independent = np.std(losses, ddof=1) / np.sqrt(5)
    # After Nadeau and Bengio: 1/5 + 0.2/0.8 in place of 1/5.
    assert record["std_error"] == pytest.approx(1.5 * independent)


def test_one_fold_has_no_standard_error():
    assert ranked([trial(0, -0.9)])[0]["std_error"] is None


def test_every_record_has_every_column():
    assert tuple(ranked([trial(0, 0.1)])[0]) == COLUMNS
