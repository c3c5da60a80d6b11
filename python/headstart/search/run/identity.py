"""The identity of a run: the hash of its data, its schema, folds, metric and version.

A run folder with another identity is rejected; the error names the difference.
"""

import hashlib
import json
import re
import reprlib
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.machine.capacity import available_cores
from headstart.search.run.folds import brings_splitter
from headstart.search.run.problem import Problem
from headstart.search.run.settings import FitSettings
from headstart.validation import Folds
from headstart.version import __version__

__all__ = ["data_digest", "difference", "identity_of"]

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def identity_of(
    settings: FitSettings,
    problem: Problem,
    learners: Collection[str],
    transforms: Collection[str],
    texts: pl.DataFrame | None,
    folds: Folds,
    seed: int,
) -> dict[str, str]:
    """Return the identity of a run: what must be equal to resume it, as texts.

    Parameters
    ----------
    settings : FitSettings
    problem : Problem
    learners, transforms : collection of str
        Names of those that are searched over.
    texts : DataFrame or None
        Raw texts, where a transform may read them.
    folds : Folds
    seed : int
    """
    validation = repr(settings.validation)
    if brings_splitter(settings.validation):
        # A splitter is identified by its folds, not by its repr, which may contain an
        # address.
        validation = _ADDRESS.sub("", validation)
        validation += f", {folds.describe()}, SHA-256 {_digest_of(folds)[:16]}"
    groups = b"" if problem.groups is None else problem.groups.tobytes()
    table = problem.table if texts is None else problem.table.hstack(texts)
    identity = {
        "data": data_digest(table, problem.y, problem.weight),
        "schema": problem.schema.to_json(),
        "groups": hashlib.sha256(groups).hexdigest(),
        "validation": validation,
        "metric": problem.metric.name,
        "learners": json.dumps(sorted(learners)),
        "random_state": str(settings.fixed_seed(seed)),
        "headstart": __version__,
    }
    if transforms:
        identity["transforms"] = json.dumps(sorted(transforms))
    return identity


def _digest_of(folds: Folds) -> str:
    digest = hashlib.sha256()
    for array in (folds.fold_ids, folds.training):
        if array is not None:
            digest.update(str(array.shape).encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def data_digest(
    table: pl.DataFrame, y: NDArray[Any], weight: NDArray[Any] | None
) -> str:
    """Return a SHA-256 over a canonical table, its target and weights.

    It depends only on the values, not on the version of polars.
    """
    with ThreadPoolExecutor(available_cores()) as threads:
        parts = tuple(threads.map(_digest_of_column, table.iter_columns()))
    digest = hashlib.sha256(b"".join(parts))
    digest.update(_buffer(y))
    if weight is not None:
        digest.update(_buffer(weight))
    return digest.hexdigest()


def _digest_of_column(series: pl.Series) -> bytes:
    """Return a digest of a column's name, its missing rows and its values."""
    digest = hashlib.sha256(series.name.encode() + b"\0")
    digest.update(_buffer(np.packbits(series.is_not_null().to_numpy())))
    if series.dtype == pl.String:
        texts = series.fill_null("")
        digest.update(_buffer(texts.str.len_bytes().to_numpy().astype("<u4")))
        digest.update(texts.str.join("")[0].encode())
    elif series.dtype == pl.Boolean:
        digest.update(_buffer(np.packbits(series.fill_null(value=False).to_numpy())))
    else:
        if series.dtype == pl.Enum:
            # The codes; the schema contains the level of each.
            series = series.to_physical().cast(pl.UInt32)
        digest.update(_buffer(series.fill_null(0).to_numpy()))
    return digest.digest()


def _buffer(values: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(values).data


def difference(name: str, stored: str | None, current: str | None) -> str:
    """Return a description of the difference between an entry and the stored one."""
    listed = {"learners", "transforms"}
    if name in listed and stored is not None and current is not None:
        current_names, stored_names = set(json.loads(current)), set(json.loads(stored))
        sides = {
            "there": stored_names - current_names,
            "here": current_names - stored_names,
        }
        text = "; ".join(
            f"only {side}: {', '.join(sorted(names))}"
            for side, names in sides.items()
            if names
        )
        return f"{name} ({text})"
    if name == "schema" and stored is not None and current is not None:
        return f"schema ({_differing_columns(stored, current)})"
    return f"{name} (there {_quoted(stored)}, here {_quoted(current)})"


def _differing_columns(stored: str, current: str) -> str:
    """Describe the columns in which two schemas differ, with their kinds."""
    kinds = [
        {column["name"]: column for column in json.loads(schema)["columns"]}
        for schema in (stored, current)
    ]
    differences = []
    for column in dict.fromkeys([*kinds[0], *kinds[1]]):
        stored_column, current_column = (columns.get(column) for columns in kinds)
        if stored_column != current_column:
            sides = [
                _quoted(side and side["kind"])
                for side in (stored_column, current_column)
            ]
            differences.append(f"column {column!r}: there {sides[0]}, here {sides[1]}")
    return "; ".join([*differences[:3], *(["..."] if len(differences) > 3 else [])])


def _quoted(value: str | None) -> str:
    return "none" if value is None else _repr.repr(value)


_repr = reprlib.Repr()
_repr.maxstring = 300
