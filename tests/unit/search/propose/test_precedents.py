from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from headstart.base import (
    Choice,
    FoldOutcome,
    FoldStatus,
    Origin,
    SearchSpace,
    Step,
    TaskKind,
    Trial,
    TrialStatus,
    complete,
)
from headstart.learners.linear import Ridge
from headstart.meta.evaluate.description import describe_dataset
from headstart.meta.records import CellStatus, DatasetRecord, EvaluationRecord
from headstart.meta.store import KnowledgeBase
from headstart.plugins import load_plugins
from headstart.search.loop.counted import CountedSchedule
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.context import Scope
from headstart.search.propose.precedents import PrecedentProposer, find_precedents
from headstart.search.propose.proposer import Proposer
from headstart.search.propose.quarantine import find_unproven
from headstart.search.run.problem import read_problem
from headstart.search.run.settings import FitSettings
from headstart.search.run.state import RunState

LEARNERS = {n: load_plugins().learner(n) for n in ("ridge", "elastic_net", "svm")}
UNITS = [(0, 0), (0, 1)]
TURNS = [Origin.PRECEDENT, Origin.DEFAULT_ORDER]


def table(seed, n=80):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3))
    y = X @ [1.0, 2.0, 0.0] + random.normal(size=n)
    return pl.DataFrame(X, schema=["a", "b", "c"]), y


def problem():
    X, y = table(99)
    settings = FitSettings(
        time_limit=None,
        max_trials=4,
        metric=None,
        validation="auto",
        learners=None,
        columns=None,
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
        settings, X, y, classification=False, sample_weight=None, groups=None
    )


def configurations():
    task = problem().task
    completed = [complete(LEARNERS["ridge"], task, {"n_knots": k}) for k in range(6)]
    completed += [complete(LEARNERS["svm"], task, {"C": 1.0 + k}) for k in range(3)]
    return completed


@pytest.fixture
def base(tmp_path, monkeypatch):
    """Twelve tables on which the fourth configuration is the best by far."""
    path = tmp_path / "base.db"
    records = []
    for number in range(12):
        X, y = table(number)
        uid = f"{number:064x}"
        records.append(
            DatasetRecord(
                uid,
                f"table {number}",
                f"f{number}",
                "local",
                TaskKind.REGRESSION,
                80,
                3,
                0,
            )
        )
        records.append(describe_dataset(uid, X, pl.Series(y), TaskKind.REGRESSION))
        for place, configuration in enumerate(configurations()):
            loss = 0.1 if place == 3 else 1.0 + 0.1 * ((place * 7 + number) % 5)
            records.append(
                EvaluationRecord(
                    uid,
                    configuration,
                    ("rmse",),
                    np.full((3, 1), loss, np.float32),
                    0.1,
                    0.01,
                    CellStatus.OK,
                    n_rows=80,
                )
            )
    with KnowledgeBase.open(path) as opened:
        opened.add(records)
    monkeypatch.setenv("HEADSTART_META_DB", str(path))
    monkeypatch.setattr("headstart.meta.shipped.shipped_base", lambda: None)
    return path


def asked(learners=LEARNERS):
    return find_precedents(problem(), learners, seed=0, learns_seconds=False)


def proposer(precedents, learners=LEARNERS, trials=(), unproven=()):
    task = problem().task

    def seconds(configuration):
        learner = learners[configuration.learner]
        return learner.cost(task, configuration.parameters, task.n_rows)

    state = RunState(UNITS, 2, dict.fromkeys(UNITS, 3.0), list(trials))
    scope = Scope(
        task=task,
        learners=learners,
        state=state,
        transforms=AvailableTransforms(task),
        seconds=seconds,
        precedents=precedents,
        unproven=unproven,
    )
    return Proposer(scope), state


def finished(number, configuration, loss):
    return Trial(
        number,
        configuration,
        Origin.PRECEDENT,
        status=TrialStatus.DONE,
        outcomes=dict.fromkeys(UNITS, FoldOutcome(FoldStatus.OK, fit_seconds=0.1)),
        fold_losses=dict.fromkeys(UNITS, loss),
    )


