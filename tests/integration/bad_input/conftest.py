"""Fold fits run in the process itself."""

import pytest
from tests.integration.bad_input.kit import classifier, labels, table


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    """Run fold fits here: what workers do is tested elsewhere, and costs seconds."""
    monkeypatch.setenv("HEADSTART_EXECUTION", "in-process")


@pytest.fixture(scope="module")
def fitted():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADSTART_EXECUTION", "in-process")
        return classifier().fit(table(), labels())
