"""The data of all fold fits of a run: stored once, memory-mapped by workers.

The names in the store are paths in a run folder::

    data/table.arrow     the canonical table
    data/target.npy      codes or values
    data/weight.npy      sample weights, if any
    data/texts.arrow     raw strings of text columns, if a transform may need them
    data/folds.npz       the fold assignment
    data/groups.npy, data/order.npy  groups and time order, if declared
    data/task.json       task, schema, seed, and a token of the run
    data/learners/, data/transforms/  pickles of objects that only this run has; never
                         part of a model file, and loaded only if their SHA-256 is the
                         one from the search process
    transforms/R-F-CHAIN.zip  a transform fitted on the training rows of a fold
    tables/R-F-CHAIN/    the columns of that transform; a cache
    encoders/R-F-VIEW.zip  a view fitted on the training rows of a fold
    views/R-F-VIEW/      the fold's rows in that view; a cache
    fits/TRIAL-R-F-HASH.*  predictions, model and outcome of a fold fit; HASH is that of
                         its configuration
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


# The fold of a refit: all rows are training rows.
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
    """The data of a run for its fold fits.

    Parameters
    ----------
    store : Store
        The store of the data and of the results.
    task : Task
    schema : Schema
    table : DataFrame
        The canonical table.
    y : ndarray of shape (n_rows,)
        Class codes, or values.
    weight : ndarray of shape (n_rows,) or None
    folds : Folds
    learners, transforms : mapping
        Learners and transforms that workers cannot find by name.
    texts : DataFrame or None
        The result of ``schema.read_texts``, if a transform may need it.
    seed : int
        Seed of the run, for transforms.
    dependence : Dependence
        Groups and time order of the rows, for inner folds.
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
    #: Tables of folds after transforms, by name, if they cannot be mapped.
    tables: "dict[str, FoldTable]" = field(default_factory=dict, compare=False)

    def with_texts(self) -> pl.DataFrame:
        """Return the table with the raw text columns, if there are any."""
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
        source = self.handed_over.get(f"learners/{name}")
        unregistered, registry = _received(self.store, source)
        learner: Learner = (
            registry.learner(name) if unregistered is None else unregistered
        )
        return learner

    def transform(self, name: str) -> Transform:
        """Return the run's own transform of that name, or the registered one."""
        if name in self.transforms:
            return self.transforms[name]
        source = self.handed_over.get(f"transforms/{name}")
        unregistered, registry = _received(self.store, source)
        transform: Transform = (
            find_transform(registry, name) if unregistered is None else unregistered
        )
        return transform


def write_fit_data(
    data: FitData, plugin_files: Mapping[str, tuple[str, str]] = MappingProxyType({})
) -> FitData:
    """Write the data of a run into its store, and return the data with `handed_over`.

    Parameters
    ----------
    data : FitData
    plugin_files : mapping of str to (str, str)
        Path and SHA-256 of the plugin file of a learner or transform, by
        ``learners/NAME`` or ``transforms/NAME``.

    Raises
    ------
    RunFolderError
        If the store cannot be written, for example because the disk is full.
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
    # A resumed run reads its folds from the store.
    folds: dict[str, Any] = dict(data.folds.to_arrays())
    with store.writing(_FOLDS) as file:
        np.savez(file, **folds)
    if folder is not None:
        sync(folder / _FOLDS)
    record = {
        "task": data.task.to_record(),
        "schema": data.schema.to_json(),
        "seed": data.seed,
        # The token distinguishes this run from a later one in a store of the same name.
        "token": secrets.token_hex(8),
    }
    store.put(_RECORD, json.dumps(record).encode())
    items: dict[str, Learner | Transform] = {
        **{f"learners/{name}": item for name, item in data.learners.items()},
        **{f"transforms/{name}": item for name, item in data.transforms.items()},
    }
    sources = {**plugin_files, **_hand_over(store, items)}
    return replace(data, handed_over=sources)


def load_fit_data(store: Store) -> FitData:
    """Return the data that `write_fit_data` wrote.

    The data of the last two runs stay in memory until `forget_fit_data` is called.
    """
    return _read_fit_data(store, store.get(_RECORD))


def forget_fit_data() -> None:
    """Release the cached tables and views of all runs."""
    _read_fit_data.cache_clear()


@lru_cache(maxsize=2)
def _read_fit_data(store: Store, content: bytes) -> FitData:
    """Return the data of the run whose ``task.json`` has this content."""
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
    """Return the folds of the run in a store, None if it has none yet."""
    if _FOLDS not in store:
        return None
    with np.load(io.BytesIO(store.get(_FOLDS)), allow_pickle=False) as arrays:
        return Folds.from_arrays(dict(arrays))


def _hand_over(
    store: Store, items: Mapping[str, Learner | Transform]
) -> dict[str, tuple[str, str]]:
    """Store pickles of objects that workers cannot find by name.

    Returns the name in the store and the SHA-256 of each, by ``KIND/NAME``. A worker
    checks the SHA-256.
    """
    sources = {}
    for key, item in items.items():
        content = pickled(item)
        name = f"data/{key}.pkl"
        store.put(name, content)
        sources[key] = (name, hashlib.sha256(content).hexdigest())
    return sources


def _received(store: Store, source: tuple[str, str] | None) -> tuple[Any, "Registry"]:
    """Return the unpickled object, or None, and the registry for names.

    Parameters
    ----------
    store : Store
    source : (str, str) or None
        Name in the store, or path of a plugin file, and SHA-256 of the code, from the
        process of the search. Other code in the store must not run.
    """
    if source is None:
        return None, load_plugins()
    name, sha256 = source
    if not name.endswith(".pkl"):
        return None, registry_of_file(name, sha256)
    content = store.get(name)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise RunFolderError(
            f"{store.path(name) or name} was changed after this run wrote it. It is "
            "not loaded, because it may run any code. hint: find out who else writes "
            "to the run folder."
        )
    # Objects are unpickled separately, so that a failure affects no other object.
    return pickle.loads(content), load_plugins()


def pickled(item: object) -> bytes:
    """Return a pickle for workers, by value if the module is not importable."""
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
    """Return whether another process can import the module by its name."""
    try:
        return importlib.util.find_spec(module.__name__) is not None
    except (ImportError, ValueError):
        return False
