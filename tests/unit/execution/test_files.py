import numpy as np
import pytest

from headstart.exceptions import RunFolderError
from headstart.execution.files import (
    read_parts,
    replacing,
    write_atomically,
    write_parts,
)


def test_parts_are_read_as_they_were_written(tmp_path):
    size = write_parts(tmp_path / "a.model", {"one": b"1", "two": b"22"})

    assert read_parts(tmp_path / "a.model") == {"one": b"1", "two": b"22"}
    assert size == (tmp_path / "a.model").stat().st_size


def write_array(path):
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.zeros(100_000))


@pytest.mark.parametrize("small_disk", ["64k"], indirect=True)
@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_parts(path, {"model": bytes(100_000)}),
        lambda path: write_atomically(path, bytes(100_000)),
        write_array,
    ],
    ids=["parts", "bytes", "array"],
)
def test_a_full_disk_is_named_and_nothing_is_left_on_it(small_disk, write):
    path = small_disk / "00000-0-0.model"

    with pytest.raises(RunFolderError, match="disk is full") as caught:
        write(path)

    assert str(path) in str(caught.value)
    assert list(small_disk.iterdir()) == []


def test_a_folder_that_went_away_is_named(tmp_path):
    with pytest.raises(RunFolderError, match="stays in place"):
        write_atomically(tmp_path / "gone" / "a.json", b"{}")


def test_two_writers_of_one_file_in_one_process_do_not_meet(tmp_path):
    with replacing(tmp_path / "a") as first, replacing(tmp_path / "a") as second:
        first.write_bytes(b"1")
        second.write_bytes(b"2")

    assert (tmp_path / "a").read_bytes() == b"1"
