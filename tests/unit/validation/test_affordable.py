import numpy as np
import pytest

from headstart.base import TaskKind
from headstart.validation.affordable import affordable_folds, holdout_rows


def seconds_per_row(n_rows):
    return [0.001 * n_rows, 0.003 * n_rows]


@pytest.mark.parametrize(
    ("budget", "n_folds"), [(29.0, 8), (27.0, 5), (16.1, 5), (15.9, 1)]
)
def test_there_are_as_many_folds_as_fit_into_the_budget(budget, n_folds):
    # On 1,000 rows 8 folds train on 875 rows each: 8 * 875 * 0.004 s are 28 s.
    assert affordable_folds(seconds_per_row, 1_000, budget=budget) == n_folds


@pytest.mark.parametrize(("budget", "n_folds"), [(29.0, 8), (15.9, 5)])
def test_there_are_no_fewer_than_the_fewest(budget, n_folds):
    chosen = affordable_folds(seconds_per_row, 1_000, budget=budget, fewest=5)
    assert chosen == n_folds


@pytest.mark.parametrize("seconds", [[], [float("inf")], [float("nan")]])
def test_nothing_that_can_be_begun_needs_no_folds(seconds):
    assert affordable_folds(lambda n_rows: seconds, 1_000, budget=10.0) == 1


@pytest.mark.parametrize(
    ("n_rows", "n_held_out"),
    [(1_000_000, 10_000), (50_000, 10_000), (20_000, 4_000), (2_400, 480), (2, 1)],
)
@pytest.mark.parametrize("kind", TaskKind)
def test_a_holdout_has_the_rows_of_a_precise_score(n_rows, n_held_out, kind):
    assert holdout_rows(np.arange(n_rows) % 2, kind) == n_held_out


@pytest.mark.parametrize(
    ("share", "n_held_out"),
    [(0.2, 10_000), (0.02, 50_000), (0.001, 100_000), (0, 100_000)],
)
def test_a_rare_class_needs_a_larger_holdout(share, n_held_out):
    y = (np.arange(500_000) < share * 500_000).astype(np.int64)
    assert holdout_rows(y, TaskKind.BINARY) == n_held_out
