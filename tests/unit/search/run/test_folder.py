import json
import os
import shutil
import tempfile
import time
from concurrent.futures import wait
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from headstart.base import Configuration, FoldOutcome, FoldStatus, Trial
from headstart.exceptions import RunFolderError
from headstart.execution.store import put_parts
from headstart.machine.capacity import available_memory
from headstart.machine.mounts import is_in_memory
from headstart.search.run.folder import MOST_VIEW_BYTES, RunFolder
from headstart.search.run.identity import data_digest

DIGEST = "cde7b0cc73540a2b"


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
    first = RunFolder(tmp_path / "run")
    first.claim({"data": "a", "metric": "rmse"})
    first.close()
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
    names = {p.name for p in (folder.path / "views").iterdir()}
    assert names == {"0-1-a", "0-2-a"}


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


RIDGE = Trial(0, Configuration("ridge", {"alpha": 1.0})).fold_key(0, 1).name


@pytest.fixture
def finished(tmp_path):
    """A run folder with the files of one finished fold fit, as its worker left them."""
    folder = RunFolder(tmp_path / "run")
    for name in ("fits", "encoders", "transforms"):
        (folder.path / name).mkdir()
    fits = folder.path / "fits"
    size = put_parts(folder.store, f"fits/{RIDGE}.model", {"model": b"ridge"})
    np.save(fits / f"{RIDGE}.npy", np.zeros((3, 1)))
    for name in ("encoders/0-1-raw.zip", "transforms/0-1-pca.zip"):
        put_parts(folder.store, name, {"part": b"x"})
    outcome = FoldOutcome(
        FoldStatus.OK, n_bytes=size, encoder="0-1-raw", transforms=("0-1-pca",)
    )
    (fits / f"{RIDGE}.json").write_text(json.dumps(asdict(outcome)))
    yield folder, outcome
    folder.close()


def test_a_finished_fold_fit_is_read_back(finished):
    folder, outcome = finished

    assert folder.finished(RIDGE) == outcome


@pytest.mark.parametrize(
    "name",
    [
        f"fits/{RIDGE}.json",
        f"fits/{RIDGE}.model",
        f"fits/{RIDGE}.npy",
        "encoders/0-1-raw.zip",
        "transforms/0-1-pca.zip",
    ],
)
@pytest.mark.parametrize("content", [None, b"", b"\0" * 40])
def test_what_a_power_cut_left_half_written_counts_as_not_there(
    finished, name, content
):
    folder, _ = finished
    (folder.path / name).unlink()
    if content is not None:
        (folder.path / name).write_bytes(content)

    assert folder.finished(RIDGE) is None


def test_the_outcome_of_another_configuration_is_not_taken_for_this_ones(finished):
    folder, _ = finished
    other = Configuration("ridge", {"alpha": 2.0})

    assert folder.finished(Trial(0, other).fold_key(0, 1).name) is None


def test_what_is_finished_is_synced_and_a_failure_is_told(finished):
    folder, outcome = finished

    folder.sync(RIDGE, outcome)
    folder.sync("00000-0-2", outcome)  # whose files went away

    wait(folder._syncing)
    with pytest.raises(RunFolderError, match="00000-0-2"):
        folder.sync("00000-0-3", outcome)


def test_resuming_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RunFolderError, match="no run folder"):
        RunFolder(tmp_path / "run", resume=True)

    assert not (tmp_path / "run").exists()


def test_resuming_a_folder_of_other_files_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(RunFolderError, match="no run to resume"):
        RunFolder(tmp_path, resume=True)


def test_resuming_an_empty_folder_begins_a_run(tmp_path):
    RunFolder(tmp_path, resume=True).close()

    assert (tmp_path / "journal.db").exists()


