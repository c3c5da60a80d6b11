import pytest

from headstart.base.events import IncumbentChanged, Notice
from headstart.search.run.clock import Clock
from headstart.search.run.history import History


def test_each_new_ensemble_is_noted_with_its_second():
    history = History(Clock(None))
    for event in [
        IncumbentChanged(0.7, (("ridge", 1.0),), 2.5),
        Notice("by the way"),
        IncumbentChanged(0.8, (("ridge", 1.0),), 4.0),
    ]:
        history(event)

    assert history.scores == [(2.5, 0.7), (4.0, 0.8)]


def test_stages_follow_each_other_without_a_gap():
    clock = Clock(None, spent_before=10.0)
    history = History(clock)
    history.end_stage("preparation")
    history.end_stage("search")

    (_, first), (_, second) = history.stages
    assert first + second == pytest.approx(clock.elapsed() - 10.0, abs=0.1)
