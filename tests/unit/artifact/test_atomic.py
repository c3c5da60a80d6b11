import errno
import os
import tempfile
from pathlib import Path

import pytest

from headstart.artifact import atomic, read_artifact, write_artifact
from headstart.exceptions import ArtifactError


@pytest.fixture(params=["file", "folder"])
def path(request, tmp_path):
    (tmp_path / "in").mkdir()
    return f"{tmp_path}/in/m" + ("/" if request.param == "folder" else "")


def random_bytes(n):
    import numpy as np

    return np.random.default_rng(0).bytes(n)


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_full_disk_is_said_and_the_old_model_stays(small_disk, ending):
    path = f"{small_disk}/m{ending}"
    write_artifact(path, {"n": b"1", "small": b"x"})

    with pytest.raises(OSError, match=r"disk is full.*free some space") as raised:
        write_artifact(path, {"n": b"2", "large": random_bytes(400_000)})

    assert raised.value.errno == errno.ENOSPC
    assert read_artifact(path).parts["n"] == b"1"
    assert [entry.name for entry in small_disk.iterdir()] == ["m"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_found_full_at_the_last_moment_is_said(
    path, tmp_path, monkeypatch, code
):
    def fsync(handle):
        raise OSError(code, os.strerror(code))

    write_artifact(path, {"n": b"1", "small": b"x"})
    monkeypatch.setattr(os, "fsync", fsync)

    with pytest.raises(OSError, match=r"in/m: the disk is full"):
        write_artifact(path, {"n": b"2", "small": b"y"})

    assert read_artifact(path).parts["n"] == b"1"
    assert [entry.name for entry in (tmp_path / "in").iterdir()] == ["m"]


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        (errno.EACCES, PermissionError, "is not writable. hint"),
        (errno.EROFS, OSError, "is not writable. hint"),
        (errno.EIO, OSError, "Input/output error"),
    ],
)
def test_a_folder_that_refuses_is_named(path, monkeypatch, code, error, message):
    def fsync(handle):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fsync)

    with pytest.raises(error, match=rf"cannot be saved to .*in/m: .*{message}"):
        write_artifact(path, {})


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX file permissions")
@pytest.mark.parametrize("ending", ["", "/"])
def test_an_unwritable_folder_is_named(ending):
    # Not in pytest's own folder, which only its user may look into.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        as_root = os.geteuid() == 0
        if as_root:  # root may write anywhere
            os.seteuid(65534)
        try:
            with pytest.raises(PermissionError, match=r"is not writable. hint"):
                write_artifact(f"{folder}/m{ending}", {"a": b"1"})
        finally:
            if as_root:
                os.seteuid(0)
            Path(folder).chmod(0o700)


def test_a_missing_folder_is_named(tmp_path):
    for path in (tmp_path / "no" / "m", f"{tmp_path}/no/m/"):
        with pytest.raises(FileNotFoundError, match=r"no is not a folder. hint: make"):
            write_artifact(path, {})


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "m").write_bytes(b"mine")

    with pytest.raises(ArtifactError, match=r"m is not a folder.*leave out the '/'"):
        write_artifact(f"{tmp_path}/m/", {})
    with pytest.raises(NotADirectoryError, match="m is not a folder"):
        write_artifact(tmp_path / "m" / "x", {})

    assert (tmp_path / "m").read_bytes() == b"mine"


def test_a_device_stays_what_it_is():
    with pytest.raises(ArtifactError, match="not a plain file"):
        write_artifact(os.devnull, {})

    assert os.path.exists(os.devnull)  # noqa: PTH110
    assert not os.path.isfile(os.devnull)  # noqa: PTH113


def test_ctrl_c_leaves_the_old_model_and_nothing_else(path, tmp_path):
    class Interrupting(dict):
        asked = 0

        def __getitem__(self, name):
            self.asked += 1
            if self.asked > 3:
                raise KeyboardInterrupt
            return super().__getitem__(name)

    write_artifact(path, {"n": b"1"})

    with pytest.raises(KeyboardInterrupt):
        write_artifact(path, Interrupting(a=b"1", b=b"2"))

    assert read_artifact(path).parts["n"] == b"1"
    assert [entry.name for entry in (tmp_path / "in").iterdir()] == ["m"]


def test_the_old_folder_comes_back_when_the_new_cannot_take_its_place(
    tmp_path, monkeypatch
):
    write_artifact(f"{tmp_path}/m/", {"n": b"1"})
    rename = atomic.Path.rename
    renamed = []

    def second_fails(self, target):
        renamed.append(self)
        if len(renamed) == 2:
            raise OSError(errno.EIO, "no luck")
        return rename(self, target)

    monkeypatch.setattr(atomic.Path, "rename", second_fails)

    with pytest.raises(OSError, match="no luck"):
        write_artifact(f"{tmp_path}/m/", {"n": b"2"})

    assert read_artifact(tmp_path / "m").parts["n"] == b"1"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m"]


def test_bytes_reach_the_disk_before_the_name_does(path, monkeypatch):
    order = []
    fsync, replace, rename = os.fsync, atomic.Path.replace, atomic.Path.rename
    monkeypatch.setattr(os, "fsync", lambda h: (order.append("sync"), fsync(h))[1])
    for name, real in (("replace", replace), ("rename", rename)):
        monkeypatch.setattr(
            atomic.Path,
            name,
            lambda a, b, real=real: (order.append("name"), real(a, b))[1],
        )

    write_artifact(path, {})

    assert order[0] == "sync"
    assert order[-2:] == ["name", "sync"]