@pytest.mark.parametrize(
    ("entry", "there", "here", "words"),
    [
        ("metric", "rmse", "mae", "metric (there 'rmse', here 'mae')"),
        ("validation", "x" * 200, "y", f"there '{'x' * 200}', here 'y'"),
        (
            "learners",
            '["mlp", "svm"]',
            '["mlp", "ridge"]',
            "learners (only there: svm; only here: ridge)",
        ),
        ("transforms", '["pca"]', None, "transforms (there '[\"pca\"]', here none)"),
        (
            "schema",
            '{"columns": [{"name": "a", "kind": "text"}, {"name": "b", "kind": "x"}]}',
            '{"columns": [{"name": "a", "kind": "list"}, {"name": "b", "kind": "x"}]}',
            "column 'a': there 'text', here 'list'",
        ),
    ],
)
def test_the_message_shows_both_sides_of_what_differs(
    tmp_path, entry, there, here, words
):
    folder = RunFolder(tmp_path / "run")
    folder.claim({} if there is None else {entry: there})

    with pytest.raises(RunFolderError) as caught:
        folder.claim({} if here is None else {entry: here})

    assert words in str(caught.value)
    folder.close()


def test_the_digest_of_a_table_is_of_its_values():
    table = pl.DataFrame(
        {
            "number": [1.5, None, 3.0],
            "level": pl.Series(["a", None, "b"], dtype=pl.Enum(["a", "b"])),
            "truth": [True, None, False],
            "text": ["ab", None, "c"],
        }
    )
    y = np.arange(3.0)
    # Written down once: a later version of polars must not change it.
    assert data_digest(table, y, None).startswith(DIGEST)
    others = [
        (table.with_columns(number=pl.Series([1.5, 0.0, 3.0])), y, None),
        (table.with_columns(text=pl.Series(["a", None, "bc"])), y, None),
        (table.with_columns(text=pl.Series(["ab", "", "c"])), y, None),
        (table.with_columns(truth=pl.Series([True, False, False])), y, None),
        (table.rename({"number": "other"}), y, None),
        (table, y[::-1], None),
        (table, y, np.ones(3)),
    ]
    digests = {data_digest(*other) for other in others}
    assert len(digests) == len(others)
    assert data_digest(table, y, None) not in digests


@pytest.mark.parametrize("kind", ["model", "encoder", "transform"])
def test_a_fitted_model_whose_run_folder_was_deleted_says_so(tmp_path, kind):
    folder = RunFolder(tmp_path / "run")
    shutil.rmtree(tmp_path / "run")

    with pytest.raises(RunFolderError, match=r"run no longer holds 0-0\..*save\(\)"):
        getattr(folder, kind)("0-0")


@pytest.mark.skipif(
    not is_in_memory(Path("/dev/shm")), reason="needs a /dev/shm in memory"
)
def test_views_take_less_where_the_folder_lies_in_memory():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        folder = RunFolder(Path(place) / "run")
        folder.close()

    assert 0 < folder.bytes_in_memory <= MOST_VIEW_BYTES
    assert folder.bytes_in_memory <= 0.2 * available_memory()


def test_a_folder_on_a_disk_takes_no_memory(tmp_path):
    if is_in_memory(tmp_path):
        pytest.skip("needs a temporary folder on a disk (TMPDIR)")
    folder = RunFolder(tmp_path / "run")
    folder.close()

    assert folder.bytes_in_memory == 0


@pytest.mark.parametrize(("restarted", "kept"), [(False, True), (True, False)])
def test_views_are_made_again_after_the_machine_has_restarted(
    tmp_path, monkeypatch, restarted, kept
):
    folder = RunFolder(tmp_path / "run")
    view = folder.path / "views" / "0-0-raw"
    view.mkdir(parents=True)
    (view / "train.npy").write_bytes(b"")  # as a power cut leaves it
    folder.close()
    if restarted:
        # No test can restart the machine.
        monkeypatch.setattr(f"{RunFolder.__module__}._machine_start", lambda: "another")

    RunFolder(tmp_path / "run", resume=True).close()

    assert view.exists() is kept
