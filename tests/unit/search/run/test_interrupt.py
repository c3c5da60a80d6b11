import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from headstart.search.run.interrupt import (
    NotedInterrupt,
    OrderlyTermination,
    Terminated,
    termination_as_interrupt,
)


@pytest.fixture(autouse=True)
def _pythons_own_handler():
    # Where the tests run in the background, Ctrl-C is ignored from the start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    before_termination = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGTERM, before_termination)


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


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
    calls = []
    before = signal.signal(signal.SIGINT, lambda *_: calls.append(1))
    try:
        with NotedInterrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGINT)
        assert calls == [1]
        assert not interrupt.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_leaves_signals_alone():
    handlers = []

    def enter():
        with NotedInterrupt():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


def test_termination_that_is_treated_as_an_interrupt_is_noted_like_one():
    with termination_as_interrupt():
        with NotedInterrupt() as interrupt:
            terminate()
        assert interrupt.is_set
        with pytest.raises(KeyboardInterrupt):
            terminate()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize(
    "context", [OrderlyTermination, termination_as_interrupt, NotedInterrupt]
)
def test_a_handler_of_the_programs_own_gets_sigterm(context):
    calls = []
    signal.signal(signal.SIGTERM, lambda *_: calls.append(1))
    with context():
        terminate()
    assert calls == [1]


def test_another_thread_leaves_sigterm_alone():
    handlers = []

    def enter():
        with OrderlyTermination(), termination_as_interrupt():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert handlers == [signal.SIG_DFL]


TERMINATED = """
    import os, signal, sys
    from headstart.search.run.interrupt import NotedInterrupt, OrderlyTermination
    from headstart.search.run.temporary import make_temporary_folder

    (make_temporary_folder() / "model").write_bytes(b"x")
    try:
        with OrderlyTermination():
            try:
                if sys.argv[1] == "noted":
                    with NotedInterrupt() as interrupt:
                        os.kill(os.getpid(), signal.SIGTERM)
                        print("noted", interrupt.is_set, flush=True)
                else:
                    os.kill(os.getpid(), signal.SIGTERM)
                print("not reached", flush=True)
            finally:
                print("closed", flush=True)
    finally:
        print("not reached either", flush=True)
"""


@pytest.mark.parametrize(
    ("when", "printed"), [("noted", "noted True\nclosed\n"), ("at once", "closed\n")]
)
def test_termination_unwinds_the_fit_and_then_ends_the_process(tmp_path, when, printed):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(TERMINATED), when],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == -signal.SIGTERM
    assert done.stdout == printed
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_second_termination_does_not_wait():
    with pytest.raises(Terminated):
        note_termination_twice()


def note_termination_twice():
    termination = OrderlyTermination()
    signal.signal(signal.SIGTERM, termination.handle)
    with NotedInterrupt():
        terminate()
        terminate()
        pytest.fail("the second one was noted only")
