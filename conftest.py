"""Settings of the test run: pages of documentation run in a folder of their own."""

import pytest
from hypothesis import settings


@pytest.fixture(autouse=True)
def _pages_write_elsewhere(request, tmp_path_factory, monkeypatch):
    if isinstance(request.node, pytest.DoctestItem) and request.path.suffix == ".md":
        monkeypatch.chdir(tmp_path_factory.mktemp("page"))


# Machines are slow and busy: how long an example takes says nothing of the code.
settings.register_profile("headstart", deadline=None)
settings.load_profile("headstart")
