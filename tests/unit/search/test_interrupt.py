import os
import signal
import threading

import pytest

from headstart.search.interrupt import NotedInterrupt


@pytest.fixture(autouse=True)
def _pythons_own_handler():
    # Where the tests run in the background, Ctrl-C is ignored from the start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_interrupt_is_noted_and_the_second_raises():
    interrupt = NotedInterrupt()
    with interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.is_set
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_pythons_own_handler_is_back_afterwards():
    with NotedInterrupt():
        pass
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_handler_of_the_programs_own_stays():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        with NotedInterrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGINT)
        assert seen == [1]
        assert not interrupt.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_leaves_signals_alone():
    seen = []

    def enter():
        with NotedInterrupt():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
