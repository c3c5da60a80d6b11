import threading
import time
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool

import pytest

from headstart.exceptions import WorkerDiedError
from headstart.execution.foreign import ForeignExecutor
from headstart.execution.in_process import InProcessExecutor


class BrokenExecutor(Executor):
    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_exception(BrokenProcessPool("a child died"))
        return future


@pytest.fixture
def threads():
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def executor(threads):
    executor = ForeignExecutor(threads)
    yield executor
    executor.close()


@pytest.fixture
def gate(threads):
    CALLED.clear()
    gate = threading.Event()
    yield gate
    gate.set()


# Found by name, in this very process: calls to a foreign executor are pickled.
GATES = []
CALLED = []


def hold(gate):
    """Return a call that lasts until `gate` is set."""
    GATES.append(gate)
    return wait_at_the_last_gate


def wait_at_the_last_gate():
    GATES[-1].wait(60)


def note_the_call():
    CALLED.append(True)


def test_a_call_gives_its_result(executor):
    assert executor.submit(divmod, (7, 2)).result(10) == (3, 1)


def test_the_slots_are_the_workers_of_the_executor(executor):
    assert executor.n_slots == 1


def test_the_notice_says_what_cannot_be_done(executor):
    assert "ThreadPoolExecutor, which cannot kill" in executor.notice


def test_an_error_of_the_call_is_raised(executor):
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, (1, 0)).result(10)


def test_an_error_of_the_executor_is_told_from_that_of_the_call():
    future = ForeignExecutor(BrokenExecutor()).submit(int)

    with pytest.raises(WorkerDiedError, match="lost the call: BrokenProcessPool"):
        future.result(10)


def test_a_late_answer_is_dropped(executor, gate):
    late = executor.submit(hold(gate), deadline=time.monotonic() + 0.05)

    with pytest.raises(WorkerDiedError) as caught:
        late.result(10)
    gate.set()

    assert caught.value.kind == "timeout"
    assert executor.submit(int).result(10) == 0
    assert late.exception() is caught.value


def test_a_waiting_call_that_is_late_never_runs(executor, gate, threads):
    executor.submit(hold(gate))
    future = executor.submit(note_the_call, deadline=time.monotonic() + 0.05)

    with pytest.raises(WorkerDiedError):
        future.result(10)
    gate.set()
    executor.submit(int).result(10)

    assert not CALLED


def test_a_call_the_user_cancels_is_cancelled_there_too(executor, gate):
    executor.submit(hold(gate))
    future = executor.submit(int)

    assert future.cancel()

    assert wait([future], timeout=10).done == {future}


def test_a_killed_call_is_not_waited_for(executor, gate):
    future = executor.submit(hold(gate))

    executor.kill(future)

    with pytest.raises((WorkerDiedError, CancelledError)):
        future.result(10)


def test_closing_leaves_the_users_executor_open(executor, threads):
    executor.close()

    with pytest.raises(RuntimeError, match="closed"):
        executor.submit(int)
    assert threads.submit(int).result(10) == 0


def test_something_else_is_refused():
    with pytest.raises(TypeError, match=r"Got str instead.*get_executor"):
        ForeignExecutor("dask")


def test_a_call_that_the_executor_lost_is_not_at_fault():
    future = ForeignExecutor(BrokenExecutor()).submit(int)

    assert future.exception(10).kind == "lost"


def test_calls_go_on_elsewhere_when_the_executor_is_broken():
    executor = ForeignExecutor(BrokenExecutor(), 4, lambda _: InProcessExecutor())
    executor.submit(int).exception(10)

    assert executor.submit(int).result(10) == 0
    assert (executor.name, executor.n_slots) == ("in-process", 1)
    assert "BrokenExecutor failed: BrokenProcessPool" in executor.notice
    assert "Fold fits run in this process" in executor.notice
    executor.close()


def test_calls_go_on_elsewhere_when_the_executor_is_shut_down(threads):
    executor = ForeignExecutor(threads, 4, lambda _: InProcessExecutor())
    threads.shutdown()

    assert executor.submit(int).result(10) == 0
    assert "cannot schedule new futures after shutdown" in executor.notice
    executor.close()


def test_without_another_place_calls_are_lost(threads):
    executor = ForeignExecutor(threads)
    threads.shutdown()

    assert executor.submit(int).exception(10).kind == "lost"
    assert "cannot schedule new futures after shutdown" in executor.broken


def test_a_call_that_waits_for_a_worker_is_not_taken_for_one_that_runs(executor, gate):
    executor.submit(hold(gate))

    assert executor.submit(int).started is None
    assert not executor.reports_starts
