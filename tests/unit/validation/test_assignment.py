import datetime as dt

import numpy as np
import polars as pl
import pytest

from headstart.validation import (
    group_folds,
    holdout_fold,
    plain_folds,
    quantile_bins,
    stratified_folds,
    stratified_group_folds,
    time_folds,
)


def test_a_seed_gives_the_folds_of_the_first_release():
    plain = plain_folds(10, 3, seed=7)
    assert plain.fold_ids.tolist() == [[0, 1, 0, 1, 2, 1, 0, 2, 0, 2]]
    stratified = stratified_folds(np.arange(10) % 2, 3, seed=7)
    assert stratified.fold_ids.tolist() == [[0, 0, 0, 2, 1, 2, 2, 1, 1, 0]]


def test_a_class_with_fewer_rows_than_folds_is_spread():
    codes = np.array([0] * 20 + [1] * 3)
    folds = stratified_folds(codes, 8)
    assert len(set(folds.fold_ids[0, 20:])) == 3


def test_labels_do_as_well_as_codes():
    codes = np.array([0, 1] * 10)
    labels = np.array(["no", "yes"] * 10, dtype=object)
    assert stratified_folds(codes, 4).digest == stratified_folds(labels, 4).digest


def test_groups_may_be_missing_or_of_any_type():
    groups = np.array(["a", None, 3, "a", None, 3, "b", "b"], dtype=object)
    for train, validation in group_folds(groups, 3).split():
        assert not {*groups[train]} & {*groups[validation]}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plain_folds(3, 4), "4 folds need at least 4 rows. Got 3"),
        (lambda: plain_folds(3, 1), "2 to 254 folds. Got 1"),
        (lambda: plain_folds(999, 255), "2 to 254 folds. Got 255"),
        (lambda: plain_folds(9, 3, 0), "at least 1 repeat"),
        (lambda: plain_folds(9, 3, seed=-1), "seed must be at least 0"),
        (lambda: group_folds(np.array([1, 1, 2]), 3), "at least 3 groups. Got 2"),
        (lambda: stratified_folds(np.zeros((2, 2)), 2), "one dimension"),
        (
            lambda: stratified_group_folds(np.zeros(3), np.arange(4), 2),
            "each of the 3 rows. Got 4",
        ),
        (lambda: holdout_fold(10, 1.5), "between 0 and 1. Got 1.5"),
        (lambda: holdout_fold(1), "at least 2 rows"),
        (lambda: holdout_fold(3, codes=np.arange(3)), "single row"),
        (lambda: holdout_fold(3, codes=np.arange(4)), "3 values. Got 4"),
        (lambda: holdout_fold(3, groups=np.zeros(3)), "at least 2 groups. Got 1"),
        (lambda: time_folds(np.arange(5), 3, 2), "at least 6 distinct times. Got 5"),
        (lambda: time_folds(np.arange(5), 0), "at least 1 fold"),
        (
            lambda: time_folds(np.array([1.0, np.nan, 2.0]), 1),
            "1 of 3 times are missing, first in row 1",
        ),
    ],
)
def test_impossible_folds_are_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_times_may_be_dates_of_a_polars_column():
    start = dt.date(2024, 1, 1)
    days = pl.Series([start + dt.timedelta(d) for d in (3, 0, 2, 1)])
    folds = time_folds(days, 1)
    assert folds.validation(0, 0).tolist() == [0, 2]
    with pytest.raises(ValueError, match="1 of 2 times are missing"):
        time_folds(pl.Series([start, None]), 1)


def test_rows_of_one_time_are_held_out_together():
    times = np.repeat(np.arange(6), [5, 1, 7, 2, 4, 3])
    for _, validation in time_folds(times, 3).split():
        whole = np.flatnonzero(np.isin(times, times[validation]))
        assert validation.tolist() == whole.tolist()


def test_a_holdout_of_groups_too_large_takes_the_nearest():
    folds = holdout_fold(10, 0.1, groups=np.repeat([0, 1], [4, 6]))
    assert folds.validation(0, 0).tolist() == [0, 1, 2, 3]


def test_bins_are_equally_filled():
    values = np.random.default_rng(0).normal(size=103)
    assert np.ptp(np.bincount(quantile_bins(values, 10))) <= 1
    assert (
        quantile_bins(values[:3], 10).tolist()
        == np.argsort(np.argsort(values[:3])).tolist()
    )