def test_what_did_well_on_known_tables_comes_first(base):
    precedents, _ = asked()
    propose, _ = proposer(precedents)

    first = propose(0, [], lambda _: True)

    assert first.configuration == configurations()[3]
    assert first.origin is Origin.PRECEDENT
    assert first.precedents[0].dataset.startswith("table")
    assert first.precedents[0].rank == 1
    assert first.precedents[0].n_ranked == len(configurations())


def test_the_bases_that_were_read_are_named(base, monkeypatch):
    assert asked()[0].bases == ("own",)

    for module in ("headstart.meta.shipped", "headstart.search.propose.precedents"):
        monkeypatch.setattr(f"{module}.shipped_base", lambda: base)
    monkeypatch.setenv("HEADSTART_META_DB", str(base.with_name("none.db")))

    assert asked()[0].bases == ("shipped",)


def test_nothing_is_proposed_twice_nor_what_does_not_fit(base):
    precedents, _ = asked()
    best = configurations()[3]
    propose, _ = proposer(precedents, trials=[finished(0, best, 1.0)])

    proposal = propose(1, [], lambda c: c.learner == "svm")

    assert proposal.configuration.learner == "svm"


def test_a_parameter_that_can_have_one_value_only_has_it(base):
    class Straight(Ridge):
        def search_space(self, task):
            return SearchSpace({"n_knots": Choice(2)}, {"n_knots": 2})

    precedents, _ = asked({**LEARNERS, "ridge": Straight()})

    ridges = {c.key for c in precedents.configurations if c.learner == "ridge"}
    assert ridges == {complete(Straight(), problem().task, {}).key}
    others = [c for c in precedents.configurations if c.learner == "svm"]
    assert {c.key for c in others} < {c.key for c in configurations()}


def test_results_of_what_a_run_makes_of_a_configuration_are_its_results(base):
    precedents, _ = asked()
    best = configurations()[3]

    def with_added(configuration):
        return replace(configuration, transforms=(Step("words"),))

    tried = [finished(0, with_added(best), 1.0)]

    suggestion = precedents.suggest(tried, {0: 1.0}, lambda _: True, with_added)
    without = precedents.suggest(tried, {0: 1.0}, lambda _: True)

    assert suggestion.configuration != best
    assert without.configuration == best


def test_a_learner_that_only_fails_is_not_proposed_again(base):
    precedents, _ = asked()
    failed = [
        Trial(n, c, Origin.PRECEDENT, status=TrialStatus.FAILED)
        for n, c in enumerate(configurations()[:2])
    ]
    propose, _ = proposer(precedents, trials=failed)

    proposal = propose(2, failed, lambda _: True)

    assert proposal.configuration.learner != "ridge"


def test_a_learner_the_base_does_not_know_is_tried_early(base):
    precedents, _ = asked()
    propose, state = proposer(precedents)
    proposals = []
    for number in range(4):
        proposals.append(propose(number, list(state.trials), lambda _: True))
        trial = finished(number, proposals[-1].configuration, 1.0 + number)
        state.trials.append(replace(trial, origin=proposals[-1].origin))

    unproven = [f for f in proposals if f.origin is Origin.UNPROVEN]
    assert [f.configuration.learner for f in unproven] == ["elastic_net"]


def test_base_and_default_order_take_turns_at_first_then_comes_the_sampler(base):
    precedents, _ = asked()
    propose, state = proposer(precedents)
    for number in range(32):
        proposal = propose(number, list(state.trials), lambda _: True)
        state.trials.append(finished(number, proposal.configuration, 1.0 + number % 3))
        state.trials[-1].origin = proposal.origin

    origins = [t.origin for t in state.trials]
    turns = [origin for origin in origins if origin in TURNS]

    assert turns[:10] == TURNS * 5
    assert origins[25::2] == [Origin.SAMPLER] * 4


