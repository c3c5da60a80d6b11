import numpy as np
import pytest

from headstart.exceptions import RunFolderError
from headstart.execution.files import replacing
from headstart.execution.store import FolderStore, put_array, put_parts


@pytest.mark.parametrize("small_disk", ["64k"], indirect=True)
@pytest.mark.parametrize(
    "write",
    [
        lambda store, name: put_parts(store, name, {"model": bytes(100_000)}),
        lambda store, name: store.put(name, bytes(100_000)),
        lambda store, name: put_array(store, name, np.zeros(100_000)),
    ],
    ids=["parts", "bytes", "array"],
)
def test_a_full_disk_is_named_and_nothing_is_left_on_it(small_disk, write):
    path = small_disk / "00000-0-0.model"

    with pytest.raises(RunFolderError, match="disk is full") as caught:
        write(FolderStore(small_disk), path.name)

    assert str(path) in str(caught.value)
    assert list(small_disk.iterdir()) == []


def test_a_folder_that_went_away_is_named(tmp_path):
    with pytest.raises(RunFolderError, match="must exist"):
        FolderStore(tmp_path / "gone").put("a.json", b"{}")


def test_two_writers_of_one_file_in_one_process_do_not_meet(tmp_path):
    with replacing(tmp_path / "a") as first, replacing(tmp_path / "a") as second:
        first.write_bytes(b"1")
        second.write_bytes(b"2")

    assert (tmp_path / "a").read_bytes() == b"1"
