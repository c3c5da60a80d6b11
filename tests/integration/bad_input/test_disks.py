"""Folders that cannot be written, disks that are full."""

import os
import subprocess

import numpy as np
import pytest
from tests.integration.bad_input.kit import classifier, labels, message_of, table

import headstart
from headstart.base.events import Notice
from headstart.exceptions import HeadstartError, RunFolderError


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")  # noqa: PTH112
def test_a_run_folder_that_cannot_be_made_is_refused():
    # Nobody may make a folder there, not even root.
    model = classifier(run_dir="/proc/run")

    text = message_of(RunFolderError, model.fit, table(), labels())

    assert "/proc/run" in text


def test_a_run_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "run").write_text("mine")
    model = classifier(run_dir=tmp_path / "run")

    text = message_of(RunFolderError, model.fit, table(), labels())

    assert str(tmp_path / "run") in text
    assert (tmp_path / "run").read_text() == "mine"


def test_a_model_is_not_saved_where_there_is_no_folder(fitted, tmp_path):
    text = message_of(OSError, fitted.save, tmp_path / "absent" / "m.headstart")

    assert "absent" in text


@pytest.mark.parametrize("small_disk", ["64k"], indirect=True)
def test_a_full_disk_under_a_run_is_said(small_disk):
    rng = np.random.default_rng(0)
    model = classifier(run_dir=small_disk / "run")

    text = message_of(
        (HeadstartError, OSError), model.fit, rng.normal(size=(3000, 5)), labels(3000)
    )

    assert "disk" in text or "space" in text


@pytest.mark.parametrize("small_disk", ["64k"], indirect=True)
def test_a_full_disk_under_a_saved_model_is_said(fitted, small_disk):
    (small_disk / "filler").write_bytes(bytes(60_000))

    text = message_of(OSError, fitted.save, small_disk / "m.headstart")

    assert "disk is full" in text
    assert [entry.name for entry in small_disk.iterdir()] == ["filler"]


@pytest.mark.slow
@pytest.mark.parametrize("small_disk", ["3m"], indirect=True)
@pytest.mark.parametrize(
    "free",
    [
        200_000,
        900_000,
        *(pytest.param(n, marks=pytest.mark.slow) for n in (5e5, 1.3e6, 1.7e6)),
    ],
)
def test_a_run_on_a_full_disk_blames_no_learner_and_goes_on_when_there_is_room(
    small_disk, free
):
    # From too little for the table to too little for the last model.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(3000, 10)), labels(3000)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(3 * 2**20 - int(free)))
    notices = []
    options = {
        "time_limit": None,
        "max_trials": 3,
        "learners": ["logistic", "hist_gradient_boosting", "extra_trees"],
        "validation": headstart.Validation(folds=2, repeats=1),
        "run_dir": small_disk / "run",
    }
    failed = 0
    try:
        model = classifier(**options).fit(X, y, listeners=[notices.append])
        failed = (model.leaderboard()["status"] == "failed").sum()
        messages = " ".join(e.message for e in notices if isinstance(e, Notice))
    except RunFolderError as error:
        messages = str(error)
    assert "disk is full" in messages
    assert str(small_disk) in messages
    assert "resume=True" in messages
    assert failed == 0

    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    board = classifier(**options, resume=True).fit(X, y, listeners=[]).leaderboard()

    assert board["status"].to_list() == ["done"] * 3
