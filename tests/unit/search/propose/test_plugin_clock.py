"""Plugins whose hints take long are told, put in quarantine, named while they hang."""

import threading
import time
from dataclasses import dataclass, field

import pytest

from headstart.base import Learner, SearchSpace, Task, TaskKind, Transform
from headstart.base.events import BudgetSpent, Emitter, Notice, RunFinished
from headstart.metrics import Metric, resolve_metric
from headstart.plugins import load_plugins
from headstart.search.propose import quarantine
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.context import Scope
from headstart.search.propose.proposer import Proposer
from headstart.search.propose.quarantine import PluginClock, transform_token
from headstart.search.run.state import RunState

TASK = Task(TaskKind.BINARY, 1000, 5, 0, 2, "roc_auc")


class Own(Learner):
    name = "own"

    def __init__(self, seconds=0.0):
        self.seconds = seconds
        self.n_asked = 0

    def search_space(self, task):
        return SearchSpace({}, default={})

    def cost(self, task, parameters, n_rows):
        self.n_asked += 1
        time.sleep(self.seconds)
        return 1.5


class OwnTransform(Transform):
    name = "own"

    def promise(self, table, task):
        time.sleep(0.02)
        return 1.0


@pytest.fixture
def notices():
    return []


@pytest.fixture
def clock(notices):
    emit = Emitter([lambda event: notices.append(event.message)])
    clock = PluginClock(emit, quarantines=True)
    yield clock
    clock.close()


def timed(clock, learner):
    return clock.timed({learner.name: learner}, "learners")[learner.name]


def test_hints_are_those_of_the_learner_and_their_seconds_are_counted(clock, notices):
    learner = Own(0.01)

    watched = timed(clock, learner)

    assert isinstance(watched, Own)
    assert [watched.cost(TASK, {}, 10) for _ in range(3)] == [1.5] * 3
    assert learner.n_asked == 3
    assert clock.seconds("own") >= 0.03
    assert notices == []
    assert clock.quarantined == set()


def test_a_learner_whose_hints_take_long_is_told_once_and_put_in_quarantine(
    clock, notices, monkeypatch
):
    monkeypatch.setattr(quarantine, "MOST_SECONDS", 0.015)
    learner = timed(clock, Own(0.01))
    for _ in range(4):
        learner.cost(TASK, {}, 10)

    [notice] = notices
    assert "learner 'own' has taken 0.0 s" in notice
    assert "cost()" in notice
    assert clock.quarantined == {"own"}


def test_a_transform_whose_hints_take_long_is_put_in_quarantine(clock, monkeypatch):
    monkeypatch.setattr(quarantine, "MOST_SECONDS", 0.015)
    transform = clock.timed({"own": OwnTransform()}, "transforms")["own"]

    assert transform.promise(None, TASK) == 1.0
    assert clock.quarantined == {transform_token("own")}


def test_a_run_without_a_time_limit_does_not_depend_on_seconds(monkeypatch, notices):
    monkeypatch.setattr(quarantine, "MOST_SECONDS", 0.005)
    emit = Emitter([lambda event: notices.append(event.message)])
    clock = PluginClock(emit, quarantines=False)

    timed(clock, Own(0.01)).cost(TASK, {}, 10)
    clock.close()

    assert clock.quarantined == set()
    assert len(notices) == 1


def test_a_call_that_does_not_return_is_named(clock, notices, monkeypatch):
    monkeypatch.setattr(quarantine, "LONGEST_CALL", 0.1)
    noticed = threading.Event()

    class Hanging(Own):
        def cost(self, task, parameters, n_rows):
            assert noticed.wait(10)
            return 1.0

    def watch():
        while not notices:
            time.sleep(0.01)
        noticed.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    timed(clock, Hanging()).cost(TASK, {}, 10)
    watcher.join()

    assert "learner 'own' has not returned from cost() after" in notices[0]


