import pytest

from headstart.base import (
    Configuration,
    FoldOutcome,
    FoldStatus,
    Learner,
    Origin,
    Task,
    TaskKind,
    TrialStatus,
)
from headstart.search.loop.cost import CostModel
from headstart.search.loop.counted import CountedSchedule
from headstart.search.loop.timed import TimedSchedule
from headstart.search.propose.context import Proposal
from headstart.search.run.clock import Clock
from headstart.search.run.state import RunState

N_FOLDS = 4
UNITS = [(0, fold) for fold in range(N_FOLDS)]
TASK = Task(TaskKind.BINARY, 100, 3, 0, 2, "roc_auc")


class Toy(Learner):
    name = "toy"

    def cost(self, task, parameters, n_rows):
        return float(parameters.get("seconds", 1.0))


def quality(number):
    """Loss of a trial: number 0 is good, 3 hopeless, others in between."""
    return {0: 0.30, 3: 0.95}.get(number, 0.32 + 0.001 * number)


def propose(number, usable_trials, fits):
    configuration = Configuration("toy", {"number": number, "seconds": 1.0})
    if not fits(configuration):
        return None
    return Proposal(configuration, Origin.DEFAULT_ORDER)


def state():
    return RunState(UNITS, N_FOLDS, dict.fromkeys(UNITS, 1.0))


def finish(run, trial, unit, *, failed=False):
    run.running[trial.number].discard(unit)
    if failed:
        trial.outcomes[unit] = FoldOutcome(FoldStatus.ERROR)
        trial.status = TrialStatus.FAILED
    else:
        trial.outcomes[unit] = FoldOutcome(FoldStatus.OK, total_seconds=1.0)
        trial.fold_losses[unit] = quality(trial.number)


def drive(schedule, run, *, slots, order, failing=()):
    """Run the schedule with results arriving in an order of our choice."""
    under_way = []
    started = []
    for turn in range(1000):
        while len(under_way) < slots:
            fit = schedule.next()
            if fit is None:
                break
            trial, unit = fit
            run.running.setdefault(trial.number, set()).add(unit)
            under_way.append(fit)
            started.append((trial.number, unit))
        if not under_way:
            break
        trial, unit = under_way.pop(order(turn, len(under_way)))
        finish(run, trial, unit, failed=trial.number in failing)
        schedule.settle()
    else:
        pytest.fail("the schedule never ends")
    return started


def counted(slots, order, failing=()):
    run = state()
    drive(
        CountedSchedule(run, propose, 10),
        run,
        slots=slots,
        order=order,
        failing=failing,
    )
    return {
        trial.number: (trial.status, sorted(trial.fold_losses))
        for trial in run.trials
        if trial.status is not TrialStatus.FAILED
    }


@pytest.mark.parametrize("slots", [1, 2, 3, 7])
def test_counted_work_does_not_depend_on_timing(slots):
    expected = counted(1, lambda turn, n: 0)
    assert counted(slots, lambda turn, n: 0) == expected
    assert counted(slots, lambda turn, n: n - 1) == expected
    assert counted(slots, lambda turn, n: turn % n) == expected


def test_counted_work_runs_every_fold_but_for_the_hopeless():
    trials = counted(2, lambda turn, n: 0)
    assert trials[0] == (TrialStatus.DONE, UNITS)
    assert trials[3] == (TrialStatus.PARTIAL, UNITS[:2])
    assert len(trials) == 10


def test_failed_trials_do_not_count():
    trials = counted(2, lambda turn, n: 0, failing={1, 2})
    assert len(trials) == 10


def timed(seconds, n_slots=1):
    run = state()
    cost = CostModel(TASK, {"toy": Toy()}, 100, learns=True)
    clock = Clock(seconds)
    return TimedSchedule(run, propose, clock, cost, n_slots), run


def test_first_folds_of_several_come_before_last_folds_of_one():
    schedule, run = timed(1000.0)
    started = []
    for _ in range(6):
        trial, unit = schedule.next()
        run.running.setdefault(trial.number, set()).add(unit)
        finish(run, trial, unit)
        schedule.settle()
        started.append((trial.number, unit))
    assert [number for number, unit in started if unit == (0, 0)][:3] == [0, 1, 2]
    assert len([unit for number, unit in started if number == 0]) > 1


def test_the_best_is_completed_when_time_is_short():
    schedule, run = timed(4.6)
    started = []
    for _ in range(4):
        trial, unit = schedule.next()
        run.running.setdefault(trial.number, set()).add(unit)
        finish(run, trial, unit)
        schedule.clock.started -= 1.0  # each fold fit takes its second
        schedule.settle()
        started.append((trial.number, unit))
    assert started == [(0, unit) for unit in UNITS]


def test_nothing_is_started_that_does_not_fit():
    schedule, run = timed(0.9)
    assert schedule.next() is None
    assert run.trials == []


def test_a_hopeless_trial_is_closed_after_its_first_fold():
    schedule, run = timed(1000.0)
    drive_until = 40
    for _ in range(drive_until):
        trial, unit = schedule.next()
        run.running.setdefault(trial.number, set()).add(unit)
        finish(run, trial, unit)
        schedule.settle()
    assert run.trials[3].status is TrialStatus.PARTIAL
    assert list(run.trials[3].fold_losses) == [(0, 0)]


@pytest.mark.parametrize(("seconds", "thinking"), [(0.0, 0.0), (5.0, 10.0)])
def test_nothing_is_proposed_that_would_be_thought_of_too_late(seconds, thinking):
    schedule, _run = timed(seconds)
    schedule._proposal_seconds = thinking
    schedule.propose = lambda *_: pytest.fail("a proposal was asked for")
    assert schedule.next() is None


@pytest.mark.parametrize("slots", [1, 3])
def test_failures_end_a_counted_search(slots):
    run = state()
    schedule = CountedSchedule(run, propose, 10)
    only_the_first = range(1, 10_000)
    drive(schedule, run, slots=slots, order=lambda turn, n: 0, failing=only_the_first)
    assert len(run.trials) < 50
    assert schedule.has_given_up


def test_failures_end_a_timed_search_with_a_number_of_trials():
    schedule, run = timed(1_000.0)
    schedule.max_trials = 10
    only_the_first = range(1, 10_000)
    drive(schedule, run, slots=1, order=lambda turn, n: 0, failing=only_the_first)
    assert len(run.trials) < 50
    assert schedule.has_given_up


def test_a_search_that_seldom_fails_does_not_give_up():
    run = state()
    schedule = CountedSchedule(run, propose, 10)
    drive(schedule, run, slots=1, order=lambda turn, n: 0, failing=range(1, 16))
    assert len([t for t in run.trials if t.status is not TrialStatus.FAILED]) == 10
    assert not schedule.has_given_up
