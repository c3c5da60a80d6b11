"""Ctrl-C stops the user's program only when it says so; a killed one leaves nothing."""

import signal

import pytest

HANGING = """
import os, subprocess, sys, time
from headstart.pool import WorkerPool

def hang(path):
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(sleep)
    escaped = subprocess.Popen(sleep, start_new_session=True)
    with open(path, "w") as pipe:
        print(os.getppid(), os.getpid(), child.pid, escaped.pid, file=pipe)
    sum(range(10 ** 15))

os.mkfifo(sys.argv[1])
pool = WorkerPool(1)
future = pool.submit(hang, sys.argv[1])
with open(sys.argv[1]) as pipe:
    print(pipe.read(), end="", flush=True)
"""


@pytest.fixture
def hanging(start, tmp_path):
    """Start a program whose call hangs; give it and all processes below it."""

    def hanging(source):
        program = start(HANGING + source, tmp_path / "pipe")
        return program, program.pids()

    return hanging


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_survives_the_program_by_two_seconds(hanging, gone, number):
    program, processes = hanging("future.result()")

    program.process.send_signal(number)
    program.process.wait()

    assert len(processes) == 4
    assert gone(processes)


def test_nothing_survives_a_program_killed_while_its_forkserver_imports(start, gone):
    program = start(
        "import psutil, time\n"
        "from headstart.execution import PRELOAD\n"
        "from headstart.pool import WorkerPool\n"
        "pool = WorkerPool(1, preload=PRELOAD)\n"
        "while not (children := psutil.Process().children()): time.sleep(0.001)\n"
        "print(children[0].pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    forkserver = program.pids()

    program.process.kill()
    program.process.wait()

    assert gone(forkserver)


def test_nothing_survives_although_a_fork_of_the_program_does(hanging, gone):
    # The fork holds copies of the pool's sockets: they never close.
    program, processes = hanging(
        "fork = os.fork()\n"
        "if fork == 0:\n"
        "    time.sleep(600)\n"
        "print(fork, flush=True)\n"
        "future.result()"
    )
    fork = program.pids()

    program.process.kill()
    program.process.wait()

    assert gone(processes)
    assert fork[0].is_running()
    fork[0].kill()


def test_the_first_ctrl_c_reaches_the_program_alone(hanging, gone):
    program, processes = hanging("""
try:
    print("waiting", flush=True)
    future.result()
except KeyboardInterrupt:
    print("interrupted", future.running(), pool.kill(future), flush=True)
    print(pool.submit(pow, 2, 10).result(60))
""")
    assert program.line() == "waiting"

    program.press_ctrl_c()

    assert program.finish() == ("interrupted True None\n1024\n", "")
    assert gone(processes)


def test_the_second_ctrl_c_ends_the_program_without_a_word_of_the_workers(
    hanging, gone
):
    program, processes = hanging("""
try:
    print("waiting", flush=True)
    future.result()
except KeyboardInterrupt:
    print("once more", flush=True)
    pool.shutdown()
""")
    assert program.line() == "waiting"
    program.press_ctrl_c()
    assert program.line() == "once more"

    program.press_ctrl_c()

    _, errors = program.finish()
    assert errors.count("Traceback") == 2
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert program.process.returncode == -signal.SIGINT
    assert gone(processes)
