import numpy as np
import pytest

from headstart.analysis.performance.dependent import (
    blocks_of,
    describe_dependence,
    groups_of,
)
from headstart.analysis.performance.intervals import Score, score_interval
from headstart.base import TaskKind
from headstart.metrics import resolve_metric
from headstart.validation import INDEPENDENT, Dependence

RANDOM = np.random.default_rng(8)
N = 600
ROWS = np.arange(N)


def test_independent_rows_have_no_blocks_and_no_note():
    assert groups_of(INDEPENDENT, ROWS) is None
    assert blocks_of(INDEPENDENT, ROWS) is None
    assert describe_dependence(INDEPENDENT, ROWS) == ""


def test_blocks_in_time_are_of_neighbours_whatever_the_order_of_the_rows():
    order = RANDOM.permutation(N)

    blocks = blocks_of(Dependence(order=order), ROWS)

    assert np.unique(blocks).size == 30
    assert (np.diff(blocks[np.argsort(order)]) >= 0).all()


def test_groups_are_whole_in_blocks_and_at_most_200():
    groups = RANDOM.integers(0, 400, N) * 7

    blocks = blocks_of(Dependence(groups), ROWS)

    assert blocks.max() < 200
    for group in np.unique(groups):
        assert np.unique(blocks[groups == group]).size == 1


def test_few_groups_are_told_with_their_number():
    words = describe_dependence(Dependence(ROWS % 7), ROWS)

    assert "draw whole groups" in words
    assert "only 7" in words
    assert "only" not in describe_dependence(Dependence(ROWS % 90), ROWS)


def test_blocks_of_neighbours_are_told_with_their_length():
    words = describe_dependence(Dependence(order=ROWS), ROWS)

    assert "30 blocks of about 20 rows" in words
    assert "too narrow" in words


@pytest.mark.parametrize("seed", range(3))
def test_errors_that_follow_each_other_make_a_wider_interval(seed):
    random = np.random.default_rng(seed)
    errors = np.repeat(random.normal(size=N // 10), 10) + 0.3 * random.normal(size=N)
    metric = resolve_metric("mae", TaskKind.REGRESSION)
    widths = []
    for dependence in (INDEPENDENT, Dependence(order=ROWS)):
        groups = groups_of(dependence, ROWS)
        score = Score(metric, np.zeros(N), None, groups, 0, 10**5)
        _, low, high, _ = score_interval(score, errors[:, np.newaxis])
        widths.append(high - low)

    assert widths[1] > 1.5 * widths[0]
