import math
import time

from headstart.analysis.effort import Effort, effort_of
from headstart.base import Configuration, FoldOutcome, FoldStatus, Trial
from headstart.search.run.clock import Clock


def trials(n_fits):
    outcomes = {(0, f): FoldOutcome(FoldStatus.OK) for f in range(n_fits)}
    return [Trial(0, Configuration("ridge"), outcomes=outcomes)]


def test_without_a_time_limit_the_work_of_the_search_is_the_measure():
    few, many = (effort_of(Clock(None), trials(n), 100) for n in (4, 40))

    assert few.is_counted
    assert many.remaining == 10 * few.remaining > 0


def test_larger_tables_may_be_asked_more():
    small, large = (effort_of(Clock(None), trials(8), n) for n in (60, 10**6))

    assert small.remaining < large.remaining <= 6 * small.remaining


def test_a_time_limit_gives_three_percent_and_ends_before_the_hand_over():
    clock = Clock(100.0)
    effort = effort_of(clock, trials(8), 100)

    assert not effort.is_counted
    assert 0 < effort.remaining <= 3.0

    late = Clock(100.0, started=time.monotonic() - 98.0)
    assert late.hand_over is not None
    assert effort_of(late, trials(8), 100).deadline < late.hand_over
    over = Clock(100.0, started=time.monotonic() - 200.0)
    assert effort_of(over, trials(8), 100).remaining == 0


def test_what_is_spent_is_gone_and_never_below_nothing():
    effort = Effort(10.0, time.monotonic() + 60)

    effort.spend(4)
    assert effort.remaining == 6
    assert effort.part(0.5).remaining == 3
    effort.spend(40)
    assert effort.remaining == 0


def test_a_part_of_time_ends_earlier():
    now = time.monotonic()
    part = Effort(math.inf, now + 100).part(0.25)

    assert now < part.deadline < now + 50