def test_an_error_of_a_hint_is_the_learners(clock):
    class Failing(Own):
        def cost(self, task, parameters, n_rows):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        timed(clock, Failing()).cost(TASK, {}, 10)


def test_built_in_learners_are_not_timed(clock):
    learners = {"ridge": load_plugins().learners["ridge"]}

    assert clock.timed(learners, "learners")["ridge"] is learners["ridge"]


class FakeTime:
    """A clock that only plugins move on."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def fake(monkeypatch):
    fake = FakeTime()
    monkeypatch.setattr(quarantine, "time", fake)
    return fake


@dataclass(frozen=True)
class SlowMetric(Metric):
    clock: FakeTime = field(kw_only=True)

    def score(self, y, prediction, weight=None, *, n_threads=1):
        self.clock.now += 0.6
        return 0.25


def slow_metric(fake):
    return SlowMetric("slow", frozenset(TaskKind), False, "value", clock=fake)


def test_a_metric_that_takes_long_is_told_and_stays(fake, clock, notices):
    metric = clock.timed_metric(slow_metric(fake))

    assert [metric.loss(None, None), metric.score(None, None)] == [0.25, 0.25]

    assert clock.seconds("metric slow") == pytest.approx(1.2)
    [notice] = notices
    assert "metric 'slow' has taken 1.2 s of this process, 100% of the run" in notice
    assert clock.quarantined == set()


def test_a_metric_that_takes_a_small_share_of_the_run_is_not_told(fake, clock, notices):
    metric = clock.timed_metric(slow_metric(fake))
    fake.now += 60.0

    for _ in range(5):
        metric.loss(None, None)

    assert clock.seconds("metric slow") == pytest.approx(3.0)
    assert notices == []


def test_built_in_metrics_are_not_timed(clock):
    metric = resolve_metric("rmse", TaskKind.REGRESSION)

    assert clock.timed_metric(metric) is metric


@pytest.mark.parametrize("quarantines", [True, False])
def test_a_slow_listener_receives_only_the_event_at_the_end(fake, quarantines):
    events, heard = [], []

    def hear(event):
        heard.append(event)
        fake.now += 0.6

    emit = Emitter([events.append])
    clock = PluginClock(emit, quarantines=quarantines)
    emit.add(clock.timed_listener("tracker", hear))
    tick = BudgetSpent(0.0, 0, ())
    for _ in range(4):
        emit(tick)
    emit(RunFinished(1.0, 1, 0, 0.5, "done"))
    clock.close()

    [notice] = [event.message for event in events if isinstance(event, Notice)]
    assert "listener 'tracker' has taken 1.2 s" in notice
    assert ("receives only the event at the end" in notice) == quarantines
    assert clock.quarantined == ({"listener tracker"} if quarantines else set())
    assert heard.count(tick) == (2 if quarantines else 4)
    assert isinstance(heard[-1], RunFinished)


def test_a_listener_that_raises_is_dropped_as_others_are(clock):
    def fail(event):
        raise RuntimeError("the tracker is gone")

    emit = Emitter()
    emit.add(clock.timed_listener("tracker", fail))
    for _ in range(2):
        emit(BudgetSpent(0.0, 0, ()))

    assert emit._listeners == []


def propose(*learners, slow):
    units = [(0, 0)]
    state = RunState(units, 1, {(0, 0): 1.0})
    scope = Scope(
        task=TASK,
        learners={learner.name: learner for learner in learners},
        state=state,
        transforms=AvailableTransforms(TASK),
        seconds=lambda _: 1.0,
        slow=slow,
        is_timed=True,
    )
    proposal = Proposer(scope)(0, [], lambda _: True)
    return None if proposal is None else proposal.configuration.learner


def test_what_is_in_quarantine_is_not_proposed():
    other = Own()
    other.name = "other"

    assert propose(Own(), other, slow={"own"}) == "other"
    assert propose(Own(), other, slow={"other"}) == "own"


def test_the_only_learner_is_proposed_although_it_is_slow():
    assert propose(Own(), slow={"own"}) == "own"
