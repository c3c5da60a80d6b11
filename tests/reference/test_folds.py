"""Folds against scikit-learn's splitters."""

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from headstart.validation import (
    group_folds,
    holdout_fold,
    plain_folds,
    stratified_folds,
    stratified_group_folds,
    time_folds,
)


def held_out_counts(pairs, codes):
    """Rows of each class that each fold holds out, folds in a fixed order."""
    n_classes = codes.max() + 1
    counts = [
        np.bincount(codes[validation], minlength=n_classes) for _, validation in pairs
    ]
    return sorted(map(tuple, counts))


@pytest.fixture
def codes():
    random = np.random.default_rng(0)
    return random.choice(4, size=997, p=[0.6, 0.3, 0.09, 0.01])


@pytest.fixture
def groups():
    random = np.random.default_rng(1)
    return random.choice(60, size=997, p=random.dirichlet(np.ones(60)))


@pytest.mark.parametrize("n_folds", [2, 5, 8])
def test_plain_folds_have_the_sizes_of_k_fold(n_folds):
    sizes = sorted(
        len(validation) for _, validation in plain_folds(103, n_folds).split()
    )
    theirs = KFold(n_folds, shuffle=True, random_state=0).split(np.zeros((103, 1)))
    assert sizes == sorted(len(validation) for _, validation in theirs)


@pytest.mark.parametrize("n_folds", [2, 5, 8])
def test_stratified_folds_are_as_even_as_stratified_k_fold(codes, n_folds):
    ours = held_out_counts(stratified_folds(codes, n_folds, seed=3).split(), codes)
    theirs = held_out_counts(
        StratifiedKFold(n_folds, shuffle=True, random_state=0).split(codes, codes),
        codes,
    )
    assert np.ptp(np.sum(ours, axis=1)) <= np.ptp(np.sum(theirs, axis=1))
    assert (np.ptp(ours, axis=0) == np.ptp(theirs, axis=0)).all()


@pytest.mark.parametrize("n_folds", [2, 5, 8])
def test_group_folds_have_the_sizes_of_group_k_fold(groups, n_folds):
    sizes = sorted(
        len(validation) for _, validation in group_folds(groups, n_folds).split()
    )
    theirs = GroupKFold(n_folds).split(groups, groups, groups)
    assert sizes == sorted(len(validation) for _, validation in theirs)


@pytest.mark.parametrize("n_folds", [2, 5])
def test_stratified_group_folds_are_those_of_scikit_learn(n_folds):
    # Groups of distinct spread: the order, and so every choice, is then determined.
    random = np.random.default_rng(2)
    sizes = np.arange(3, 43)
    groups = np.repeat(np.arange(40), sizes)
    codes = np.concatenate([random.integers(0, 3, size) for size in sizes])
    spread = [np.std(np.bincount(codes[groups == g], minlength=3)) for g in range(40)]
    _, first = np.unique(np.round(spread, 12), return_index=True)
    kept = np.isin(groups, first)
    codes, groups = codes[kept], groups[kept]

    ours = stratified_group_folds(codes, groups, n_folds)
    theirs = StratifiedGroupKFold(n_folds).split(codes, codes, groups)

    mine = sorted(tuple(validation) for _, validation in ours.split())
    assert mine == sorted(tuple(validation) for _, validation in theirs)


@pytest.mark.parametrize("n_folds", [3, 8])
def test_stratified_group_folds_are_as_even_as_scikit_learns(codes, groups, n_folds):
    def unevenness(pairs):
        shares = np.array(held_out_counts(pairs, codes)) / np.bincount(codes)
        return shares.std(axis=0).mean()

    ours = [
        unevenness(stratified_group_folds(codes, groups, n_folds, seed=seed).split())
        for seed in range(20)
    ]
    theirs = [
        unevenness(
            StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed).split(
                codes, codes, groups
            )
        )
        for seed in range(20)
    ]
    # Groups alike are taken in random order: single seeds differ by some percent.
    assert np.mean(ours) <= 1.05 * np.mean(theirs)


@pytest.mark.parametrize(("n_rows", "n_folds", "gap"), [(20, 3, 0), (101, 5, 4)])
def test_time_folds_are_those_of_time_series_split(n_rows, n_folds, gap):
    ours = list(time_folds(np.arange(n_rows), n_folds, gap).split())
    theirs = list(TimeSeriesSplit(n_folds, gap=gap).split(np.zeros((n_rows, 1))))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine[0], other[0])
        np.testing.assert_array_equal(mine[1], other[1])


def test_a_holdout_takes_the_same_share_of_every_class(codes):
    folds = holdout_fold(codes.size, 0.25, codes=codes, seed=5)
    counts = np.bincount(codes[folds.validation(0, 0)], minlength=4)
    assert counts.sum() == round(0.25 * codes.size)
    assert (np.abs(counts - 0.25 * np.bincount(codes)) <= 1).all()
