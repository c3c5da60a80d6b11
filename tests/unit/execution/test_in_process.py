import sys
import threading
import time
from concurrent.futures import CancelledError

import pytest

from headstart.exceptions import WorkerDiedError
from headstart.execution.in_process import InProcessExecutor


@pytest.fixture
def executor():
    executor = InProcessExecutor("there is no fork")
    yield executor
    executor.close()


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


def test_a_call_gives_its_result(executor):
    assert executor.submit(divmod, (7, 2)).result(10) == (3, 1)


def test_the_notice_says_why(executor):
    assert "because there is no fork" in executor.notice


def test_an_error_is_raised(executor):
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, (1, 0)).result(10)


def test_leaving_the_program_is_an_error_of_the_call(executor):
    with pytest.raises(WorkerDiedError, match=r"SystemExit\(3\)"):
        executor.submit(sys.exit, (3,)).result(10)


def test_one_call_runs_at_a_time(executor, gate):
    executor.submit(gate.wait)
    second = executor.submit(int)

    assert not second.running()
    gate.set()
    assert second.result(10) == 0


def test_a_late_call_fails_and_the_next_one_runs(executor, gate):
    late = executor.submit(gate.wait, deadline=time.monotonic() + 0.05)
    after = executor.submit(int)

    with pytest.raises(WorkerDiedError) as caught:
        late.result(10)
    assert caught.value.kind == "timeout"
    assert after.result(10) == 0


def test_a_running_call_that_is_killed_is_not_waited_for(executor, gate):
    started = threading.Event()
    future = executor.submit(lambda: started.set() or gate.wait())
    assert started.wait(10)

    executor.kill(future)

    with pytest.raises(WorkerDiedError) as caught:
        future.result(10)
    assert caught.value.kind == "cancelled"


def test_a_waiting_call_that_is_killed_is_cancelled(executor, gate):
    executor.submit(gate.wait)
    future = executor.submit(int)

    executor.kill(future)

    with pytest.raises(CancelledError):
        future.result(10)


def test_closing_waits_for_nothing(gate):
    executor = InProcessExecutor()
    started = threading.Event()
    running = executor.submit(lambda: started.set() or gate.wait())
    waiting = executor.submit(int)
    assert started.wait(10)

    executor.close()

    assert running.exception(10).kind == "cancelled"
    with pytest.raises(CancelledError):
        waiting.result(10)
    with pytest.raises(RuntimeError, match="closed"):
        executor.submit(int)
