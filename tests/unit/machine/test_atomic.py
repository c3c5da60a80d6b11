"""Files and folders that are whole or not there."""

import pytest

from headstart.machine.atomic import replacing, replacing_folder


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_when_it_is_whole(tmp_path, durable):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path, durable=durable) as new:
        new.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as new:
        new.write_text(f"half {1 / 0}")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole(tmp_path):
    folder = tmp_path / "f"
    with replacing_folder(folder) as new:
        (new / "a").write_text("1")
        assert not folder.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
    assert (folder / "a").read_text() == "1"


def test_a_folder_of_another_process_stays(tmp_path):
    folder = tmp_path / "f"
    with replacing_folder(folder) as new:
        (new / "a").write_text("mine")
        folder.mkdir()
        (folder / "a").write_text("theirs")
    assert (folder / "a").read_text() == "theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    with (
        pytest.raises(FileNotFoundError),
        replacing_folder(tmp_path / "none" / "f"),
    ):
        raise AssertionError("not reached")
