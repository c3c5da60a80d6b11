"""Transforms in the search: those available, the incumbent with one, the sampler."""

import pytest

from headstart.base import (
    Choice,
    Condition,
    Configuration,
    Integer,
    Learner,
    Origin,
    SearchSpace,
    Step,
    TableColumn,
    TableColumns,
    Task,
    TaskKind,
    Transform,
    Trial,
    TrialStatus,
    complete,
)
from headstart.base.trial import FoldOutcome, FoldStatus
from headstart.search.loop.cost import CostModel
from headstart.search.propose import transforms
from headstart.search.propose.available import AvailableTransforms, find_available
from headstart.search.propose.context import ProposalContext, Scope
from headstart.search.propose.joint_space import flattened, joint_space, unflattened
from headstart.search.propose.quarantine import (
    failing,
    failures_of_unproven,
    transforms_in,
)
from headstart.search.propose.sampler import sample_configuration
from headstart.search.run.state import RunState

TASK = Task(TaskKind.BINARY, 100, 3, 1, 2, "roc_auc")
TABLE = TableColumns(
    (
        TableColumn("a", "numeric", "a", "numeric"),
        TableColumn("note", "text", "note", "text"),
    )
)


class Plain(Learner):
    name = "plain"

    def search_space(self, task):
        return SearchSpace({"k": Integer(1, 9)}, default={"k": 3})


class Twice(Transform):
    name = "twice"
    order = 70

    def search_space(self, task):
        return SearchSpace(
            {"kind": Choice("a", "b"), "n": Integer(1, 5)},
            default={"kind": "a", "n": 2},
            conditions={"n": Condition("kind", ("a",))},
        )

    def precedents(self, task):
        return ({"kind": "b"},)

    def cost(self, task, parameters, n_rows):
        return 5.0

    def n_outputs(self, parameters, n_columns):
        return 1_000


class Cheap(Transform):
    name = "cheap"

    def cost(self, task, parameters, n_rows):
        return 1.0


def available(*transforms, named=()):
    usable, _ = find_available(
        TASK, TABLE, {t.name: t for t in transforms}, named=named
    )
    return usable


def propose(
    usable, known, losses, number, *, fits=None, seconds=lambda _: 1.0, is_timed=False
):
    """Return what the transforms propose for a trial."""
    state = RunState([(0, 0)], 1, {(0, 0): 1.0}, known)
    scope = Scope(
        task=TASK,
        learners={},
        state=state,
        transforms=usable,
        seconds=seconds,
        is_timed=is_timed,
    )
    return transforms.propose(
        ProposalContext(
            scope=scope,
            number=number,
            usable_trials=known,
            losses=losses,
            excluded=frozenset(),
            fits=fits or anything,
            transforms=usable,
        )
    )


def trials(*configurations):
    return [Trial(n, c) for n, c in enumerate(configurations)]


def anything(configuration):
    return True


def plain(k, *steps):
    return Configuration("plain", {"k": k}, transforms=tuple(steps))


def test_only_what_applies_to_the_table_is_available_the_cheapest_first():
    class OfLevels(Cheap):
        name = "of_levels"

        def columns(self, table, task):
            return table.categorical

    class ForFewRows(Cheap):
        name = "for_few_rows"
        max_rows = 10

    usable = available(Twice(), OfLevels(), ForFewRows(), Cheap())

    assert list(usable.transforms) == ["cheap", "twice"]
    assert usable.widths == {"cheap": 1, "twice": 1}
    assert not usable.reads_text


def test_a_transform_of_raw_text_is_tried_at_once():
    class OfText(Cheap):
        name = "of_text"

        def columns(self, table, task):
            return table.text

    usable = available(OfText(), Cheap())

    assert usable.reads_text
    assert usable.at_once == {"of_text"}


def test_one_that_does_not_say_what_to_try_is_left_out_and_told():
    class Broken(Cheap):
        name = "broken"

        def columns(self, table, task):
            return ["nowhere"]

    usable, problems = find_available(TASK, TABLE, {"broken": Broken()})

    assert not usable.transforms
    assert "columns() names 'nowhere'" in problems["broken"]