def test_configurations_of_another_space_version_are_not_used(base):
    class Newer(type(LEARNERS["ridge"])):
        space_version = 2

    precedents, _ = asked({"ridge": Newer(), "svm": LEARNERS["svm"]})

    assert {c.learner for c in precedents.configurations} == {"svm"}


def test_without_a_base_the_default_order_comes_first(monkeypatch):
    monkeypatch.setattr("headstart.meta.shipped.shipped_base", lambda: None)
    precedents, notes = asked()
    propose, _ = proposer(precedents)

    assert precedents is None
    assert notes == []
    assert propose(0, [], lambda _: True).origin is Origin.DEFAULT_ORDER


def test_a_spoilt_base_is_told_and_the_search_goes_on(base):
    base.write_bytes(b"no base at all" * 1_000)

    precedents, notes = asked()

    assert precedents is None
    assert "default order" in notes[0]
    assert str(base) in notes[0]


def test_a_base_of_few_datasets_takes_turns_with_the_default_order(base, tmp_path):
    precedents, _ = asked()
    small = replace(precedents, n_datasets=3)
    propose, state = proposer(small)
    origins = []
    for number in range(6):
        proposal = propose(number, list(state.trials), lambda _: True)
        state.trials.append(finished(number, proposal.configuration, 1.0 + number))
        origins.append(proposal.origin)

    assert origins == TURNS * 3
    assert len({t.configuration for t in state.trials}) == 6


class Failing(type(LEARNERS["ridge"])):
    name = "failing"


def counted(learners):
    """Run a counted search in which all but `Failing` succeed; return what it tried."""
    precedents, _ = asked(learners)
    unproven = find_unproven(learners, precedents.learners)
    propose, state = proposer(precedents, learners, unproven=unproven)
    schedule = CountedSchedule(state, propose, 14, unproven)
    while (chosen := schedule.next()) is not None:
        trial, unit = chosen
        if trial.configuration.learner == "failing":
            trial.status = TrialStatus.FAILED
            trial.outcomes[unit] = FoldOutcome(FoldStatus.ERROR)
        else:
            trial.outcomes[unit] = FoldOutcome(FoldStatus.OK, fit_seconds=0.1)
            trial.fold_losses[unit] = 1.0 + int(trial.configuration.key[:4], 16) / 1e5
        schedule.settle()
    return state.trials


def test_unproven_learners_that_fail_leave_no_trace_in_a_counted_run(base):
    known = {name: LEARNERS[name] for name in ("ridge", "svm")}

    without = counted(known)
    trials = counted({**known, "failing": Failing()})

    tried = [t.configuration for t in trials if t.status is not TrialStatus.FAILED]
    assert tried == [t.configuration for t in without]
    assert len(tried) == 14
    assert sum(t.configuration.learner == "failing" for t in trials) == 2


def test_a_whole_trial_has_the_mean_loss_of_its_folds():
    state = RunState(UNITS, 2, {(0, 0): 2.0, (0, 1): 4.0})
    whole = finished(0, configurations()[0], 1.5)
    raced_out = replace(whole, number=1, fold_losses={(0, 1): 3.0})

    means = state.mean_losses(state.comparable_losses([whole, raced_out]))

    # One less than the constant prediction, whose mean loss is 3.
    assert means == pytest.approx({0: 1.5, 1: 2.0})


def test_the_base_is_asked_with_losses_of_the_kind_that_it_holds(base):
    precedents, _ = asked()
    losses = []

    class Listening(PrecedentProposer):
        def suggest(self, known, run_losses, *others):
            losses.append(run_losses)
            return super().suggest(known, run_losses, *others)

    listening = Listening(
        precedents.adviser,
        precedents.configurations,
        precedents.n_datasets,
        precedents.learns_seconds,
    )
    trials = [finished(n, c, 1.25 + n) for n, c in enumerate(configurations()[2:4])]
    trials[0].origin = Origin.DEFAULT_ORDER
    propose, _ = proposer(listening, trials=trials)

    propose(3, trials, lambda _: True)

    assert losses == [{0: 1.25, 1: 2.25}]
