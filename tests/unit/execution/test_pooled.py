"""Worker processes that cannot be had, or are lost later, cost what ran in them."""

import os
import signal
import sys
import time

import cloudpickle
import psutil
import pytest

from headstart.exceptions import WorkerDiedError
from headstart.execution import pooled
from headstart.execution.pooled import PooledExecutor

# Workers cannot import a test file; its functions travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def executor():
    executor = PooledExecutor(1)
    yield executor
    executor.close()


def end_the_process_that_starts_workers():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def test_a_call_that_goes_with_the_process_that_starts_workers_is_lost(executor):
    future = executor.submit(end_the_process_that_starts_workers)

    with pytest.raises(WorkerDiedError) as caught:
        future.result(60)
    assert caught.value.kind == "lost"
    assert executor.submit(pow, (2, 10)).result(60) == 1024
    assert executor.notice == ""


def test_a_pool_that_breaks_is_replaced_and_calls_that_wait_go_along(executor):
    ending = [executor.submit(end_the_process_that_starts_workers) for _ in range(4)]
    waiting = executor.submit(pow, (2, 10))

    assert waiting.result(60) == 1024
    assert {future.exception().kind for future in ending} == {"lost"}
    assert "worker processes were lost" in executor.notice
    assert executor.broken == ""


def test_pools_are_not_replaced_for_ever(executor, monkeypatch):
    monkeypatch.setattr(pooled, "_MOST_POOLS", 1)
    for _ in range(4):
        executor.submit(end_the_process_that_starts_workers)
    waiting = executor.submit(pow, (2, 10))

    with pytest.raises(WorkerDiedError, match="lost 1 times") as caught:
        waiting.result(60)
    assert caught.value.kind == "lost"
    assert "No more fold fits can run" in executor.notice
    assert executor.broken
    assert executor.submit(int).exception(60).kind == "lost"


def test_a_fallback_that_comes_late_is_told(executor, monkeypatch, tmp_path):
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nsleep 0.2\nexit 1\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    late = PooledExecutor(1)

    future = late.submit(pow, (2, 10))

    assert late.notice == ""
    assert future.result(60) == 1024
    assert late.name == "in-process"
    assert "worker processes could not be started" in late.notice
    late.close()


def test_the_seconds_of_a_call_do_not_count_the_start_of_its_worker(tmp_path):
    module = "slow_to_import_by_a_worker"
    before = set(psutil.Process().children())
    (tmp_path / f"{module}.py").write_text("import time\ntime.sleep(0.5)\n")
    sys.path.append(str(tmp_path))
    try:
        executor = PooledExecutor(1, warm=(module,))
        submitted = time.monotonic()
        future = executor.submit(pow, (2, 10))
        future.result(60)
        executor.close()
    finally:
        sys.path.remove(str(tmp_path))

    assert future.started - submitted > 0.5
    assert set(psutil.Process().children()) <= before
