"""What every fold fit of a run reads: written once by the parent, mapped by workers.

Layout, inside the run folder::

    data/table.arrow     the canonical table
    data/target.npy      codes or values
    data/weight.npy      sample weights, where given
    data/texts.arrow     raw strings of text columns, where a transform may want them
    data/folds.npz       the fold assignment
    data/groups.npy, data/order.npy  groups and order in time, where declared
    data/task.json       task, schema, seed; a token of the run that wrote them
    data/learners/, data/transforms/  those that only this run knows, pickled (never
                         part of a model file); read only by who was told their SHA-256
    transforms/R-F-CHAIN.zip  a transform fitted on the training rows of a fold
    tables/R-F-CHAIN/    columns that it made; may go and be made again
    encoders/R-F-VIEW.zip  a view fitted on the training rows of a fold
    views/R-F-VIEW/      what it makes of the fold's rows; may go and be made again
    fits/TRIAL-R-F-HASH.*  predictions, model and outcome of one fold fit, with the hash
                         of its configuration
"""

import hashlib
import importlib.util
import json
import pickle
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import (
    FloatArray,
    IntArray,
    Learner,
    Task,
    Transform,
)
from headstart.exceptions import RunFolderError
from headstart.execution.files import (
    replacing,
    sync,
    write_atomically,
    writing_explained,
)
from headstart.plugins import Registry, find_transform, load_plugins, registry_of_file
from headstart.pool.pickling import dumps
from headstart.tables import Schema, read_frame, write_frame
from headstart.validation import INDEPENDENT, Dependence, Folds

if TYPE_CHECKING:
    from headstart.execution.fold_view import FoldView

