"""Parts of rows that keep groups whole and times in blocks."""

import numpy as np
import pytest

from headstart.validation import Dependence

ROWS = np.arange(10, 70)


def groups_of(parts, codes):
    return [set(codes[ROWS][parts == part]) for part in range(int(parts.max()) + 1)]


def test_groups_are_whole_and_fill_parts_evenly():
    codes = np.random.default_rng(0).integers(0, 12, 100)
    parts = Dependence(groups=codes).divide(ROWS, 5)
    by_part = groups_of(parts, codes)
    assert len(by_part) == 5
    assert sum(map(len, by_part)) == len(set(codes[ROWS]))
    assert np.bincount(parts).min() >= 6


def test_there_are_no_more_parts_than_groups():
    codes = np.arange(100) % 3
    parts = Dependence(groups=codes).divide(ROWS, 5)
    assert sorted(map(len, groups_of(parts, codes))) == [1, 1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_times_are_in_blocks_and_equal_ones_together(seed):
    order = np.random.default_rng(seed).integers(0, 20, 100)
    parts = Dependence(order=order).divide(ROWS, 5)
    times = order[ROWS]
    assert set(parts) == set(range(5))
    for part in range(4):
        assert times[parts == part].max() < times[parts == part + 1].min()


def test_two_times_are_two_parts_however_many_rows_they_have():
    for n_first in (1, 30, 59):
        order = np.repeat([0, 1], [10 + n_first, 90 - n_first])
        parts = Dependence(order=order).divide(ROWS, 5)
        assert parts.tolist() == [0] * n_first + [1] * (60 - n_first)


@pytest.mark.parametrize(
    "dependence",
    [
        Dependence(),
        Dependence(groups=np.zeros(100, dtype=np.int64)),
        Dependence(order=np.zeros(100, dtype=np.int64)),
    ],
)
def test_rows_that_nothing_tells_apart_are_drawn(dependence):
    parts = dependence.divide(ROWS, 5, seed=1)
    assert np.bincount(parts).tolist() == [12] * 5
    assert parts.tolist() != sorted(parts)
    assert dependence.divide(ROWS[:1], 5).tolist() == [0]
