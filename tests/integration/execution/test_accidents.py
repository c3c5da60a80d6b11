"""Calls that crash, hang, fill memory or are killed cost themselves only."""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import cloudpickle
import psutil
import pytest

from headstart.exceptions import WorkerDiedError
from headstart.pool import WorkerPool

# Workers cannot import a test file; its functions travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

MIB = 2**20


@pytest.fixture
def pool():
    with WorkerPool(2) as pool:
        yield pool


def hang():
    print("still at it")
    time.sleep(600)


def hang_in_compiled_code():
    sum(range(10**15))


def read_address_zero():
    ctypes.string_at(0)


def fill_memory():
    blocks = []
    while True:
        blocks.append(bytearray(b"x" * 5_000_000))


def fill_memory_in_a_child():
    subprocess.run(
        [sys.executable, "-c", "x = bytearray(b'x' * 500_000_000); input()"],
        stdin=subprocess.PIPE,
        check=False,
    )
    time.sleep(600)


def tell_and_hang(path):
    """Start a child in the group and one in a session of its own; tell; hang."""
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(sleep)
    escaped = subprocess.Popen(sleep, start_new_session=True)
    path.with_suffix(".part").write_text(f"{os.getpid()} {child.pid} {escaped.pid}")
    path.with_suffix(".part").rename(path)
    time.sleep(600)


class DiesWhenPickled:
    def __reduce__(self):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("accident", "said"),
    [
        (read_address_zero, "SIGSEGV"),
        (os.abort, "SIGABRT"),
        (lambda: os._exit(3), "exit code 3"),
        (lambda: sys.exit(3), r"SystemExit\(3\)"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"),
        # It fails when it answers, or is ended before it does.
        (lambda: os.closerange(3, 256), "Bad file descriptor|SIGKILL"),
        (DiesWhenPickled, "SIGKILL"),
    ],
)
def test_a_crash_is_told_and_the_pool_goes_on(pool, accident, said):
    beside = pool.submit(abs, -1)

    with pytest.raises(WorkerDiedError, match=said) as caught:
        pool.submit(accident).result(30)

    assert caught.value.kind == "crash"
    assert beside.result(30) == 1
    assert pool.submit(abs, -2).result(30) == 2


def test_a_fault_leaves_the_lines_that_led_to_it(pool):
    with pytest.raises(WorkerDiedError) as caught:
        pool.submit(read_address_zero).result(30)

    assert "read_address_zero" in caught.value.details


def test_many_crashes_do_not_exhaust_the_pool(pool):
    futures = [pool.submit(os._exit, 1) for _ in range(30)]

    assert all(isinstance(f.exception(60), WorkerDiedError) for f in futures)
    assert pool.submit(abs, -2).result(30) == 2


@pytest.mark.parametrize("hanging", [hang, hang_in_compiled_code])
def test_a_call_is_killed_at_its_deadline(pool, hanging):
    pool.submit(int).result(30)
    deadline = time.monotonic() + 0.3

    with pytest.raises(WorkerDiedError) as caught:
        pool.submit_limited(hanging, deadline=deadline).result(30)

    # 50 ms on an idle machine; tests run on busy ones.
    assert 0 <= time.monotonic() - deadline < 0.5
    assert caught.value.kind == "timeout"


def test_what_a_killed_call_printed_is_kept(pool):
    pool.submit(int).result(30)

    error = pool.submit_limited(hang, deadline=time.monotonic() + 0.5).exception(30)

    assert error.details == "still at it"


def test_a_spare_worker_takes_over_at_once(pool):
    pool.submit(int).result(30)
    futures = [
        pool.submit_limited(hang, deadline=time.monotonic() + 0.3) for _ in range(2)
    ]
    after = pool.submit(int)

    assert after.result(30) == 0
    assert all(future.exception(30).kind == "timeout" for future in futures)


@pytest.mark.parametrize("filling", [fill_memory, fill_memory_in_a_child])
def test_a_call_above_its_memory_limit_is_killed(pool, filling):
    future = pool.submit_limited(filling, memory_limit=200 * MIB)

    with pytest.raises(WorkerDiedError, match="limit was 200 MiB") as caught:
        future.result(60)

    assert caught.value.kind == "memory"
    assert 200 * MIB < future.peak_memory < 1500 * MIB
    assert pool.submit(int).result(30) == 0


def test_a_worker_killed_from_outside_costs_its_call_only(pool, mailbox):
    lost = pool.submit(tell_and_hang, mailbox.path)
    kept = pool.submit(lambda: time.sleep(1) or "kept")
    worker, *_ = mailbox.processes()

    worker.kill()

    assert "SIGKILL" in str(lost.exception(30))
    assert kept.result(30) == "kept"


def test_what_a_killed_call_started_goes_with_it(pool, mailbox, gone):
    future = pool.submit(tell_and_hang, mailbox.path)
    processes = mailbox.processes()

    pool.kill(future)

    assert gone(processes)


def test_the_pool_is_rebuilt_when_the_forkserver_is_killed(pool, mailbox, gone):
    lost = pool.submit(tell_and_hang, mailbox.path)
    worker, *_ = mailbox.processes()
    forkserver = worker.parent()

    forkserver.kill()

    assert "the process that starts workers died" in str(lost.exception(30))
    assert pool.submit(os.getppid).result(30) != forkserver.pid
    assert gone([forkserver, worker])


def test_calls_that_wait_survive_the_death_of_the_forkserver(mailbox):
    with WorkerPool(1) as pool:
        pool.submit(tell_and_hang, mailbox.path)
        waiting = [pool.submit(abs, -n) for n in range(3)]

        mailbox.processes()[0].parent().kill()

        assert [future.result(30) for future in waiting] == [0, 1, 2]


def test_a_forkserver_that_dies_again_and_again_is_given_up_with_a_clear_error(pool):
    def kill_the_forkserver():
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)

    errors = [pool.submit(kill_the_forkserver).exception(60) for _ in range(5)]

    assert all(isinstance(error, WorkerDiedError) for error in errors)
    assert "died repeatedly" in str(errors[-1])
    assert "died repeatedly" in pool.broken


def test_a_call_may_use_multiprocessing(pool):
    def sum_in_children():
        with multiprocessing.get_context("fork").Pool(2) as children:
            return sum(children.map(abs, [-1, -2, -3]))

    assert pool.submit(sum_in_children).result(60) == 6


def test_a_program_with_more_than_a_thousand_open_files_has_workers():
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 1_300:
        pytest.skip("needs a limit of 1,300 open files (ulimit -n)")
    with contextlib.ExitStack() as stack, Path(os.devnull).open() as file:
        for _ in range(1_100):
            stack.callback(os.close, os.dup(file.fileno()))
        with WorkerPool(1) as pool:
            assert pool.submit(pow, 2, 10).result(60) == 1024


def test_the_death_of_the_forkserver_does_not_break_a_pool_of_many_idle_workers():
    with WorkerPool(24) as pool:
        forkserver = pool.submit(os.getppid).result(60)
        while len(psutil.Process(forkserver).children()) < 25:
            time.sleep(0.01)
        os.kill(forkserver, signal.SIGKILL)
        while runs_below(pool, forkserver):
            time.sleep(0.01)

        assert not pool.broken


def runs_below(pool, forkserver):
    """Return whether the pool's next call has, or is lost with, this forkserver."""
    call = pool.submit(os.getppid)
    error = call.exception(60)
    if error is None:
        return call.result() == forkserver
    assert "the process that starts workers died" in str(error)
    return True
