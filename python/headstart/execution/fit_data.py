"""The data that every fold fit of a run reads: stored once, mapped by workers.

Names in the store, which are paths in a run folder::

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
import io
import json
import pickle
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
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
from headstart.execution.files import sync, writing_explained
from headstart.execution.store import (
    Store,
    get_array,
    get_frame,
    put_array,
    put_frame,
)
from headstart.plugins import Registry, find_transform, load_plugins, registry_of_file
from headstart.pool.pickling import dumps
from headstart.tables import Schema
from headstart.validation import INDEPENDENT, Dependence, Folds

if TYPE_CHECKING:
    from headstart.execution.fold_table import FoldTable
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

# Folders of a run folder.
_KINDS = (
    "data",
    "data/learners",
    "data/transforms",
    "encoders",
    "views",
    "fits",
    "transforms",
    "tables",
)
_FOLDS, _RECORD = "data/folds.npz", "data/task.json"


@dataclass(frozen=True, slots=True)
class FitData:
    """The data of a run, as a fold fit sees it.

    Parameters
    ----------
    store : Store
        Where the data lie, and the results will.
    task : Task
    schema : Schema
    table : DataFrame
        The canonical table.
    y : ndarray of shape (n_rows,)
        Codes of classes, or values.
    weight : ndarray of shape (n_rows,) or None
    folds : Folds
    learners, transforms : mapping
        Those that workers cannot find by name.
    texts : DataFrame or None
        What ``schema.read_texts`` returned, where a transform may want it.
    seed : int
        Of the run; transforms draw by it.
    dependence : Dependence
        Groups and order in time of the rows, which inner folds go by.
    handed_over : mapping of str to (str, str)
        See `FoldFit`.
    """

    store: Store
    task: Task
    schema: Schema
    table: pl.DataFrame
    y: NDArray[Any]
    weight: FloatArray | None
    folds: Folds
    learners: Mapping[str, Learner] = field(default_factory=dict)
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    texts: pl.DataFrame | None = None
    seed: int = 0
    dependence: Dependence = INDEPENDENT
    handed_over: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: Views of folds that this process has mapped, by name; see `fold_view`.
    views: "dict[str, FoldView]" = field(default_factory=dict, compare=False)
    #: Tables of folds after transforms, by name, where they cannot be mapped.
    tables: "dict[str, FoldTable]" = field(default_factory=dict, compare=False)

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
        place = self.handed_over.get(f"learners/{name}")
        own, registry = _received(self.store, place)
        learner: Learner = registry.learner(name) if own is None else own
        return learner

    def transform(self, name: str) -> Transform:
        """Return the run's own transform of that name, or the registered one."""
        if name in self.transforms:
            return self.transforms[name]
        place = self.handed_over.get(f"transforms/{name}")
        own, registry = _received(self.store, place)
        transform: Transform = find_transform(registry, name) if own is None else own
        return transform


def write_fit_data(
    data: FitData, plugin_files: Mapping[str, tuple[str, str]] = MappingProxyType({})
) -> FitData:
    """Write the data of a run into its store; return them with what is handed over.

    Parameters
    ----------
    data : FitData
    plugin_files : mapping of str to (str, str)
        By ``learners/NAME`` and ``transforms/NAME``: path and SHA-256 of the plugin
        file that workers find it in.

    Raises
    ------
    RunFolderError
        If the store cannot be written: the disk is full, for one.
    """
    store, folder = data.store, data.store.path("")
    if folder is not None:
        with writing_explained(folder / "data"):
            for name in _KINDS:
                (folder / name).mkdir(parents=True, exist_ok=True)
    put_frame(store, "data/table.arrow", data.table)
    if data.texts is not None:
        put_frame(store, "data/texts.arrow", data.texts)
    arrays = {
        "target": data.y,
        "weight": data.weight,
        "groups": data.dependence.groups,
        "order": data.dependence.order,
    }
    for name, array in arrays.items():
        if array is not None:
            put_array(store, f"data/{name}.npy", array)
    # A run that is resumed reads its folds from here.
    folds: dict[str, Any] = dict(data.folds.to_arrays())
    with store.writing(_FOLDS) as file:
        np.savez(file, **folds)
    if folder is not None:
        sync(folder / _FOLDS)
    record = {
        "task": data.task.to_record(),
        "schema": data.schema.to_json(),
        "seed": data.seed,
        # A later run in a store of the same name must not be taken for this one.
        "token": secrets.token_hex(8),
    }
    store.put(_RECORD, json.dumps(record).encode())
    items: dict[str, Learner | Transform] = {
        **{f"learners/{name}": item for name, item in data.learners.items()},
        **{f"transforms/{name}": item for name, item in data.transforms.items()},
    }
    places = {**plugin_files, **_hand_over(store, items)}
    return replace(data, handed_over=places)


def load_fit_data(store: Store) -> FitData:
    """Read what `write_fit_data` wrote; the last two runs stay in memory.

    They do so until `forget_fit_data` is called.
    """
    return _read_fit_data(store, store.get(_RECORD))


def forget_fit_data() -> None:
    """Let go of the tables and views of all runs that this process has read."""
    _read_fit_data.cache_clear()


@lru_cache(maxsize=2)
def _read_fit_data(store: Store, content: bytes) -> FitData:
    """Read the data of the run whose ``task.json`` has this content."""
    record = json.loads(content)
    task = record["task"]
    folds = stored_folds(store)
    if folds is None:
        raise RunFolderError(f"The store {store} has no folds.")

    def optional(name: str) -> Any:
        name = f"data/{name}.npy"
        return get_array(store, name) if name in store else None

    has_texts = "data/texts.arrow" in store
    return FitData(
        store=store,
        task=Task.from_record(task),
        schema=Schema.from_json(record["schema"]),
        table=get_frame(store, "data/table.arrow"),
        y=get_array(store, "data/target.npy"),
        weight=optional("weight"),
        folds=folds,
        texts=get_frame(store, "data/texts.arrow") if has_texts else None,
        seed=int(record.get("seed", 0)),
        dependence=Dependence(optional("groups"), optional("order")),
    )


def stored_folds(store: Store) -> Folds | None:
    """Return the folds of the run in a store, None where it has none yet."""
    if _FOLDS not in store:
        return None
    with np.load(io.BytesIO(store.get(_FOLDS)), allow_pickle=False) as arrays:
        return Folds.from_arrays(dict(arrays))


def _hand_over(
    store: Store, items: Mapping[str, Learner | Transform]
) -> dict[str, tuple[str, str]]:
    """Pickle what workers cannot find by name; return its names in the store.

    By ``KIND/NAME``, with the SHA-256 by which a worker knows it again.
    """
    places = {}
    for key, item in items.items():
        content = pickled(item)
        name = f"data/{key}.pkl"
        store.put(name, content)
        places[key] = (name, hashlib.sha256(content).hexdigest())
    return places


def _received(store: Store, place: tuple[str, str] | None) -> tuple[Any, "Registry"]:
    """Return what only this run knows, or None; and the registry that knows others.

    Parameters
    ----------
    store : Store
    place : (str, str) or None
        Name in the store, or path of a plugin file, and SHA-256 of the code, as told
        by the process that runs the search: other code in the store is not to be run.
    """
    if place is None:
        return None, load_plugins()
    name, sha256 = place
    if not name.endswith(".pkl"):
        return None, registry_of_file(name, sha256)
    content = store.get(name)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise RunFolderError(
            f"{store.path(name) or name} is not what this run wrote, and is not "
            "loaded: it may run any code. hint: look who else writes to the run folder."
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
