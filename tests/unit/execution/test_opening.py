import sys

import pytest

from headstart.execution import open_executor
from headstart.execution.foreign import ForeignExecutor
from headstart.execution.in_process import InProcessExecutor

pytestmark = pytest.mark.workers


@pytest.fixture
def opened():
    executors = []
    yield executors
    for executor in executors:
        executor.close()


def test_worker_processes_come_first(opened):
    opened.append(open_executor(3, preload=(), warm=()))

    assert opened[0].name == "processes"
    assert opened[0].n_slots == 3
    assert opened[0].notice == ""


def test_the_users_executor_is_used(opened):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as threads:
        opened.append(open_executor(executor=threads))

        assert isinstance(opened[0], ForeignExecutor)
        assert opened[0].n_slots == 2


def test_the_environment_can_ask_for_this_process(opened, monkeypatch):
    monkeypatch.setenv("HEADSTART_EXECUTION", "in-process")
    opened.append(open_executor(2))

    assert isinstance(opened[0], InProcessExecutor)
    assert "HEADSTART_EXECUTION" in opened[0].notice


@pytest.mark.parametrize("executable", ["", None, "/nowhere/python"])
def test_without_an_interpreter_work_runs_in_this_process(
    opened, monkeypatch, executable
):
    monkeypatch.setattr(sys, "executable", executable)
    opened.append(open_executor(2))

    assert "the Python interpreter" in opened[0].notice or (
        "path of the Python" in opened[0].notice
    )
    assert opened[0].submit(divmod, (7, 2)).result(10) == (3, 1)


def test_a_frozen_program_is_not_started_again(opened, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    opened.append(open_executor(2))

    assert "frozen" in opened[0].notice


def test_an_interpreter_that_is_none_is_found_out_and_said(opened, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    executor = open_executor(2, preload=(), warm=())
    opened.append(executor)

    assert executor.submit(divmod, (7, 2)).result(20) == (3, 1)
    assert executor.name == "in-process"
    assert executor.n_slots == 1
    assert "ended before it was ready" in executor.notice
    assert executor.submit(divmod, (9, 2)).result(20) == (4, 1)


@pytest.mark.parametrize("n_jobs", [0, -1])
def test_a_number_of_jobs_below_one_is_refused(n_jobs):
    with pytest.raises(ValueError, match="'n_jobs' parameter"):
        open_executor(n_jobs)
