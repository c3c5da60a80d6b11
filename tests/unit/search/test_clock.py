from headstart.search.clock import Clock


def test_moments_come_in_order():
    clock = Clock(60.0, started=1000.0)
    assert clock.started < clock.stop < clock.hand_over < clock.end == 1060.0


def test_time_for_the_last_ensemble_is_kept_back_from_fold_fits():
    clock = Clock(60.0, started=1000.0)
    before = clock.stop
    clock.choice_seconds = 2.5
    assert clock.stop == before - 2.5
    assert clock.end == 1060.0


def test_without_a_limit_there_are_no_moments():
    clock = Clock(None)
    clock.choice_seconds = 2.5
    assert clock.stop is clock.hand_over is clock.end is None
    assert clock.seconds_left() == float("inf")
