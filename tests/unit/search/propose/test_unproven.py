from dataclasses import dataclass

import pytest

from headstart.base import (
    Configuration,
    Float,
    Learner,
    SearchSpace,
    Task,
    TaskKind,
    Trial,
    complete,
)
from headstart.search.propose.unproven import Newcomers, standing

TASK = Task(TaskKind.BINARY, 500, 4, 0, 2, "roc_auc")


class New(Learner):
    def __init__(self, name, seconds=1.0, family="", max_rows=None):
        self.name, self.seconds = name, seconds
        self.family, self.max_rows = family, max_rows

    def search_space(self, task):
        return SearchSpace({"a": Float(0.0, 1.0)}, default={"a": 0.5})

    def precedents(self, task):
        return [{"a": 0.9}]

    def cost(self, task, parameters, n_rows):
        return self.seconds


@dataclass
class Guide:
    """Knows two learners; any gain is 1, and 2 of what is like a tree."""

    configurations: tuple = (Configuration("tree"), Configuration("net"))

    def value_of_newcomer(self, known, losses, like, seconds, as_tried):
        return (2.0 if like == {"tree"} else 1.0) / seconds


def newcomers(*learners, family=""):
    known = {"tree": New("tree", family="trees"), "net": New("net", family="nets")}
    both = known | {each.name: each for each in learners}
    return Newcomers(
        TASK, both, Guide(), lambda c: both[c.learner].cost(TASK, c.parameters, 500)
    )


def anything(configuration):
    return True


def test_the_cheaper_newcomer_comes_first_and_a_relative_before_a_stranger():
    best = newcomers(New("dear", 3.0), New("cheap", 1.0)).best([], {}, anything)
    assert best.configuration.learner == "cheap"
    both = newcomers(New("alone"), New("birch", 1.5, family="trees"))
    assert both.best([], {}, anything).configuration.learner == "birch"


def test_its_own_precedents_follow_its_default():
    new = New("new")
    default, precedent = (complete(new, TASK, {"a": v}) for v in (0.5, 0.9))
    found = newcomers(new).best([], {}, lambda c: c != default)
    assert found.configuration == precedent
    assert newcomers(new).best([], {}, lambda c: False) is None


def test_a_newcomer_that_did_badly_is_worth_less():
    tried = [
        Trial(0, Configuration("tree")),
        Trial(1, Configuration("net")),
        Trial(2, Configuration("bad")),
    ]
    losses = {0: 1.0, 1: 2.0, 2: 5.0}
    assert standing("bad", tried, losses) == pytest.approx(0.0183, abs=1e-4)
    found = newcomers(New("bad"), New("fresh", 5.0)).best(tried, losses, anything)
    assert found.configuration.learner == "fresh"
    losses[2] = 0.5
    found = newcomers(New("bad"), New("fresh", 5.0)).best(tried, losses, anything)
    assert found.configuration.learner == "bad"


def test_every_third_trial_is_a_newcomers_default_until_each_has_had_one():
    both = newcomers(New("dear", 3.0), New("cheap", 1.0))
    assert both.due(0, set(), anything) is None
    cheap = both.due(2, set(), anything)
    assert cheap.learner == "cheap"
    dear = both.due(5, {cheap.key}, anything)
    assert dear.learner == "dear"
    assert both.due(8, {cheap.key, dear.key}, anything) is None


def test_one_that_is_not_for_so_many_rows_is_left_out():
    few = newcomers(New("few", max_rows=100))
    assert few.best([], {}, anything) is None
    assert few.due(2, set(), anything) is None
