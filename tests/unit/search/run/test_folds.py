"""The number of folds follows from the predicted seconds of the table's fold fits."""

from types import SimpleNamespace

import numpy as np
import pytest

from headstart.base import Learner, Task, TaskKind
from headstart.search.run.folds import choose_folds
from headstart.validation import Validation


class Toy(Learner):
    name = "toy"

    def __init__(self, seconds, name="toy"):
        self.name = name
        self.seconds = seconds

    def cost(self, task, parameters, n_rows):
        return self.seconds * n_rows / task.n_rows


def chosen(*learners, n_rows=10_000, limit=60.0, n_slots=2, groups=None, **more):
    problem = SimpleNamespace(
        task=Task(TaskKind.REGRESSION, n_rows, 3, 0, 0, "rmse"),
        y=np.arange(n_rows) / 7,
        groups=groups,
    )
    settings = SimpleNamespace(time_limit=limit, validation="auto")
    vars(settings).update(more)
    by_name = {learner.name: learner for learner in learners}
    return choose_folds(settings, problem, by_name, n_slots, 0)


@pytest.mark.parametrize(
    ("seconds", "n_slots", "words"),
    [
        (8.0, 2, "8 folds, stratified"),
        (12.0, 2, "5 folds, stratified"),
        (59.0, 2, "holdout of 2,000 rows (20%), stratified"),
        (59.0, 16, "8 folds, stratified"),
    ],
)
def test_dear_fits_have_fewer_folds_and_more_processors_more(seconds, n_slots, words):
    assert chosen(Toy(seconds), n_slots=n_slots).describe() == words


def test_a_configuration_that_is_never_begun_does_not_count():
    endless = Toy(float("inf"), "endless")
    assert chosen(Toy(8.0), endless, Toy(61.0, "slow")).n_folds == 8


@pytest.mark.parametrize(
    ("n_rows", "groups"), [(4_999, None), (10_000, np.arange(10_000) % 4_999)]
)
def test_few_rows_or_groups_have_five_folds_at_least(n_rows, groups):
    assert chosen(Toy(59.0), n_rows=n_rows, groups=groups, n_slots=1).n_folds == 5


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        (Validation(folds=4), "4 folds, stratified"),
        (Validation(holdout=0.5), "holdout of 5,000 rows (50%), stratified"),
    ],
)
def test_requested_folds_do_not_depend_on_seconds(validation, words):
    assert chosen(Toy(59.0), validation=validation).describe() == words


@pytest.mark.parametrize(
    ("n_rows", "words"),
    [
        (10_000, "8 folds, stratified"),
        (10_001, "5 folds, stratified"),
        (50_001, "holdout of 10,000 rows (20%), stratified"),
    ],
)
@pytest.mark.parametrize("seconds", [0.01, 1e6])
def test_without_a_time_limit_seconds_do_not_count(n_rows, words, seconds):
    folds = chosen(Toy(seconds), n_rows=n_rows, limit=None)
    assert folds.describe() == words
