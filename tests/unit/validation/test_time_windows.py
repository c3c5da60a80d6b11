import numpy as np
import pytest

from headstart.validation import purged_folds, time_folds, window_folds


def test_without_options_it_is_time_folds():
    order = np.arange(20) // 2
    ours, plain = window_folds(order, 4, 1), time_folds(order, 4, 1)
    assert ours.digest == plain.digest


def test_a_window_slides_before_its_gap():
    for train, held_out in window_folds(np.arange(20), 3, 2, window=3).split():
        assert train.tolist() == [held_out[0] - step for step in (5, 4, 3)]


def test_rows_whose_target_is_not_known_yet_are_not_trained_on():
    order = np.arange(12)
    ends = order + np.where(order == 2, 9, 1)
    for train, held_out in window_folds(order, 3, ends=ends).split():
        assert (ends[train] < held_out[0]).all()
        assert 2 not in train


def test_nothing_that_overlaps_a_block_is_trained_on():
    order = np.array([3, 1, 2, 8, 5, 6, 7, 4, 9, 10])
    ends = order + 2
    folds = purged_folds(order, ends, 3, embargo=0.1)
    blocks = np.concatenate([held_out for _, held_out in folds.split()])
    assert sorted(blocks) == list(range(10))
    for train, held_out in folds.split():
        first, last = order[held_out].min(), ends[held_out].max()
        before = ends[train] < first
        assert (before | (order[train] > last)).all()


def test_the_embargo_leaves_out_what_follows():
    folds = purged_folds(np.arange(10), None, 2, embargo=0.2)
    assert folds.train(0, 0).tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: window_folds(np.arange(9), window=0), "'window' parameter"),
        (lambda: purged_folds(np.arange(9), n_folds=1), "'n_folds' parameter"),
        (lambda: purged_folds(np.arange(9), embargo=1.0), r"share in \[0, 1\)"),
        (lambda: purged_folds(np.arange(9), np.arange(8)), "ends must have the shape"),
        (lambda: purged_folds(np.arange(9), np.zeros(9)), "before its row's time"),
        (
            lambda: window_folds(np.arange(9), 2, ends=np.arange(9) + 90),
            "no training row",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_embargo_begins_where_the_last_target_is_known():
    folds = purged_folds(np.arange(100), np.arange(100) + 10, 5, embargo=0.05)
    _, held_out = next(iter(folds.split()))
    train = folds.train(0, 0)
    # Rows 0 to 19 are held out; their last target is known at 29.
    assert held_out.tolist() == list(range(20))
    assert train.min() == 29 + 5 + 1
