"""Settings of the test run: pages of documentation run in a folder of their own."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# What this user has learnt from earlier runs is not for tests.
os.environ["HEADSTART_META_DB"] = str(Path(tempfile.gettempdir()) / "no-base-here.db")


@pytest.fixture(autouse=True)
def _pages_write_elsewhere(request, tmp_path_factory, monkeypatch):
    if isinstance(request.node, pytest.DoctestItem) and request.path.suffix == ".md":
        monkeypatch.chdir(tmp_path_factory.mktemp("page"))


# Machines are slow and busy: how long an example takes says nothing of the code.
settings.register_profile("headstart", deadline=None)
settings.load_profile("headstart")
