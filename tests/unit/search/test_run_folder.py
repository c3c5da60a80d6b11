import os
import time

import pytest

from headstart.exceptions import RunFolderError
from headstart.search.run_folder import RunFolder


def test_a_temporary_folder_goes_with_its_object():
    folder = RunFolder(None)
    path = folder.path
    assert path.is_dir()
    del folder
    assert not path.exists()


def test_a_folder_of_the_users_stays(tmp_path):
    folder = RunFolder(tmp_path / "run")
    del folder
    assert (tmp_path / "run" / "journal.db").exists()


def test_a_run_is_known_by_its_identity(tmp_path):
    RunFolder(tmp_path / "run").claim({"data": "a", "metric": "rmse"})
    again = RunFolder(tmp_path / "run", resume=True)
    again.claim({"data": "a", "metric": "rmse"})
    with pytest.raises(RunFolderError, match="differs in metric"):
        again.claim({"data": "a", "metric": "mae"})


def test_resuming_needs_a_folder():
    with pytest.raises(RunFolderError, match="run_dir"):
        RunFolder(None, resume=True)


def test_a_path_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunFolderError, match="cannot be written"):
        RunFolder(tmp_path / "file")


def test_old_views_go_first(tmp_path):
    folder = RunFolder(tmp_path / "run")
    for age, name in enumerate(["0-0-a", "0-1-a", "0-2-a"]):
        view = folder.path / "views" / name
        view.mkdir(parents=True)
        (view / "train.npy").write_bytes(bytes(1000))
        os.utime(view, (age, age))
    assert folder.trim_views(2000) == 1000
    left = {p.name for p in (folder.path / "views").iterdir()}
    assert left == {"0-1-a", "0-2-a"}


def make_files(folder):
    for name in ("views", "tables", "data", "fits", "encoders", "transforms"):
        (folder.path / name).mkdir()
    for name in ("fits/0-0.model", "fits/1-0.model", "fits/0-0.npy", "encoders/e.zip"):
        (folder.path / name).write_bytes(b"x")
    return {str(p.relative_to(folder.path)) for p in folder.path.rglob("*.*")}


def left_in(folder):
    return {str(p.relative_to(folder.path)) for p in folder.path.rglob("*.*")}


def test_only_what_a_model_needs_is_kept():
    folder = RunFolder(None)
    made = make_files(folder)
    folder.keep_only({"0-0"}, {"e"})
    assert left_in(folder) == made - {"fits/1-0.model", "fits/0-0.npy"}


def test_nothing_is_deleted_after_the_deadline():
    folder = RunFolder(None)
    made = make_files(folder)
    folder.keep_only({"0-0"}, (), deadline=time.monotonic())
    assert left_in(folder) == made