__all__ = [
    "ALL_ROWS",
    "FitData",
    "forget_fit_data",
    "load_fit_data",
    "pickled",
    "stored_folds",
    "write_fit_data",
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
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    texts: pl.DataFrame | None = None
    seed: int = 0
    dependence: Dependence = INDEPENDENT
    handed_over: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: Views of folds that this process has mapped, by name; see `fold_view`.
    views: "dict[str, FoldView]" = field(default_factory=dict, compare=False)

    def with_texts(self) -> pl.DataFrame:
        """Return the table with the raw text columns, where there are any."""
        return self.table if self.texts is None else self.table.hstack(self.texts)

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
        own, registry = _received(self.handed_over.get(f"learners/{name}"))
        learner: Learner = registry.learner(name) if own is None else own
        return learner

    def transform(self, name: str) -> Transform:
        """Return the run's own transform of that name, or the registered one."""
        if name in self.transforms:
            return self.transforms[name]
        own, registry = _received(self.handed_over.get(f"transforms/{name}"))
        transform: Transform = find_transform(registry, name) if own is None else own
        return transform


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
    transforms: Mapping[str, Transform] = MappingProxyType({}),
    transform_files: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    texts: pl.DataFrame | None = None,
    seed: int = 0,
    dependence: Dependence = INDEPENDENT,
) -> FitData:
    """Write the data of a run into its folder and return it.

    Parameters
    ----------
    learners, transforms : mapping
        Those that workers cannot find by name.
    plugin_files, transform_files : mapping of str to (str, str)
        By learner and by transform: path and SHA-256 of the plugin file that workers
        find it in.
    texts : DataFrame or None
        What ``schema.read_texts`` returned, where a transform may want it.
    seed : int
        Of the run; transforms draw by it.
    dependence : Dependence
        Groups and order in time of the rows, which inner folds go by.

    Raises
    ------
    RunFolderError
        If the folder cannot be written: the disk is full, for one.
    """
    data = folder / "data"
    with writing_explained(data):
        for name in ("data", "encoders", "views", "fits", "transforms", "tables"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        write_frame(table, data / "table.arrow")
        if texts is not None:
            write_frame(texts, data / "texts.arrow")
        np.save(data / "target.npy", y, allow_pickle=False)
        if weight is not None:
            np.save(data / "weight.npy", weight, allow_pickle=False)
        for name in ("groups", "order"):
            codes = getattr(dependence, name)
            if codes is not None:
                np.save(data / f"{name}.npy", codes, allow_pickle=False)
    arrays: dict[str, Any] = dict(folds.to_arrays())
    # A run that is resumed reads its folds from here.
    with (
        replacing(data / "folds.npz") as temporary,
        temporary.open("wb") as file,
    ):
        np.savez(file, **arrays)
    sync(data / "folds.npz")
    record = {
        "task": task.to_record(),
        "schema": schema.to_json(),
        "seed": seed,
        # A later run in a folder of the same name must not be taken for this one.
        "token": secrets.token_hex(8),
    }
    write_atomically(data / "task.json", json.dumps(record).encode())
    handed_over = {
        **_hand_over(data / "learners", learners, plugin_files),
        **_hand_over(data / "transforms", transforms, transform_files),
    }
    return FitData(
        folder,
        task,
        schema,
        table,
        y,
        weight,
        folds,
        dict(learners),
        dict(transforms),
        texts,
        seed,
        dependence,
        handed_over,
    )


def load_fit_data(folder: str) -> FitData:
    """Read what `write_fit_data` wrote; the last two runs stay in memory.

    They do so until `forget_fit_data` is called.
    """
    return _read_fit_data(folder, (Path(folder) / "data" / "task.json").read_text())


def forget_fit_data() -> None:
    """Let go of the tables and views of all runs that this process has read."""
    _read_fit_data.cache_clear()


@lru_cache(maxsize=2)
def _read_fit_data(folder: str, content: str) -> FitData:
    """Read the data of the run whose ``task.json`` has this content."""
    data = Path(folder) / "data"
    record = json.loads(content)
    task = record["task"]
    weight, texts = data / "weight.npy", data / "texts.arrow"
    folds = stored_folds(Path(folder))
    if folds is None:
        raise RunFolderError(f"The run folder {folder} has no folds.")
    return FitData(
        folder=Path(folder),
        task=Task.from_record(task),
        schema=Schema.from_json(record["schema"]),
        table=read_frame(data / "table.arrow"),
        y=np.load(data / "target.npy", allow_pickle=False),
        weight=np.load(weight, allow_pickle=False) if weight.exists() else None,
        folds=folds,
        learners={},
        texts=read_frame(texts) if texts.exists() else None,
        seed=int(record.get("seed", 0)),
        dependence=Dependence(_codes(data, "groups"), _codes(data, "order")),
    )


def _codes(folder: Path, name: str) -> IntArray | None:
    path = folder / f"{name}.npy"
    return np.load(path, allow_pickle=False) if path.exists() else None


def stored_folds(folder: Path) -> Folds | None:
    """Return the folds of the run in a folder, None where it has none yet."""
    path = folder / "data" / "folds.npz"
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return Folds.from_arrays(dict(arrays))


def _hand_over(
    folder: Path,
    own: Mapping[str, Learner | Transform],
    files: Mapping[str, tuple[str, str]],
) -> dict[str, tuple[str, str]]:
    """Pickle what workers cannot find by name; return where all such code lies.

    By ``KIND/NAME``, with the SHA-256 by which a worker knows it again.
    """
    folder.mkdir(exist_ok=True)
    places = {f"{folder.name}/{name}": place for name, place in files.items()}
    for name, item in own.items():
        content = pickled(item)
        path = folder / f"{name}.pkl"
        write_atomically(path, content)
        digest = hashlib.sha256(content).hexdigest()
        places[f"{folder.name}/{name}"] = (str(path), digest)
    return places


def _received(place: tuple[str, str] | None) -> tuple[Any, "Registry"]:
    """Return what only this run knows, or None; and the registry that knows others.

    Parameters
    ----------
    place : (str, str) or None
        Path and SHA-256 of the code, as the process told them that runs the search:
        what else lies in the run folder is not to be run.
    """
    if place is None:
        return None, load_plugins()
    path, sha256 = place
    if not path.endswith(".pkl"):
        return None, registry_of_file(path, sha256)
    content = Path(path).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise RunFolderError(
            f"{path} is not what this run wrote, and is not loaded: it may run any "
            "code. hint: look who else writes to the run folder."
        )
    # One at a time: one that cannot be read here spoils no other.
    return pickle.loads(content), load_plugins()


def pickled(item: object) -> bytes:
    """Pickle it so that a worker can read it: by value where it must be."""
    import cloudpickle

    module = sys.modules.get(type(item).__module__)
    if module is None or module.__name__ == "__main__" or _is_importable(module):
        return dumps(item)
    cloudpickle.register_pickle_by_value(module)
    try:
        return dumps(item)
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _is_importable(module: ModuleType) -> bool:
    """Whether another process finds the module by its name."""
    try:
        return importlib.util.find_spec(module.__name__) is not None
    except (ImportError, ValueError):
        return False
