import os
import signal
import sys
import time

import pytest

from headstart.pool import offspring
from headstart.pool.offspring import OwnProcess

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs Linux's /proc"
)


@pytest.fixture
def own_process(monkeypatch):
    monkeypatch.setattr(offspring, "_is_ours", False)
    offspring.own_whole_process()


@linux
@pytest.mark.usefixtures("own_process")
def test_a_copy_that_still_runs_is_refused_and_a_finished_one_is_not():
    process = OwnProcess()
    child = os.fork()
    if child == 0:
        time.sleep(20)
        os._exit(0)
    try:
        with pytest.raises(RuntimeError, match="left 1 forked copies"):
            process.check()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    process.check()


def test_in_the_users_program_a_fork_of_another_thread_is_no_fault():
    process = OwnProcess()
    child = os.fork()
    if child == 0:
        time.sleep(20)
        os._exit(0)
    try:
        process.check()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@linux
@pytest.mark.usefixtures("own_process")
def test_copies_that_were_there_before_are_nobodys_fault():
    child = os.fork()
    if child == 0:
        time.sleep(20)
        os._exit(0)
    try:
        OwnProcess().check()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_copy_that_comes_back_ends_there():
    process = OwnProcess()
    child = os.fork()
    if child == 0:
        process.end_copies()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
