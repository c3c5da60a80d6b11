"""Hostile files are read, or refused in words: no internals, no hang, no flood."""

import gzip
import os
import warnings

import pytest
from tests.integration.bad_input.hostile_files import by_hand, damaged

import headstart
from headstart import read_table
from headstart.exceptions import HeadstartError, TableError
from headstart.tables.read import opening
from headstart.tables.read.batches import read_batches

INTERNALS = ("Traceback", "panicked", "polars.", "PyErr", "0x", "schema_overrides")


def outcome(call):
    """Return what a call gives, or the words it refuses with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call()
        except HeadstartError as error:
            text = str(error)
            assert len(text) < 2_000
            assert not any(word in text for word in INTERNALS), text
            return text


def check(path, *, look, n_totals=0):
    whole = outcome(lambda: read_table(path))
    batches = outcome(lambda: sum(b.height for b in read_batches(path)))
    if isinstance(whole, str):
        assert path.name in whole
    else:
        # What can be read whole can be read in batches, where totals are rows, too.
        assert batches == whole.height + n_totals
        if look and whole.width < 100:
            target = "y" if "y" in whole.columns else whole.columns[-1]
            outcome(lambda: headstart.inspect(path, target=target))


def test_hostile_files_by_hand_are_read_or_refused(tmp_path):
    path = tmp_path / "t.csv"
    for name, data in by_hand().items():
        path.write_bytes(data)
        try:
            check(path, look=True, n_totals=int(name == "sum below the rows"))
        except Exception as error:
            raise AssertionError(f"the file {name!r}") from error


@pytest.mark.parametrize(
    ("seed", "n"), [(0, 100), pytest.param(1, 2_000, marks=pytest.mark.slow)]
)
def test_damaged_files_are_read_or_refused(tmp_path, seed, n):
    path = tmp_path / "t.csv"
    for number, data in enumerate(damaged(seed, n)):
        path.write_bytes(data)
        try:
            check(path, look=number % 10 == 0)
        except Exception as error:
            raise AssertionError(f"the file {data!r}") from error


def test_a_gzip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,y\n" + bytes(3 << 20)))
    monkeypatch.setattr(opening, "_most_bytes", lambda: 1 << 20)
    monkeypatch.setattr(opening, "_PART", 1 << 16)
    with pytest.raises(TableError, match="unpacks to more than"):
        read_table(path)


def test_a_pipe_and_a_folder_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match="not a plain file"):
        read_table(tmp_path / "pipe.csv")
    with pytest.raises(TableError, match="is a folder"):
        list(read_batches(tmp_path / "folder.csv"))
