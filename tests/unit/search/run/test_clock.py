import time

import pytest

from headstart.search.run import clock as clock_module
from headstart.search.run.clock import Clock


def test_moments_come_in_order():
    clock = Clock(60.0, started=1000.0)
    assert clock.started < clock.stop < clock.hand_over < clock.end == 1060.0


@pytest.mark.parametrize("spent", [0.0, 30.0, 57.0, 59.9, 61.0])
def test_what_an_interruption_left_is_shared_out_as_a_whole_limit_is(spent):
    clock = Clock(
        60.0, spent, started=1000.0, reserve_share=0.25, keeps_for_analysis=True
    )
    moments = [clock.stop, clock.refit_end, clock.hand_over, clock.end]
    assert moments == sorted(moments)
    remaining = clock.end - clock.started
    assert clock.hand_over - clock.refit_end <= 0.07 * remaining + 1e-6
    if remaining > 1:
        assert clock.stop - clock.started >= 0.5 * remaining


def test_time_for_the_last_ensemble_is_kept_back_from_fold_fits():
    clock = Clock(60.0, started=1000.0)
    before = clock.stop
    clock.note_choice(2.5)
    assert clock.stop == before - 2.5
    assert clock.end == 1060.0


@pytest.mark.parametrize(("predicted", "kept"), [(4.0, 4.0), (100.0, 15.0)])
def test_no_more_time_is_kept_for_the_refit_than_it_is_predicted_to_take(
    predicted, kept
):
    plain = Clock(60.0, started=1000.0)
    clock = Clock(60.0, started=1000.0, reserve_share=0.25)
    assert clock.stop == pytest.approx(plain.stop - 15.0)
    clock.note_refit(predicted)
    assert clock.stop == pytest.approx(plain.stop - kept)
    assert clock.refit_end == plain.refit_end


def test_time_for_a_base_on_a_server_is_kept_back_from_fold_fits_and_the_refit():
    plain = Clock(60.0, started=1000.0, reserve_share=0.25)
    clock = Clock(60.0, started=1000.0, reserve_share=0.25, keeps_for_learning=True)
    assert clock.stop == pytest.approx(plain.stop - 2.0)
    assert clock.refit_end == pytest.approx(clock.learning_end - 2.0)
    assert clock.learning_end == pytest.approx(plain.refit_end)
    short = Clock(10.0, started=1000.0, keeps_for_learning=True)
    assert short.learning_seconds == 0.5


def test_a_lookup_may_take_a_fifth_of_the_time_left():
    clock = Clock(60.0)
    assert clock.lookup_end == pytest.approx(
        time.monotonic() + 0.2 * clock.seconds_left(), abs=0.5
    )
    assert Clock(None).lookup_end is Clock(None).learning_end is None


def test_without_a_limit_there_are_no_moments():
    clock = Clock(None)
    clock.note_choice(2.5)
    assert clock.stop is clock.hand_over is clock.end is None
    assert clock.seconds_left() == float("inf")


def test_seconds_that_the_machine_slept_are_spent(monkeypatch):
    # A machine cannot be put to sleep in a test.
    clock = Clock(300.0)
    awake = clock.end
    ahead = clock_module.clock_ahead()
    monkeypatch.setattr(clock_module, "clock_ahead", lambda: ahead + 100.0)

    assert clock.elapsed() == pytest.approx(100.0, abs=1.0)
    assert clock.end == pytest.approx(awake - 100.0)
    assert clock.seconds_left() < 200.0
