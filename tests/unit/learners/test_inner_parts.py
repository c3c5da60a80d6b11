"""Parts of training rows: whole inner folds, or stratified draws."""

import numpy as np

from headstart.learners.inner_parts import inner_parts


def test_parts_are_whole_inner_folds():
    folds = np.random.default_rng(0).integers(0, 5, 60)

    parts = inner_parts(np.arange(60) % 2, folds, 3, seed=0)

    assert set(parts) == {0, 1, 2}
    assert sum(len(set(folds[parts == part])) for part in range(3)) == 5


def test_rows_of_one_inner_fold_are_drawn():
    y = np.arange(60) % 2

    drawn = inner_parts(y, np.zeros(60, dtype=np.int64), 3, seed=3)

    np.testing.assert_array_equal(drawn, inner_parts(y, None, 3, seed=3))
    assert np.any(drawn != inner_parts(y, None, 3, seed=4))


def test_drawn_parts_have_the_same_targets():
    y = np.random.default_rng(1).integers(0, 3, 90)

    drawn = inner_parts(y, None, 3, seed=0)

    counts = [np.bincount(y[drawn == part], minlength=3) for part in range(3)]
    assert np.ptp(counts, axis=0).max() <= 1
