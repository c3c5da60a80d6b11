"""What holds for all folds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.base import TaskKind
from headstart.validation import (
    Validation,
    group_folds,
    holdout_fold,
    plain_folds,
    plan_folds,
    stratified_folds,
    stratified_group_folds,
    time_folds,
)

seeds = st.integers(0, 2**64 - 1)


@st.composite
def tables(draw):
    """Classes and groups of a few rows, and a number of folds that they allow."""
    n_folds = draw(st.integers(2, 6))
    n_rows = draw(st.integers(n_folds, 60))
    classes = draw(st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows))
    groups = draw(st.lists(st.integers(0, 9), min_size=n_rows, max_size=n_rows))
    # The first rows see to it that there are groups enough.
    groups[:n_folds] = range(n_folds)
    return np.array(classes), np.array(groups), n_folds


def every_kind(classes, groups, n_folds, seed, n_threads=1):
    more = {"seed": seed, "n_threads": n_threads}
    return {
        "plain": plain_folds(classes.size, n_folds, 3, **more),
        "stratified": stratified_folds(classes, n_folds, 3, **more),
        "grouped": group_folds(groups, n_folds, 3, **more),
        "both": stratified_group_folds(classes, groups, n_folds, 3, **more),
    }


@settings(max_examples=50)
@given(tables(), seeds)
def test_folds_partition_the_rows_in_every_repeat(table, seed):
    classes = table[0]
    for folds in every_kind(*table, seed).values():
        for repeat in range(folds.n_repeats):
            parts = [folds.validation(repeat, fold) for fold in range(folds.n_folds)]
            assert sorted(np.concatenate(parts)) == list(range(classes.size))
            for fold, rows in enumerate(parts):
                train = folds.train(repeat, fold)
                assert sorted([*train, *rows]) == list(range(classes.size))


@settings(max_examples=50)
@given(tables(), seeds)
def test_groups_are_never_parted(table, seed):
    classes, groups, _ = table
    kinds = every_kind(*table, seed)
    plans = [kinds["grouped"], kinds["both"]]
    plans.append(holdout_fold(classes.size, 0.3, codes=classes, groups=groups))
    for folds in plans:
        for train, validation in folds.split():
            assert not set(groups[train]) & set(groups[validation])


@given(tables(), seeds)
def test_classes_are_spread_evenly(table, seed):
    classes, _, n_folds = table
    folds = stratified_folds(classes, n_folds, seed=seed)
    for code in range(4):
        counts = np.bincount(folds.fold_ids[0][classes == code], minlength=n_folds)
        assert np.ptp(counts) <= 1


@given(st.lists(st.integers(0, 12), min_size=8), st.integers(1, 3), st.integers(0, 2))
def test_time_folds_train_on_the_past_only(times, n_folds, gap):
    times = np.array(times)
    distinct = np.unique(times)
    if distinct.size < n_folds + gap + 1:
        with pytest.raises(ValueError, match="distinct times"):
            time_folds(times, n_folds, gap)
        return
    for train, validation in time_folds(times, n_folds, gap).split():
        between = np.searchsorted(
            distinct, [times[train].max(), times[validation].min()]
        )
        assert np.ptp(between) == gap + 1
        assert train.size


@given(tables(), st.floats(0.05, 0.9), seeds)
def test_a_holdout_leaves_rows_on_both_sides(table, fraction, seed):
    classes, groups, _ = table
    if np.bincount(classes).max() < 2:
        return
    for more in ({}, {"groups": groups}, {"codes": classes}):
        folds = holdout_fold(classes.size, fraction, 2, seed=seed, **more)
        for train, validation in folds.split():
            assert train.size
            assert validation.size
            assert train.size + validation.size == classes.size


@settings(max_examples=10)
@given(tables(), seeds)
def test_threads_do_not_change_small_folds(table, seed):
    one, two, seven = (every_kind(*table, seed, n_threads=n) for n in (1, 2, 7))
    for name, folds in one.items():
        assert folds.digest == two[name].digest == seven[name].digest


def test_threads_do_not_change_large_folds():
    random = np.random.default_rng(0)
    classes, groups = random.integers(0, 5, 60_000), random.integers(0, 500, 60_000)
    one, two, seven = (every_kind(classes, groups, 8, 11, n) for n in (1, 2, 7))
    for name, folds in one.items():
        assert folds.digest == two[name].digest == seven[name].digest


@given(
    st.integers(2, 80),
    st.sampled_from(TaskKind),
    st.sampled_from([None, Validation(holdout=0.25), Validation(repeats=3)]),
    seeds,
)
def test_every_table_of_two_rows_or_more_has_a_plan(n_rows, kind, validation, seed):
    y = np.zeros(n_rows) if kind is TaskKind.REGRESSION else np.zeros(n_rows, int)
    folds = plan_folds(validation, y, kind, seed=seed)
    assert folds.n_rows == n_rows
    assert all(train.size and held_out.size for train, held_out in folds.split())