def test_the_best_of_three_results_is_tried_with_each_transform_in_order_of_cost():
    usable = available(Twice(), Cheap())
    known = trials(plain(1), plain(2), plain(3))
    losses = {0: 0.3, 1: 0.1, 2: 0.2}

    first = propose(usable, known, losses, 4)
    known += trials(*known, first.configuration)[-1:]
    second = propose(usable, known, losses, 4)

    assert first.configuration == plain(2, Step("cheap"))
    assert second.configuration.parameters == {"k": 2}
    assert [s.name for s in second.configuration.transforms] == ["twice"]
    assert propose(usable, known, losses, 5) is None  # others' turn
    assert propose(usable, known, {0: 0.3}, 4) is None
    assert propose(usable, known, losses, 4, fits=lambda c: False) is None


def test_a_named_one_is_tried_with_the_first_configuration_before_any_result():
    usable = available(Twice(), named=["twice"])
    known = trials(plain(1))

    assert propose(usable, known, {}, 1, is_timed=True) is None
    proposal = propose(usable, known, {}, 1)

    assert proposal.configuration.label == "plain + twice"
    assert proposal.origin is Origin.TRANSFORM
    known.append(Trial(1, proposal.configuration, Origin.TRANSFORM))
    assert propose(usable, known, {}, 2) is None


def test_precedents_of_a_transform_are_tried_where_it_is_part_of_the_best():
    twice = Twice()
    step = Step("twice", {"kind": "a", "n": 2})
    known = trials(plain(1), plain(2), plain(1, step))

    proposal = propose(available(twice), known, {0: 3.0, 1: 2.0, 2: 1.0}, 4)

    assert proposal.configuration == plain(1, Step("twice", {"kind": "b"}))


def test_steps_are_in_the_order_in_which_they_run():
    usable = available(Twice(), Cheap())

    after = usable.added(plain(1, Step("twice")), Step("cheap"))

    assert [step.name for step in after.transforms] == ["cheap", "twice"]


def test_a_point_of_the_joint_space_is_a_configuration_and_back():
    usable = available(Twice(), Cheap())
    configuration = plain(4, Step("cheap"), Step("twice", {"kind": "b"}))

    flat = flattened(configuration, usable)
    space = joint_space(Plain(), usable)

    assert all(value in space.distributions[name] for name, value in flat.items())
    assert unflattened(Plain(), TASK, flat, usable) == configuration
    off = flattened(plain(4), usable)
    assert unflattened(Plain(), TASK, off, usable) == plain(4)
    assert joint_space(Plain(), available()) == Plain().search_space(TASK)


def test_the_sampler_switches_transforms_on_and_off():
    learners, usable = {"plain": Plain()}, available(Twice())
    labels = [
        sample_configuration(
            TASK, learners, [], {}, number=n, seed=0, transforms=usable
        ).label
        for n in range(12)
    ]
    none = [
        sample_configuration(TASK, learners, [], {}, number=n, seed=0) for n in range(4)
    ]

    assert set(labels) == {"plain", "plain + twice"}
    assert not any(c.transforms for c in none)


def test_a_chain_costs_its_own_seconds_and_the_columns_it_makes():
    usable = available(Twice())
    cost = CostModel(TASK, {"plain": Plain()}, 80, learns=False, transforms=usable)
    base = cost.hint(plain(3))

    chained = cost.hint(usable.added(plain(3), complete_step()))

    wide = Task(TaskKind.BINARY, 100, 1_003, 1, 2, "roc_auc")
    assert chained == pytest.approx(5.0 + Plain().cost(wide, {}, 80))
    assert base == Plain().cost(TASK, {}, 80)


def complete_step():
    return Step("twice", {"kind": "a", "n": 2})


def failed(number, configuration, culprit=""):
    trial = Trial(number, configuration, status=TrialStatus.FAILED)
    trial.outcomes[0, 0] = FoldOutcome(FoldStatus.ERROR, culprit=culprit)
    return trial


def test_a_transform_that_only_fails_is_excluded_and_its_learner_is_not():
    chained = plain(1, Step("twice"))
    known = [failed(0, chained, "twice"), failed(1, chained, "twice")]

    assert transforms_in(failing(known)) == {"twice"}
    assert "plain" not in failing(known)
    assert failures_of_unproven(known, {"transform twice"}) == known
    assert failures_of_unproven(known, {"plain"}) == []
    kept = available(Twice(), Cheap()).without(transforms_in(failing(known)))
    assert list(kept.transforms) == ["cheap"]


def test_a_configuration_of_another_version_of_a_transform_is_not_known():
    usable = available(Cheap())

    assert usable.knows(complete(Plain(), TASK, {}))
    assert usable.knows(plain(1, Step("cheap")))
    assert not usable.knows(plain(1, Step("cheap", {}, 2)))
    assert not usable.knows(plain(1, Step("gone")))


