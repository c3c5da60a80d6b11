import pytest

from headstart.base import Choice, Float, Learner, SearchSpace, Task, TaskKind, complete
from headstart.search.propose.portfolio import default_order, usable_learners

TASK = Task(TaskKind.BINARY, 1000, 5, 0, 2, "roc_auc")


class Spaced(Learner):
    def __init__(self, name, n_precedents=2, max_rows=None):
        self.name = name
        self.max_rows = max_rows
        self._n = n_precedents

    def search_space(self, task):
        return SearchSpace(
            {"rate": Float(0.0, 10.0), "mode": Choice("a", "b")},
            default={"rate": 1.0, "mode": "a"},
        )

    def precedents(self, task):
        return [{"rate": 2.0 + i} for i in range(self._n)]


def names(learners):
    return [
        (c.learner, c.parameters["rate"])
        for c in default_order(TASK, {v.name: v for v in learners})
    ]


def test_defaults_come_before_precedents():
    order = names([Spaced("lightgbm"), Spaced("catboost")])
    assert order[:2] == [("lightgbm", 1.0), ("catboost", 1.0)]


def test_every_precedent_comes_once():
    order = names([Spaced("lightgbm", 5), Spaced("mlp", 1)])
    assert len(order) == len(set(order)) == 8


def test_an_unknown_learner_is_tried_early():
    order = names([Spaced("lightgbm"), Spaced("ridge"), Spaced("my_own")])
    assert [name for name, _ in order[:2]] == ["lightgbm", "my_own"]


def test_a_learner_for_small_tables_is_left_out_of_large_ones():
    assert {
        name for name, _ in names([Spaced("svm", max_rows=999), Spaced("mlp")])
    } == {"mlp"}


def test_a_configuration_is_completed_with_the_default():
    configuration = complete(Spaced("mlp"), TASK, {"rate": 3.0})
    assert configuration.parameters == {"rate": 3.0, "mode": "a"}


class Panic(BaseException):
    """As pyo3's: no `Exception`."""


@pytest.mark.parametrize("error", [Panic("unwrap"), SystemExit(3), ValueError("no")])
def test_a_learner_whose_hints_raise_anything_is_left_out(error):
    class Raising(Spaced):
        def cost(self, task, parameters, n_rows):
            raise error

    usable, problems = usable_learners(
        TASK, {"good": Spaced("good"), "bad": Raising("bad")}
    )

    assert list(usable) == ["good"]
    assert "Learner 'bad' is left out" in problems[0]
    assert type(error).__name__ in problems[0]
