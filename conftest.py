"""Settings of the test run: pages of documentation run in a folder of their own."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# What this user has learnt from earlier runs is not for tests.
os.environ["HEADSTART_META_DB"] = str(Path(tempfile.gettempdir()) / "no-base-here.db")


def pytest_ignore_collect(collection_path):
    """Skip modules without examples: each worker of the test run imports the rest."""
    is_source = collection_path.suffix == ".py" and "tests" not in collection_path.parts
    if is_source and ">>>" not in collection_path.read_text(encoding="utf-8"):
        return True
    return None


@pytest.fixture(autouse=True)
def _pages_write_elsewhere(request, tmp_path_factory, monkeypatch):
    if isinstance(request.node, pytest.DoctestItem) and request.path.suffix == ".md":
        monkeypatch.chdir(tmp_path_factory.mktemp("page"))


# Machines are slow and busy: how long an example takes says nothing of the code.
settings.register_profile("headstart", deadline=None)
settings.load_profile("headstart")


# Pages that a newcomer runs as they stand.
PAGES_WITH_WORKERS = ("README.md", "first_fit.md")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Run fold fits in this process, except in tests that are marked ``workers``.

    Worker processes import scikit-learn anew for each fit, which takes seconds. The
    variable is set before any fixture is, and subprocesses inherit it.
    """
    is_page = isinstance(item, pytest.DoctestItem)
    has_workers = item.get_closest_marker("workers") or (
        is_page and item.path.name in PAGES_WITH_WORKERS
    )
    os.environ["HEADSTART_EXECUTION"] = "processes" if has_workers else "in-process"


@pytest.fixture
def small_disk(request, tmp_path):
    """Give a folder on a disk of 256 kB, or of the size in the test's parameter."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs root, who may mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    size = getattr(request, "param", "256k")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs mount of a tmpfs: {mounted.stderr.decode()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def no_shipped_base(monkeypatch):
    """Let searches of this process start from the built-in order."""
    monkeypatch.setattr("headstart.meta.shipped.shipped_base", lambda: None)
