import math

import pytest

from headstart.base import Configuration, Learner, Task, TaskKind
from headstart.search.loop.cost import CostModel

TASK = Task(TaskKind.REGRESSION, 1000, 5, 0, 0, "rmse")


class Fixed(Learner):
    def __init__(self, name, seconds):
        self.name = name
        self._seconds = seconds

    def cost(self, task, parameters, n_rows):
        return self._seconds


LEARNERS = {"quick": Fixed("quick", 1.0), "slow": Fixed("slow", 10.0)}


def test_without_measurements_the_hint_holds():
    model = CostModel(TASK, LEARNERS, 800, learns=True)
    assert model.seconds(Configuration("slow")) == 10.0


def test_a_slow_machine_makes_every_learner_dearer():
    model = CostModel(TASK, LEARNERS, 800, learns=True)
    model.observe(Configuration("quick"), 3.0)
    assert model.seconds(Configuration("slow")) > 25.0


def test_own_measurements_outweigh_those_of_others():
    model = CostModel(TASK, LEARNERS, 800, learns=True)
    model.observe(Configuration("quick"), 100.0)
    for _ in range(20):
        model.observe(Configuration("slow"), 10.0)
    assert 9.0 < model.seconds(Configuration("slow")) < 14.0


def test_counted_work_never_learns():
    model = CostModel(TASK, LEARNERS, 800, learns=False)
    model.observe(Configuration("quick"), 100.0)
    assert model.seconds(Configuration("quick")) == 1.0


@pytest.mark.parametrize(
    ("cost", "hint"), [(math.inf, math.inf), (math.nan, 1e-3), (-math.inf, 1e-3)]
)
def test_a_learner_whose_hint_is_no_number_teaches_nothing(cost, hint):
    learners = {**LEARNERS, "endless": Fixed("endless", cost)}
    model = CostModel(TASK, learners, 800, learns=True)
    model.observe(Configuration("endless"), 3.0)
    assert model.seconds(Configuration("slow")) == 10.0
    assert model.seconds(Configuration("endless")) == hint
