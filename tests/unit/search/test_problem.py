"""What a fit is given, in canonical form."""

import numpy as np
import polars as pl
import pytest

from headstart.search.problem import read_problem
from headstart.search.settings import FitSettings

X = {"x": np.arange(6.0)}
Y = np.arange(6.0)


@pytest.mark.parametrize(
    "groups",
    [
        [3.0, np.nan, 3.0, np.nan, 1.0, 1.0],
        pl.Series(["b", None, "b", None, "a", "a"]),
        np.array(["b", None, "b", None, "a", "a"], dtype=object),
    ],
    ids=["numbers", "words", "objects"],
)
def test_each_row_without_a_group_is_a_group_of_its_own(groups):
    settings = FitSettings(
        time_limit=None,
        max_trials=1,
        metric=None,
        validation="auto",
        learners=None,
        columns=None,
        n_jobs=1,
        memory_limit=None,
        executor=None,
        random_state=0,
        run_dir=None,
        resume=False,
        refit=False,
        learn=False,
    )
    problem = read_problem(
        settings, X, Y, classification=False, sample_weight=None, groups=groups
    )
    assert problem.groups is not None
    a, b = problem.groups[4], problem.groups[0]
    assert problem.groups.tolist()[::2] == [b, b, a]
    assert problem.groups[5] == a
    assert len(set(problem.groups)) == 4
    assert problem.n_ungrouped == 2
