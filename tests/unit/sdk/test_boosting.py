"""What is not searched is said to the learner, and checked there."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from headstart.base import (
    Choice,
    Float,
    Matrix,
    Resources,
    Rows,
    SearchSpace,
    Task,
    TaskKind,
    complete,
)
from headstart.exceptions import PluginError
from headstart.plugins import Registry
from headstart.sdk.boosting import BoostingLearner, quantile
from headstart.sdk.monotone import directions

TASK = Task(TaskKind.REGRESSION, 10, 2, 0, 0, "rmse")
SPACE = SearchSpace({"rate": Float(0.0, 1.0)}, {"rate": 0.5})


class Boosted(BoostingLearner):
    """Its model is what it was given."""

    name = "boosted"
    library = "lightgbm"
    portfolio = SimpleNamespace(space=SPACE, precedents=({"rate": 0.1},))

    def fit_model(self, task, parameters, rows, validation, resources):
        return SimpleNamespace(
            task=task,
            parameters=parameters,
            validation=validation,
            n_rounds=len(rows.y),
        )


def make_rows(n_rows):
    X = Matrix(np.zeros((n_rows, 2)), ("a", "b"))
    return Rows(X, np.arange(float(n_rows)))


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"device": "cuda"}, "'cpu' or 'gpu'. Got 'cuda'"),
        ({"quantile": 0.0}, "between 0 and 1"),
        ({"quantile": 90}, "Got 90"),
        ({"quantile": True}, "Got True"),
        ({"quantile": "0.5"}, "Got '0.5'"),
        ({"quantile": float("nan")}, "Got nan"),
        ({"monotone": {}}, "hint: leave it out"),
        ({"monotone": {"a": 0}}, "Got 'a': 0"),
        ({"monotone": {"a": True}}, "Got 'a': True"),
        ({"monotone": {"a": "up"}}, "Got 'a': 'up'"),
        ({"monotone": {0: 1}}, "Got 0: 1"),
        ({"monotone": [1, -1]}, r"Got \[1, -1\]"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wish, message):
    with pytest.raises((TypeError, ValueError), match=message) as error:
        Boosted(**wish)
    assert "parameter of Boosted" in str(error.value)


def test_wishes_are_fixed_parameters():
    learner = Boosted(monotone={"b": -1, "a": 1}, quantile=0.9)
    space = learner.search_space(TASK)
    assert space.distributions["quantile"] == Choice(0.9)
    assert complete(learner, TASK, {"rate": 0.2}).parameters == {
        "rate": 0.2,
        "quantile": 0.9,
        "monotone": '{"a": 1, "b": -1}',
    }
    assert Boosted(device="gpu").search_space(TASK) is SPACE


def test_a_fit_is_given_what_its_parameters_leave_out():
    learner = Boosted(quantile=0.9)
    fitted = learner.fit(TASK, {"rate": 0.2}, make_rows(6), None, Resources())
    assert fitted.model.parameters == {"rate": 0.2, "quantile": 0.9}
    assert quantile(fitted.model.parameters) == 0.9
    assert quantile({"rate": 0.2}) is None


def test_a_fit_is_told_by_its_task_what_is_wanted():
    def task_of(metric="rmse", **wishes):
        learner = Boosted(**wishes)
        space = learner.search_space(TASK).default
        task = replace_metric(TASK, metric)
        return learner.fit(task, space, make_rows(6), None, Resources()).model.task

    assert task_of().objective.loss == "squared_error"
    assert task_of("mae").objective.loss == "absolute_error"
    level = task_of(quantile=0.9)
    assert (level.objective.loss, level.objective.parameter) == ("quantile", 0.9)
    assert level.stopping == ("quantile",)
    ways = task_of("mae", monotone={"b": -1})
    assert ways.constraints == (("b", -1),)
    assert ways.objective.loss == "absolute_error"


def test_a_median_that_does_not_keep_to_monotone_columns_is_not_boosted():
    class Careless(Boosted):
        has_monotone_quantiles = False

    learner = Careless(monotone={"b": -1})
    task = replace_metric(TASK, "mae")
    parameters = learner.search_space(TASK).default
    model = learner.fit(task, parameters, make_rows(6), None, Resources()).model
    assert model.task.objective.loss == "squared_error"
    assert learner.stopping_words(model.task, make_rows(4)) == {"l1": 1.0}


def replace_metric(task, metric):
    return Task(task.kind, 10, 2, 0, 0, metric)


def test_no_validation_rows_are_none():
    fitted = Boosted().fit(TASK, {}, make_rows(6), make_rows(0), Resources())
    assert fitted.model.validation is None


def test_the_refit_takes_the_mean_of_the_rounds():
    folds = [
        Boosted().fit(TASK, {}, make_rows(size), None, Resources()) for size in (4, 6)
    ]
    assert Boosted().refit_parameters({"rate": 0.2}, folds) == {
        "rate": 0.2,
        "n_rounds": 5,
    }


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ({"quantile": 0.5}, TaskKind.BINARY),
        ({"quantile": 0.5}, TaskKind.MULTICLASS),
        ({"monotone": {"a": 1}}, TaskKind.MULTICLASS),
    ],
)
def test_a_wish_without_a_meaning_for_the_task_is_refused_before_the_search(wish, kind):
    with pytest.raises(PluginError, match="'boosted' is made for"):
        Registry().select([Boosted(**wish)], kind)
    assert kind in Boosted().tasks


def test_directions_are_in_the_order_of_the_columns():
    X = make_rows(2).X
    assert directions(replace(TASK, constraints=(("b", -1),)), X) == [0, -1]
    assert directions(TASK, X) is None


def test_categories_have_no_direction():
    X = Matrix(np.zeros((2, 2)), ("a", "b"), (1,), (3,))
    with pytest.raises(ValueError, match="categories: they have no order"):
        directions(replace(TASK, constraints=(("b", -1),)), X)
