"""A run folder has one live writer, and says who it is."""

import errno
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from headstart.exceptions import RunFolderError
from headstart.search.run.folder import RunFolder
from headstart.search.run.lock import RunLock, is_abandoned

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX locks")


def test_a_second_run_is_refused_with_who_holds_the_folder(tmp_path):
    first = RunFolder(tmp_path / "run")

    with pytest.raises(RunFolderError, match="in use") as caught:
        RunFolder(tmp_path / "run", resume=True)

    assert f"process {os.getpid()} on {os.uname().nodename}, since 2" in str(
        caught.value
    )
    first.close()


def test_a_folder_is_free_when_its_run_has_ended(tmp_path):
    RunFolder(tmp_path / "run").close()

    RunFolder(tmp_path / "run", resume=True).close()


def test_a_run_that_could_not_begin_leaves_the_folder_free(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "journal.db").write_bytes(b"no database at all " * 99)
    for _ in range(2):
        with pytest.raises(RunFolderError, match="cannot be opened"):
            RunFolder(tmp_path / "run", resume=True)


HOLDS = """
    import os, sys, time
    from pathlib import Path
    from headstart.search.run.lock import RunLock

    lock = RunLock(Path(sys.argv[1]))
    child = os.fork()
    if child == 0:
        time.sleep(60)  # as a worker that outlives its parent
        os._exit(0)
    print(child, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def killed(tmp_path):
    """Kill a process that holds the folder; a child that it forked lives on."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDS), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    with pytest.raises(RunFolderError, match=f"process {process.pid} on"):
        RunLock(tmp_path)
    assert not is_abandoned(tmp_path)
    process.kill()
    process.wait()
    yield tmp_path
    os.kill(child, signal.SIGKILL)
    process.stdout.close()


def test_a_killed_process_gives_its_folder_free_though_its_child_lives(killed):
    assert is_abandoned(killed)
    RunLock(killed).release()


def test_a_folder_of_another_host_is_not_taken_for_abandoned(tmp_path):
    RunLock(tmp_path).release()
    (tmp_path / "run.lock").write_text('{"host": "elsewhere", "process": 1}')

    assert not is_abandoned(tmp_path)


def test_without_locks_the_second_run_is_refused_with_the_reason(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    # No file system without locks can be mounted here.
    monkeypatch.setattr("fcntl.flock", refuse)
    first = RunFolder(tmp_path / "run")
    first.journal.record_fact("a", 1)

    with pytest.raises(RunFolderError, match="No locks available") as caught:
        RunFolder(tmp_path / "run", resume=True)

    assert f"process {os.getpid()}" in str(caught.value)
    assert f"delete {tmp_path / 'run' / 'run.owner'}" in str(caught.value)
    first.close()
    again = RunFolder(tmp_path / "run", resume=True)
    assert again.journal.fact("a") == 1
    again.close()