def test_without_transforms_none_is_available():
    assert not AvailableTransforms(TASK).transforms


class Doubtful(Cheap):
    name = "doubtful"

    def promise(self, table, task):
        return 0.0


def test_one_without_a_prior_gain_is_available_only_where_it_is_named():
    assert not available(Doubtful()).transforms
    assert list(available(Doubtful(), named=["doubtful"]).transforms) == ["doubtful"]


def results(*pairs):
    known = trials(*(configuration for configuration, _ in pairs))
    for trial, (_, loss) in zip(known, pairs, strict=True):
        trial.fold_losses[0, 0] = loss
    return known, {t.number: t.fold_losses[0, 0] for t in known}


def test_what_promises_more_per_cost_comes_first():
    class Likely(Twice):
        name = "likely"

        def promise(self, table, task):
            return 0.9

    usable = available(Likely(), Cheap())
    known, losses = results((plain(1), 0.3), (plain(2), 0.2), (plain(3), 0.4))

    def first(likely_seconds):
        def seconds(configuration):
            names = [s.name for s in configuration.transforms]
            return likely_seconds if "likely" in names else 1.0

        proposal = propose(usable, known, losses, 4, seconds=seconds)
        return proposal.configuration.transforms[0].name

    assert first(1.0) == "likely"
    assert first(9.0) == "cheap"


def test_one_that_did_not_help_two_learners_is_not_tried_with_a_third():
    others = [Configuration(name, {}) for name in ("first", "second", "third")]
    chained = [
        Configuration(c.learner, {}, transforms=(Step("cheap"),)) for c in others
    ]
    worse = [(others[0], 0.3), (chained[0], 0.4), (others[1], 0.2), (chained[1], 0.3)]
    better = [(others[0], 0.5), (chained[0], 0.4), (others[1], 0.4), (chained[1], 0.3)]

    def proposal(pairs):
        known, losses = results(*pairs, (others[2], 0.1))
        return propose(available(Cheap()), known, losses, 4)

    assert proposal(worse) is None
    assert proposal(better).configuration == chained[2]


def test_what_replaces_columns_leaves_fewer_to_the_learner():
    class Half(Cheap):
        name = "half"
        replaces = True

        def columns(self, table, task):
            return ("a", "note")

        def n_outputs(self, parameters, n_columns):
            return n_columns // 2

    after = available(Half()).task_after([Step("half")])

    assert after.n_numeric == TASK.n_numeric - 1


class Rising(Plain):
    """A learner that is monotone in the column that `Cheap` and `Twice` read."""

    name = "rising"

    def search_space(self, task):
        text = '{"a": 1}'
        return SearchSpace(
            {"k": Integer(1, 9), "monotone": Choice(text)},
            default={"k": 3, "monotone": text},
        )


class Notes(Transform):
    name = "notes"

    def columns(self, table, task):
        return table.text


RISING = complete(Rising(), TASK, {})


def test_no_transform_of_a_monotone_column_is_put_before_its_learner():
    mine = available(Cheap(), Twice(), Notes(), named=("cheap", "notes"))
    proposal = propose(mine, trials(RISING), {0: 0.5}, 1)
    assert [s.name for s in proposal.configuration.transforms] == ["notes"]

    done = trials(RISING, proposal.configuration)
    more = [complete(Rising(), TASK, {"k": k}) for k in (4, 5)]
    done += [Trial(2 + n, c) for n, c in enumerate(more)]
    losses = dict.fromkeys(range(4), 0.5)
    assert propose(mine, done, losses, 4) is None


def test_a_named_transform_waits_for_a_learner_that_it_may_precede():
    mine = available(Cheap(), named=("cheap",))
    plain = complete(Plain(), TASK, {})
    losses = {0: 0.1, 1: 0.5}
    proposal = propose(mine, trials(RISING, plain), losses, 2)
    assert proposal.configuration.learner == "plain"


def test_steps_on_a_monotone_column_are_neither_known_nor_added_nor_sampled():
    mine = available(Cheap(), Notes())
    cheap, notes = (Step(name) for name in ("cheap", "notes"))
    assert mine.knows(mine.added(RISING, notes))
    assert not mine.knows(mine.added(RISING, cheap))
    assert mine.with_steps([cheap, notes], RISING).transforms == (notes,)
    for number in range(10):
        sampled = sample_configuration(
            TASK, {"rising": Rising()}, [], {}, number=number, seed=0, transforms=mine
        )
        assert {s.name for s in sampled.transforms} <= {"notes"}
