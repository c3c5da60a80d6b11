"""What every fold fit of a run reads: written once by the parent, mapped by workers.

Layout, inside the run folder::

    data/table.arrow     the canonical table
    data/target.npy      codes or values
    data/weight.npy      sample weights, where given
    data/folds.npz       the fold assignment
    data/task.json       task, schema
    data/learners/       learners that only this run knows (never part of a model file),
                         and where those of plugin files are from
    encoders/R-F-VIEW.zip  a view fitted on the training rows of a fold
    views/R-F-VIEW/      what it makes of the fold's rows; may go and be made again
    fits/TRIAL-R-F.*     predictions, model and outcome of one fold fit
"""

import importlib.util
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import (
    FloatArray,
    IntArray,
    Learner,
    Matrix,
    Parts,
    Task,
    TaskKind,
    View,
)
from headstart.exceptions import RunFolderError
from headstart.tables import Schema, ViewEncoder, read_frame, write_frame
from headstart.validation import Folds

__all__ = [
    "ALL_ROWS",
    "FitData",
    "FoldView",
    "fold_view",
    "load_fit_data",
    "read_parts",
    "stored_folds",
    "write_atomically",
    "write_fit_data",
    "write_parts",
]


# The fold of a refit: all rows are trained on, none is held out.
ALL_ROWS = -1


@dataclass(frozen=True, slots=True)
class FitData:
    """The data of a run, as a fold fit sees it."""

    folder: Path
    task: Task
    schema: Schema
    table: pl.DataFrame
    y: NDArray[Any]
    weight: FloatArray | None
    folds: Folds
    learners: Mapping[str, Learner]

    def train(self, repeat: int, fold: int) -> IntArray:
        """Return a fold's training rows; all rows for `ALL_ROWS`."""
        if fold == ALL_ROWS:
            return np.arange(self.y.size)
        return self.folds.train(repeat, fold)

    def held_out(self, repeat: int, fold: int) -> IntArray:
        """Return a fold's validation rows; none for `ALL_ROWS`."""
        if fold == ALL_ROWS:
            return np.arange(0)
        return self.folds.validation(repeat, fold)

    def learner(self, name: str) -> Learner:
        """Return the run's own learner of that name, or the registered one."""
        if name in self.learners:
            return self.learners[name]
        path = self.folder / "data" / "learners" / f"{name}.pkl"
        if path.exists():
            import cloudpickle

            # Written by this very run, on this machine: never part of a model file.
            # One at a time: one that cannot be read here spoils no other.
            own: Learner = cloudpickle.loads(path.read_bytes())
            return own
        from headstart.plugins import load_plugins, registry_of_file

        path = path.with_suffix(".json")
        if path.exists():
            place, sha256 = json.loads(path.read_text())
            return registry_of_file(place, sha256).learner(name)
        return load_plugins().learner(name)


@dataclass(frozen=True, slots=True)
class FoldView:
    """A view of a fold: training and validation rows, mapped from files."""

    name: str
    train: Matrix
    validation: Matrix


