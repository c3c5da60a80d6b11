import os
import subprocess
import sys
import tempfile
import textwrap

import pytest

from headstart.search.run.folder import RunFolder
from headstart.search.run.temporary import (
    make_temporary_folder,
    remove_abandoned,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")

KILLED = """
    import os, signal
    from headstart.search.run.temporary import make_temporary_folder

    (make_temporary_folder() / "model").write_bytes(bytes(100))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left_by_a_killed_process(folder):
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED)],
        env={**os.environ, "TMPDIR": str(folder)},
        check=False,
    )
    (abandoned,) = folder.glob("headstart-*")
    return abandoned


def test_what_a_killed_process_left_goes_with_the_next_run(temporary):
    abandoned = left_by_a_killed_process(temporary)
    assert list(abandoned.rglob("model"))

    folder = make_temporary_folder()

    assert not abandoned.exists()
    assert folder.is_dir()


def test_folders_of_live_processes_and_of_others_stay(temporary):
    folder = RunFolder(None)
    foreign = temporary / "headstart-of-somebody"
    foreign.mkdir()

    remove_abandoned(temporary)

    assert folder.path.is_dir()
    assert foreign.is_dir()


def test_a_link_is_not_followed(temporary):
    abandoned = left_by_a_killed_process(temporary)
    (temporary / "elsewhere").mkdir()
    moved = abandoned.rename(temporary / "elsewhere" / "mine")
    abandoned.symlink_to(moved)

    remove_abandoned(temporary)

    assert list(moved.rglob("model"))
