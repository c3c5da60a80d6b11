"""Model files of every format version stay readable."""

from pathlib import Path

from headstart.artifact import read_artifact

STORED = Path(__file__).parent / "artifact"


def test_a_file_of_format_1_reads_as_it_was_written():
    artifact = read_artifact(STORED / "format_1.zip")

    assert artifact.manifest == {
        "model": {
            "task": "binary",
            "weights": [0.25, 0.75],
            "note": "é ✓",
            "none": None,
        }
    }
    assert artifact.made_by == {
        "headstart": "0.1.0",
        "python": "3.11.9",
        "numpy": "2.0.0",
    }
    assert dict(artifact.parts) == {
        "schema.json": b'{"columns": []}',
        "models/00000-0-0/trees.bin": bytes(range(256)),
        "models/00000-0-0/repeats": b"headstart " * 40,
        "models/00001-0-0/empty": b"",
    }
