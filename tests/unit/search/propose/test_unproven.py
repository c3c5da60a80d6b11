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
from headstart.search.propose import unproven
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.context import ProposalContext, Scope
from headstart.search.propose.unproven import standing
from headstart.search.run.state import RunState

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


class Base:
    """Knows two learners; any gain is 1, and 2 of what is like a tree."""

    learners = frozenset({"tree", "net"})
    takes_turns = False

    def value_of_unproven(self, known, losses, like, seconds, with_added):
        return (2.0 if like == {"tree"} else 1.0) / seconds


def context(*learners, number=0, trials=(), losses=None, fits=lambda c: True):
    known = {"tree": New("tree", family="trees"), "net": New("net", family="nets")}
    both = known | {each.name: each for each in learners}
    scope = Scope(
        task=TASK,
        learners=both,
        state=RunState([(0, 0)], 1, {(0, 0): 0.0}, list(trials)),
        transforms=AvailableTransforms(TASK),
        seconds=lambda c: both[c.learner].cost(TASK, c.parameters, 500),
        precedents=Base(),
    )
    return ProposalContext(
        scope=scope,
        number=number,
        usable_trials=list(trials),
        losses=losses or {},
        excluded=frozenset(),
        fits=fits,
        transforms=scope.transforms,
    )


def suggested(*learners, **options):
    return unproven.suggest(context(*learners, **options)).configuration


def test_the_cheaper_one_comes_first_and_one_with_relatives_before_one_without():
    both = New("expensive", 3.0), New("cheap", 1.0)
    assert suggested(*both).learner == "cheap"
    alone = New("alone")
    assert suggested(alone, New("birch", 1.5, family="trees")).learner == "birch"


def test_its_own_precedents_follow_its_default():
    new = New("new")
    default, precedent = (complete(new, TASK, {"a": v}) for v in (0.5, 0.9))
    assert suggested(new, fits=lambda c: c != default) == precedent
    assert unproven.suggest(context(new, fits=lambda c: False)) is None


def test_an_unproven_learner_that_did_badly_is_worth_less():
    trials = [
        Trial(0, Configuration("tree")),
        Trial(1, Configuration("net")),
        Trial(2, Configuration("bad")),
    ]
    losses = {0: 1.0, 1: 2.0, 2: 5.0}
    assert standing("bad", trials, losses) == pytest.approx(0.0183, abs=1e-4)
    both = New("bad"), New("fresh", 5.0)
    assert suggested(*both, trials=trials, losses=losses).learner == "fresh"
    losses[2] = 0.5
    assert suggested(*both, trials=trials, losses=losses).learner == "bad"


def test_every_third_trial_is_an_unproven_default_until_each_has_had_one():
    both = New("expensive", 3.0), New("cheap", 1.0)

    def due(number, *configurations):
        trials = [Trial(n, c) for n, c in enumerate(configurations)]
        proposal = unproven.propose(context(*both, number=number, trials=trials))
        return None if proposal is None else proposal.configuration

    assert due(0) is None
    cheap = due(2)
    assert cheap.learner == "cheap"
    expensive = due(5, cheap)
    assert expensive.learner == "expensive"
    assert due(8, cheap, expensive) is None


def test_one_that_is_not_for_so_many_rows_is_left_out():
    few = context(New("few", max_rows=100), number=2)
    assert unproven.suggest(few) is None
    assert unproven.propose(few) is None


def test_a_base_that_takes_turns_leaves_them_to_the_default_order(monkeypatch):
    monkeypatch.setattr(Base, "takes_turns", True)
    assert unproven.suggest(context(New("new"))) is None
    assert unproven.propose(context(New("new"), number=2)) is None
