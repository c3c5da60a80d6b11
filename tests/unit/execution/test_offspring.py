import os
import signal
import sys
import time

import pytest

from headstart.execution.offspring import OwnProcess

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="/proc tells copies from programs"
)


@linux
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


@linux
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
