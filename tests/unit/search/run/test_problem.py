"""What a fit is given, in canonical form."""

import json

import numpy as np
import polars as pl
import pytest

from headstart.base import Task
from headstart.search.run.problem import read_problem
from headstart.search.run.settings import FitSettings

X = {"x": np.arange(6.0)}
Y = np.arange(6.0)


def read(X, y, *, columns=None, groups=None):
    settings = FitSettings(
        time_limit=None,
        max_trials=1,
        metric=None,
        validation="auto",
        learners=None,
        columns=columns,
        n_jobs=1,
        memory_limit=None,
        executor=None,
        random_state=0,
        run_dir=None,
        resume=False,
        refit=False,
        learn=False,
    )
    return read_problem(
        settings, X, y, classification=False, sample_weight=None, groups=groups
    )


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
    problem = read(X, Y, groups=groups)
    assert problem.groups is not None
    a, b = problem.groups[4], problem.groups[0]
    assert problem.groups.tolist()[::2] == [b, b, a]
    assert problem.groups[5] == a
    assert len(set(problem.groups)) == 4
    assert problem.n_ungrouped == 2


def test_a_task_knows_how_long_the_texts_are():
    random = np.random.default_rng(0)
    long, short = (
        [" ".join(random.choice(list("abcdefgh"), size)) for _ in range(60)]
        for size in (40, 20)
    )
    frame = pl.DataFrame(
        {"n": range(60), "long": long, "short": [*short[:30], *[None] * 30]}
    )
    texts = {"long": "text", "short": "text"}

    task = read(frame, random.normal(size=60), columns=texts).task

    assert task.text_lengths == (79, 20)
    assert Task.from_record(json.loads(json.dumps(task.to_record()))) == task
