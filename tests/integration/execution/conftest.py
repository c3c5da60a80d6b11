"""Programs that use a pool, run the way a user would run them."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest


class Program:
    """A Python program that runs beside the test, in a session of its own."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def line(self):
        """Wait for the next line that it prints."""
        return self.process.stdout.readline().rstrip("\n")

    def pids(self):
        """Read a line of process numbers."""
        return [psutil.Process(int(pid)) for pid in self.line().split()]

    def press_ctrl_c(self):
        """Send what a terminal sends: SIGINT to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def finish(self, text=None, timeout=60):
        """Wait for its end; give the rest of its output and errors."""
        return self.process.communicate(text, timeout=timeout)


@pytest.fixture
def start(tmp_path):
    """Start a program from its source; it is killed when the test ends."""
    programs = []

    def start(source, *arguments):
        script = tmp_path / "program.py"
        script.write_text(source)
        programs.append(Program([sys.executable, script, *map(str, arguments)]))
        return programs[-1]

    yield start
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
        program.finish()


@pytest.fixture
def run(tmp_path):
    """Run a command to its end; give its standard output and error."""

    def run(*command, text=None, timeout=120):
        program = Program(list(map(str, command)), stdin=subprocess.PIPE, cwd=tmp_path)
        return program.finish(text, timeout)

    return run


@pytest.fixture
def mailbox(tmp_path):
    """A file that a call writes process numbers to, for the test to wait for."""
    return Mailbox(tmp_path / "pids")


class Mailbox:
    def __init__(self, path):
        self.path = path

    def processes(self):
        """Wait for the file; give the processes named in it."""
        give_up = time.monotonic() + 60
        while not self.path.exists() and time.monotonic() < give_up:
            time.sleep(0.005)
        return [psutil.Process(int(pid)) for pid in self.path.read_text().split()]


@pytest.fixture
def gone():
    """Return whether processes end within two seconds."""

    def gone(processes, seconds=2):
        give_up = time.monotonic() + seconds
        while any(map(is_alive, processes)) and time.monotonic() < give_up:
            time.sleep(0.005)
        return not any(map(is_alive, processes))

    return gone


def is_alive(process):
    # A zombie is dead; only its new parent has not looked yet.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(autouse=True)
def no_process_is_left(gone):
    """Whatever a test did, what it started is gone soon after."""
    before = set(psutil.Process().children(recursive=True))
    yield
    assert gone(set(psutil.Process().children(recursive=True)) - before, seconds=5)
