"""What a fit is given, in canonical form."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from headstart.base import Task
from headstart.search.run.problem import read_problem
from headstart.search.run.settings import FitSettings

X = {"x": np.arange(6.0)}
Y = np.arange(6.0)


def read(X, y, *, columns=None, groups=None, weight=None):
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
        settings, X, y, classification=False, sample_weight=weight, groups=groups
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


@pytest.mark.parametrize(
    "weight",
    [
        [1, 2, 0, 1, 1, 1],
        ["1", " 2 ", "0", "1", "1.0", "1"],
        pl.Series([1, 2, 0, 1, 1, 1], dtype=pl.Decimal(4, 1)),
        pd.Series([1, 2, 0, 1, 1, 1], dtype="Int64"),
        pd.Categorical([1, 2, 0, 1, 1, 1]),
        np.array([1, 2, 0, 1, 1, 1], dtype=object),
    ],
    ids=["list", "text", "decimals", "nullable", "categories", "objects"],
)
def test_weights_are_numbers_in_any_form(weight):
    problem = read(X, Y, weight=weight)
    assert problem.weight is not None
    assert problem.weight.tolist() == [1, 2, 1, 1, 1]
    assert problem.n_weightless == 1


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([1, None, 1, 1, 1, 1], r"Got nan in row 1"),
        ([1.0, np.inf, 1, 1, 1, 1], r"Got inf in row 1"),
        (["1", "2", "heavy", "1", "1", "1"], r"must hold numbers. Got 'heavy' \(row 2"),
        ([None] * 6, "must hold numbers. Got no values"),
        (pl.Series([dt.date(2020, 1, 1)] * 6), "must hold numbers. Got dates"),
        ([-1, 1, 1, 1, 1, 1], "not negative"),
        ([1, 1], "inconsistent numbers of samples"),
    ],
)
def test_other_weights_are_refused_in_words(weight, words):
    with pytest.raises(ValueError, match=words):
        read(X, Y, weight=weight)
