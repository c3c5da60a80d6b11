"""Stored model files of every format version: read, or refused with what to do."""

from pathlib import Path

import pytest

from headstart.artifact import read_artifact
from headstart.exceptions import ArtifactError

STORED = Path(__file__).parent / "artifact"


def test_a_file_of_format_1_is_refused_with_what_to_do():
    with pytest.raises(
        ArtifactError,
        match=r"in format 1, which .* not read\. hint: fit the model",
    ):
        read_artifact(STORED / "format_1.zip")


def test_a_file_of_format_2_reads_as_it_was_written():
    artifact = read_artifact(STORED / "format_2.zip", known=["model.json", "models/"])

    assert artifact.made_by == {
        "headstart": "0.1.0",
        "python": "3.11.9",
        "numpy": "2.0.0",
    }
    assert artifact.record("model.json") == {"task": "binary", "note": "é ✓"}
    assert dict(artifact.parts) == {
        "golden/rows": b"ignored by whoever does not know it",
        "model.json": '{"task": "binary", "note": "é ✓"}'.encode(),
        "models/0-0-0/empty": b"",
        "models/0-0-0/trees.bin": bytes(range(256)),
    }