def write_fit_data(
    folder: Path,
    *,
    task: Task,
    schema: Schema,
    table: pl.DataFrame,
    y: NDArray[Any],
    weight: FloatArray | None,
    folds: Folds,
    learners: Mapping[str, Learner],
    plugin_files: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> FitData:
    """Write the data of a run into its folder and return it.

    Parameters
    ----------
    learners : mapping of str to Learner
        Those that workers cannot find by name.
    plugin_files : mapping of str to (str, str)
        By learner: path and SHA-256 of the plugin file that workers find it in.
    """
    data = folder / "data"
    for name in ("data", "encoders", "views", "fits"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_frame(table, data / "table.arrow")
    np.save(data / "target.npy", y, allow_pickle=False)
    if weight is not None:
        np.save(data / "weight.npy", weight, allow_pickle=False)
    arrays: dict[str, Any] = dict(folds.to_arrays())
    # Renamed into place: a run that is resumed reads its folds from here.
    np.savez(data / ".folds.npz", **arrays)
    (data / ".folds.npz").replace(data / "folds.npz")
    record = {"task": asdict(task), "schema": schema.to_json()}
    write_atomically(data / "task.json", json.dumps(record).encode())
    (data / "learners").mkdir(exist_ok=True)
    for name, learner in learners.items():
        write_atomically(data / "learners" / f"{name}.pkl", _pickled(learner))
    for name, place in plugin_files.items():
        path = data / "learners" / f"{name}.json"
        write_atomically(path, json.dumps(place).encode())
    return FitData(folder, task, schema, table, y, weight, folds, dict(learners))


@lru_cache(maxsize=2)
def load_fit_data(folder: str) -> FitData:
    """Read what `write_fit_data` wrote; the last two runs are remembered."""
    data = Path(folder) / "data"
    record = json.loads((data / "task.json").read_text())
    task = record["task"]
    weight = data / "weight.npy"
    folds = stored_folds(Path(folder))
    if folds is None:
        raise RunFolderError(f"The run folder {folder} has no folds.")
    return FitData(
        folder=Path(folder),
        task=Task(**{**task, "kind": TaskKind(task["kind"])}),
        schema=Schema.from_json(record["schema"]),
        table=read_frame(data / "table.arrow"),
        y=np.load(data / "target.npy", allow_pickle=False),
        weight=np.load(weight, allow_pickle=False) if weight.exists() else None,
        folds=folds,
        learners={},
    )


def stored_folds(folder: Path) -> Folds | None:
    """Return the folds of the run in a folder, None where it has none yet."""
    path = folder / "data" / "folds.npz"
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return Folds.from_arrays(dict(arrays))


def fold_view(
    data: FitData, view: View, repeat: int, fold: int, rows: IntArray | None = None
) -> FoldView:
    """Return a view of a fold, fitted on its training rows; made once, then mapped.

    Parameters
    ----------
    rows : ndarray of int64 or None
        Training rows to use instead of all of the fold's (a sample of them); the view
        is then stored under a name of its own.
    """
    part = "all" if fold == ALL_ROWS else str(fold)
    name = f"{repeat}-{part}-{view.key}" + ("" if rows is None else f"-{rows.size}")
    path = data.folder / "views" / name
    if str(path) not in _opened:
        if not path.exists():
            _make_view(path, data, view, repeat, fold, rows)
        while len(_opened) >= _MAX_OPENED:
            _opened.pop(next(iter(_opened)))
        _opened[str(path)] = _map_view(path)
    return _opened[str(path)]


_opened: dict[str, FoldView] = {}
_MAX_OPENED = 12


def _make_view(
    folder: Path,
    data: FitData,
    view: View,
    repeat: int,
    fold: int,
    rows: IntArray | None,
) -> None:
    train = data.table[data.train(repeat, fold) if rows is None else rows]
    encoder = ViewEncoder.fit(train, view, data.schema)
    matrix = encoder.transform(train)
    validation = encoder.transform(data.table[data.held_out(repeat, fold)])
    encoders = data.folder / "encoders"
    write_parts(encoders / f"{folder.name}.zip", encoder.to_parts())
    temporary = Path(tempfile.mkdtemp(prefix=".view-", dir=folder.parent))
    try:
        np.save(temporary / "train.npy", matrix.values)
        np.save(temporary / "validation.npy", validation.values)
        names = {
            "names": matrix.names,
            "categorical": matrix.categorical,
            "n_levels": matrix.n_levels,
        }
        (temporary / "columns.json").write_text(json.dumps(names))
        temporary.rename(folder)
    except OSError:
        # Another worker was first: its files are the same.
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _map_view(folder: Path) -> FoldView:
    columns = json.loads((folder / "columns.json").read_text())

    def matrix(name: str) -> Matrix:
        # Mapped read-only: a learner that writes into its input gets an error.
        values = np.load(folder / name, mmap_mode="r", allow_pickle=False)
        return Matrix(
            values.view(np.ndarray),
            tuple(columns["names"]),
            tuple(columns["categorical"]),
            tuple(columns["n_levels"]),
        )

    return FoldView(folder.name, matrix("train.npy"), matrix("validation.npy"))


def _pickled(learner: Learner) -> bytes:
    """Pickle a learner so that a worker can read it: by value where it must be."""
    import cloudpickle

    module = sys.modules.get(type(learner).__module__)
    if module is None or module.__name__ == "__main__" or _is_importable(module):
        return bytes(cloudpickle.dumps(learner))
    cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(learner))
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _is_importable(module: ModuleType) -> bool:
    """Whether another process finds the module by its name."""
    try:
        return importlib.util.find_spec(module.__name__) is not None
    except (ImportError, ValueError):
        return False


def write_parts(path: Path, parts: Mapping[str, bytes]) -> int:
    """Write named bytes to one file, in place at once; return its size in bytes."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    temporary.replace(path)
    return path.stat().st_size


def read_parts(path: Path) -> Parts:
    """Read what `write_parts` wrote."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
