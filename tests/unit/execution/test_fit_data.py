"""What fold fits of one process keep of a run, and what they must not keep."""

import gc
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from headstart.base import Task, TaskKind, View
from headstart.execution.files import read_or_make
from headstart.execution.fit_data import (
    FitData,
    forget_fit_data,
    load_fit_data,
    write_fit_data,
)
from headstart.execution.fold_view import fold_view
from headstart.execution.store import FolderStore, put_parts
from headstart.tables import Schema, read_frame, write_frame
from headstart.validation import Folds

N = 12
MAPS = Path("/proc/self/maps")
FOLDS = Folds((np.arange(N) % 3).astype(np.uint8)[None])


def write(folder, level):
    frame = pl.DataFrame({"x": np.arange(N) + level})
    schema = Schema.learn(frame, overrides={"x": "numeric"})
    return write_fit_data(
        FitData(
            store=FolderStore(folder),
            task=Task(TaskKind.REGRESSION, N, 1, 1, 0, "rmse"),
            schema=schema,
            table=schema.apply(frame),
            y=np.full(N, level),
            weight=None,
            folds=FOLDS,
        )
    )


@pytest.fixture(autouse=True)
def forget():
    yield
    forget_fit_data()


def test_a_second_run_in_an_emptied_folder_reads_its_own_table_and_views(tmp_path):
    folder = tmp_path / "run"
    for level in (0.0, 100.0):
        write(folder, level)
        data = load_fit_data(FolderStore(folder))
        view = fold_view(data, View(), 0, 0)

        assert data.y[0] == level
        assert data.table["x"].min() == level
        assert view.validation.values.min() == level
        shutil.rmtree(folder)


def test_a_run_is_read_once(tmp_path):
    write(tmp_path, 0.0)

    assert load_fit_data(FolderStore(tmp_path)) is load_fit_data(FolderStore(tmp_path))


@pytest.mark.skipif(not MAPS.exists(), reason="needs /proc/self/maps")
def test_what_was_read_of_a_run_can_be_let_go(tmp_path):
    write(tmp_path, 0.0)
    data = load_fit_data(FolderStore(tmp_path))
    for fold in range(3):
        fold_view(data, View(), 0, fold)
    assert str(tmp_path) in MAPS.read_text()
    del data

    forget_fit_data()
    gc.collect()

    assert str(tmp_path) not in MAPS.read_text()


def test_a_process_keeps_a_dozen_views_at_most(tmp_path):
    data = write(tmp_path, 0.0)
    for size in range(2, 18):
        fold_view(data, View(), 0, 0, rows=np.arange(size) % N)

    assert len(data.views) == 12


def test_threads_of_one_process_make_views_at_the_same_time(tmp_path):
    data = write(tmp_path, 0.0)
    views = [(fold, rows) for rows in (None, *range(2, 8)) for fold in range(3)] * 3

    def minimum(key):
        fold, size = key
        rows = None if size is None else np.arange(size)
        return fold_view(data, View(), 0, fold, rows=rows).validation.values.min()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(minimum, views)) == [float(f) for f, _ in views]


def test_threads_write_one_file_at_the_same_time(tmp_path):
    parts = {"part": bytes(20_000)}
    frame = pl.DataFrame({"x": np.arange(2_000)})
    with ThreadPoolExecutor(8) as threads:
        put = partial(put_parts, FolderStore(tmp_path), "a")
        list(threads.map(put, [parts] * 100))
        list(threads.map(lambda _: write_frame(frame, tmp_path / "b"), range(100)))

    assert read_frame(tmp_path / "b").equals(frame)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_folder_that_is_deleted_while_it_is_read_is_made_again(tmp_path):
    folder = tmp_path / "view"
    n_reads = 0

    def make():
        folder.mkdir()
        (folder / "values").write_text("3")

    def read(place):
        nonlocal n_reads
        n_reads += 1
        if n_reads == 1:
            shutil.rmtree(place)
        return (place / "values").read_text()

    assert read_or_make(folder, make, read) == "3"
    assert n_reads == 2


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_or_make(tmp_path / "view", lambda: None, lambda f: (f / "x").read_text())
