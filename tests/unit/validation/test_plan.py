import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, KFold

from headstart.base import TaskKind
from headstart.validation import Folds, Validation, plan_folds
from headstart.validation import KFold as OwnKFold
from headstart.validation.plan import explain_folds, explain_refit


def plan(n_rows, validation=None, kind=TaskKind.BINARY, **more):
    y = np.arange(n_rows) % 2 if kind.is_classification else np.arange(n_rows) / 7
    return plan_folds(validation, y, kind, **more)


@pytest.mark.parametrize(
    ("n_rows", "more", "words"),
    [
        (400, {}, "8 folds, 2 repeats, stratified"),
        (1_000, {}, "8 folds, stratified"),
        (1_000, {"n_folds": 5}, "5 folds, stratified"),
        (1_000, {"n_folds": 1}, "holdout of 200 rows (20%), stratified"),
        (50_000, {}, "8 folds, stratified"),
        (50_001, {}, "holdout of 10,000 rows (20%), stratified"),
        (500_000, {}, "holdout of 10,000 rows (2%), stratified"),
        (50_001, {"n_folds": 5}, "5 folds, stratified"),
        (5, {}, "5 folds, 2 repeats, stratified"),
        (9, {"kind": TaskKind.REGRESSION}, "8 folds, 2 repeats, plain"),
        (900, {"kind": TaskKind.REGRESSION}, "8 folds, 2 repeats, stratified"),
        (2_000, {"groups": np.arange(2_000) // 9}, "8 folds, stratified, grouped"),
        (2_000, {"groups": np.arange(2_000) // 900}, "3 folds, stratified, grouped"),
        (100, {"time": np.arange(100)}, "5 folds, in order of time"),
        (9, {"time": np.arange(9) // 3}, "2 folds, in order of time"),
    ],
)
def test_what_nobody_asked_for_is_chosen(n_rows, more, words):
    assert plan(n_rows, **more).describe() == words


@pytest.mark.parametrize(
    ("n_rows", "validation", "words"),
    [
        (60_000, Validation(folds=3), "3 folds, stratified"),
        (60_000, Validation(repeats=2), "8 folds, 2 repeats, stratified"),
        (400, Validation(repeats=1), "8 folds, stratified"),
        (400, Validation(holdout=0.5), "holdout of 200 rows (50%), stratified"),
        (
            400,
            Validation(holdout=0.5, repeats=3),
            "holdout of 200 rows (50%), 3 repeats, stratified",
        ),
        (400, KFold(3), "3 folds, by KFold"),
    ],
)
def test_what_the_user_asked_for_is_done(n_rows, validation, words):
    assert plan(n_rows, validation).describe() == words


def test_the_users_folds_go_before_the_callers():
    assert plan(400, Validation(folds=3), n_folds=5).n_folds == 3


def test_a_gap_is_kept():
    folds = plan(
        100, Validation(folds=4, time_column="day", gap=3), time=np.arange(100)
    )
    assert folds.describe() == "4 folds, in order of time, gap 3"


@pytest.mark.parametrize(
    ("n_rows", "validation", "more", "message"),
    [
        (1, None, {}, "at least 2 rows. Got 1"),
        (5, Validation(folds=6), {}, "6 folds need at least 6 rows"),
        (9, None, {"groups": np.zeros(9)}, "at least 2 groups. Got 1"),
        (9, Validation(groups="who"), {}, "group column 'who'"),
        (9, Validation(time_column="day"), {}, "time column 'day'"),
        (9, None, {"time": np.zeros(9)}, "at least 2 distinct times. Got 1"),
    ],
)
def test_plans_that_can_not_be_are_refused(n_rows, validation, more, message):
    with pytest.raises(ValueError, match=message):
        plan(n_rows, validation, **more)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"folds": 1}, ValueError, "'folds'.* an int in 2 .. 254. Got 1"),
        ({"folds": 2.5}, TypeError, "'folds'.* Got 2.5"),
        ({"folds": True}, TypeError, "'folds'.* Got True"),
        ({"repeats": 0}, ValueError, "'repeats'"),
        ({"gap": -1, "time_column": "day"}, ValueError, "'gap'.* an int >= 0"),
        ({"gap": 1}, ValueError, "needs the 'time_column'"),
        ({"holdout": 1.0}, ValueError, "between 0 and 1. Got 1.0"),
        ({"holdout": 0.2, "folds": 5}, ValueError, "both 'holdout' and 'folds'"),
        ({"time_column": "a", "groups": "b"}, ValueError, "both 'time_column' and"),
    ],
)
def test_a_validation_that_makes_no_sense_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Validation(**arguments)


def test_one_block_in_order_of_time_is_enough():
    assert Validation(folds=1, time_column="day").folds == 1


@pytest.mark.parametrize(
    ("asked", "folds", "words"),
    [
        ("auto", Folds(np.array([[0, 1]] * 2, dtype=np.uint8)), "reduce the variance"),
        ("auto", Folds(np.array([[0, 1]], dtype=np.uint8)), "too little time"),
        (
            "auto",
            Folds(np.array([[0, 255]], dtype=np.uint8), "holdout"),
            "one holdout of 1 rows",
        ),
        (
            Validation(folds=2),
            Folds(np.array([[0, 1]], dtype=np.uint8)),
            "as requested",
        ),
        (Validation(time_column="t"), Folds(np.array([[0, 1]], dtype=np.uint8)), "'t'"),
        (object(), Folds(np.array([[0, 1]], dtype=np.uint8)), "splitter object"),
    ],
)
def test_the_choice_of_folds_is_explained(asked, folds, words):
    assert words in explain_folds(asked, folds, 2)


def test_one_fold_in_order_of_time_holds_out_the_newest_fifth():
    folds = plan(1_000, Validation(time_column="t"), time=np.arange(1_000), n_folds=1)
    assert folds.train(0, 0).tolist() == list(range(800))
    assert folds.validation(0, 0).tolist() == list(range(800, 1_000))
    assert folds.describe() == (
        "holdout of 200 rows (20%), the newest rows in order of time"
    )


def test_one_fold_of_a_large_table_holds_out_no_more_rows_than_tell_enough():
    time = np.arange(500_000) // 10
    folds = plan(500_000, Validation(time_column="t"), time=time)
    assert folds.validation(0, 0).tolist() == list(range(450_000, 500_000))


def test_a_holdout_in_order_of_time_keeps_its_gap_and_equal_times_together():
    time = np.repeat(np.arange(4), [40, 40, 10, 10])
    folds = plan(100, Validation(time_column="t", folds=1, gap=1), time=time)
    assert set(time[folds.train(0, 0)]) == {0}
    assert set(time[folds.validation(0, 0)]) == {2, 3}


def test_folds_in_order_of_time_are_fewer_than_others():
    time = np.arange(1_000)
    assert plan(1_000, time=time, n_folds=8).n_folds == 5


def test_groups_on_both_sides_of_a_time_fold_are_refused():
    time, groups = np.arange(100), np.arange(100) % 10
    with pytest.raises(ValueError, match=r"split 10 groups.*omit the groups"):
        plan(100, Validation(time_column="t"), time=time, groups=groups)


def test_groups_that_lie_within_the_blocks_of_time_are_kept():
    time = np.arange(100)
    folds = plan(100, Validation(time_column="t"), time=time, groups=time // 2)
    assert folds.n_folds == 5


def test_a_splitter_that_parts_groups_is_refused():
    groups = np.arange(100) // 4
    with pytest.raises(ValueError, match=r"KFold split \d+ groups.*hint: GroupKFold"):
        plan(100, OwnKFold(5), groups=groups)
    assert plan(100, GroupKFold(5), groups=groups).n_folds == 5


@pytest.mark.parametrize(
    ("n_not_refitted", "words"),
    [
        (0, "the model was refitted on all rows, including the newest"),
        (1, "1 of 3 members of the model were trained without the newest 25 rows"),
        (3, "the model was trained without the newest 25 rows"),
    ],
)
def test_what_the_model_has_not_seen_is_told(n_not_refitted, words):
    # Four blocks of 20; the gap of 5 is not seen either.
    folds = plan(100, Validation(time_column="t", folds=4, gap=5), time=np.arange(100))
    assert explain_refit(folds, n_not_refitted, 3) == words


@pytest.mark.parametrize(
    ("n_not_refitted", "words"),
    [
        (0, "the model was refitted on all rows"),
        (2, "2 of 3 members of the model were trained without the 25 held-out rows"),
        (3, "the model was trained without the 25 held-out rows"),
    ],
)
def test_members_without_the_rows_of_a_holdout_are_told(n_not_refitted, words):
    folds = plan(100, Validation(holdout=0.25))
    assert explain_refit(folds, n_not_refitted, 3) == words
