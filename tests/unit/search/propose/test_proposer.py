"""A new source of proposals is one function, and one line in the order of sources."""

from headstart.base import Configuration, Learner, Origin, Task, TaskKind
from headstart.search.propose import proposer
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.context import Proposal, Scope
from headstart.search.propose.proposer import Proposer
from headstart.search.run.state import RunState

TASK = Task(TaskKind.BINARY, 1000, 5, 0, 2, "roc_auc")


class Plain(Learner):
    name = "plain"


def scope():
    return Scope(
        task=TASK,
        learners={"plain": Plain()},
        state=RunState([(0, 0)], 1, {(0, 0): 1.0}),
        transforms=AvailableTransforms(TASK),
        seconds=lambda _: 1.0,
    )


def every_third(context):
    """Propose something at every third trial: a source of the user's own."""
    configuration = Configuration("plain", {"number": context.number})
    if context.number % 3 or not context.fits(configuration):
        return None
    return Proposal(configuration, Origin.SAMPLER)


def test_a_source_is_added_by_one_line(monkeypatch):
    monkeypatch.setattr(proposer, "SOURCES", (every_third, *proposer.SOURCES))
    propose = Proposer(scope())

    first, second, fourth = (propose(n, [], lambda _: True) for n in (0, 1, 3))

    assert first.configuration.parameters == {"number": 0}
    assert (second.origin, second.configuration.parameters) == (
        Origin.DEFAULT_ORDER,
        {},
    )
    assert fourth.configuration.parameters == {"number": 3}


def test_a_source_without_a_proposal_leaves_the_trial_to_the_next(monkeypatch):
    monkeypatch.setattr(proposer, "SOURCES", (every_third, *proposer.SOURCES))

    proposal = Proposer(scope())(0, [], lambda c: "number" not in c.parameters)

    assert proposal.origin is Origin.DEFAULT_ORDER


def test_without_any_proposal_there_is_none():
    assert Proposer(scope())(0, [], lambda _: False) is None
