"""Steps that helped beyond noise are added to all later proposals."""

import pytest

from headstart.base import (
    Configuration,
    Integer,
    Learner,
    Origin,
    SearchSpace,
    TableColumn,
    TableColumns,
    Task,
    TaskKind,
    Transform,
    Trial,
    TrialStatus,
    complete_step,
    known_configurations,
)
from headstart.search.propose.added import added_steps
from headstart.search.propose.available import find_available
from headstart.search.propose.context import Scope
from headstart.search.propose.proposer import Proposer
from headstart.search.run.state import RunState

TASK = Task(TaskKind.BINARY, 100, 3, 1, 2, "roc_auc")
TABLE = TableColumns(
    (
        TableColumn("a", "numeric", "a", "numeric"),
        TableColumn("note", "text", "note", "text"),
    )
)
UNITS = [(0, fold) for fold in range(4)]
SURE, NOISY = (0.2, 0.21, 0.19, 0.2), (0.2, -0.1, 0.1, -0.15)


class Words(Transform):
    name = "words"

    def columns(self, table, task):
        return table.text

    def search_space(self, task):
        return SearchSpace({"n": Integer(1, 9)}, default={"n": 3})


class Other(Transform):
    name = "other"


class Linear(Learner):
    name = "linear"

    def search_space(self, task):
        return SearchSpace({"k": Integer(1, 9)}, default={"k": 3})

    def precedents(self, task):
        return ({"k": 4}, {"k": 5})


class Trees(Linear):
    name = "trees"


LEARNERS = {"linear": Linear(), "trees": Trees()}
TRANSFORMS = {"words": Words(), "other": Other()}
AVAILABLE, _ = find_available(TASK, TABLE, TRANSFORMS)


def proposer(state, transforms, **limits):
    def seconds(configuration):
        return 1.0

    return Proposer(
        Scope(
            task=TASK,
            learners=LEARNERS,
            state=state,
            transforms=transforms,
            seconds=seconds,
            **limits,
        )
    )


def step(name, **parameters):
    return complete_step(AVAILABLE.transforms[name], TASK, parameters)


def trial(number, gains=(), *steps, learner="linear", k=3, origin=Origin.DEFAULT_ORDER):
    configuration = Configuration(learner, {"k": k}, transforms=tuple(steps))
    losses = [0.5 - gain for gain in gains or (0.0,) * len(UNITS)]
    return Trial(
        number,
        configuration,
        origin,
        status=TrialStatus.DONE,
        fold_losses=dict(zip(UNITS, losses, strict=False)),
    )


def losses(trials):
    return {t.number: sum(t.fold_losses.values()) / len(t.fold_losses) for t in trials}


@pytest.mark.parametrize(
    ("gains", "name", "is_added"),
    [
        (SURE, "words", True),
        (NOISY, "words", False),
        (tuple(-g for g in SURE), "words", False),
        (SURE[:2], "words", False),
        (SURE, "other", False),
    ],
)
def test_what_reads_text_and_helps_beyond_noise_is_added(gains, name, is_added):
    trials = [trial(0), trial(1, gains, step(name))]
    added = added_steps(AVAILABLE, trials, losses(trials))
    assert added == ((step(name),) if is_added else ())


def test_its_form_is_that_of_the_best_trial():
    trials = [
        trial(0),
        trial(1, SURE, step("words")),
        trial(2, [0.3] * 4, step("words", n=7)),
        trial(3, [0.4] * 4, step("words", n=9), origin=Origin.BASELINE),
    ]
    assert added_steps(AVAILABLE, trials, losses(trials)) == (step("words", n=7),)


def test_what_is_not_available_is_not_added():
    trials = [trial(0), trial(1, SURE, step("words"))]
    assert added_steps(AVAILABLE.without({"words"}), trials, losses(trials)) == ()


def test_from_then_on_the_built_in_order_has_it_those_tried_without_it_too():
    trials = [trial(0), trial(1, SURE, step("words")), trial(2, learner="trees")]
    state = RunState(UNITS, 4, dict.fromkeys(UNITS, 3.0), trials)
    propose = proposer(state, AVAILABLE)
    expected = {
        c.key
        for learner in LEARNERS.values()
        for c in known_configurations(TASK, learner)
    } - {trials[0].configuration.key}

    plain = set()
    while True:
        proposal = propose(len(state.trials), trials, lambda _: True)
        if proposal.origin is Origin.SAMPLER:
            break
        state.add(proposal.configuration, proposal.origin, proposal.precedents)
        if proposal.origin is Origin.DEFAULT_ORDER:
            assert [s.name for s in proposal.configuration.transforms] == ["words"]
            plain.add(
                Configuration(
                    proposal.configuration.learner, proposal.configuration.parameters
                ).key
            )

    assert plain == expected


def test_what_has_a_step_that_is_no_longer_available_stays_as_it_is():
    known = Configuration("linear", {"k": 4}, transforms=(step("other"),))
    remaining = AVAILABLE.without({"other"})
    assert remaining.with_steps([step("words")], known) == known
    assert len(AVAILABLE.with_steps([step("words")], known).transforms) == 2


def test_pairs_that_say_the_same_of_the_same_folds_are_no_further_evidence():
    gains = (0.2, -0.05, 0.25, -0.1)
    trials = [
        each
        for k in range(6)
        for each in (
            trial(2 * k, k=k),
            trial(2 * k + 1, gains, step("words"), k=k),
        )
    ]
    assert added_steps(AVAILABLE, trials[:2], losses(trials)) == ()
    assert added_steps(AVAILABLE, trials, losses(trials)) == ()


def named_proposals(max_trials, *, is_timed, names=("words", "other")):
    """Return what trials try where none finishes before all are proposed."""
    available, _ = find_available(TASK, TABLE, TRANSFORMS, named=names)
    state = RunState(UNITS, 4, dict.fromkeys(UNITS, 3.0))
    propose = proposer(state, available, is_timed=is_timed, max_trials=max_trials)
    for number in range(max_trials):
        proposal = propose(number, list(state.trials), lambda _: True)
        state.add(proposal.configuration, proposal.origin)
    return [
        {step.name for step in each.configuration.transforms} for each in state.trials
    ]


@pytest.mark.parametrize("is_timed", [True, False])
@pytest.mark.parametrize("max_trials", [1, 2, 3, 5])
def test_what_the_user_names_is_tried_before_the_trials_are_used_up(
    max_trials, is_timed
):
    steps = named_proposals(max_trials, is_timed=is_timed)
    assert set.union(*steps) == {"words", "other"}


def test_the_first_trial_is_plain_where_there_are_enough():
    assert named_proposals(3, is_timed=True)[0] == set()


def test_what_the_user_does_not_name_may_stay_out():
    assert named_proposals(1, is_timed=True, names=()) == [set()]
