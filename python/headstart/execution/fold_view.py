"""Views of folds: fitted on training rows, computed once, mapped by workers."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headstart.base import IntArray, Matrix, Resources, Step, View, chain_key
from headstart.execution.files import read_or_make, writing_explained
from headstart.execution.fit_data import ALL_ROWS, FitData
from headstart.execution.fold_table import Report, fold_table, held_out_rows
from headstart.execution.store import put_parts
from headstart.machine.atomic import replacing_folder
from headstart.tables import ViewEncoder

__all__ = ["FoldView", "fold_view"]


@dataclass(frozen=True, slots=True)
class FoldView:
    """A view of a fold: its training and validation rows."""

    name: str
    train: Matrix
    validation: Matrix


def fold_view(
    data: FitData,
    view: View,
    repeat: int,
    fold: int,
    rows: IntArray | None = None,
    *,
    steps: Sequence[Step] = (),
    resources: Resources | None = None,
    report: Report = lambda _: None,
) -> FoldView:
    """Return a view of a fold, fitted on its training rows.

    It is computed once, and then memory-mapped.

    Parameters
    ----------
    data : FitData
    view : View
    repeat, fold : int
    rows : ndarray of int64 or None
        A sample of the fold's training rows to use instead of all. The view then has
        another name.
    steps : sequence of Step
        Transforms that are applied to the table first; see `fold_table`.
    resources : Resources or None
        Resources of the transforms.
    report : callable of str
        As in `fold_table`.
    """
    part = "all" if fold == ALL_ROWS else str(fold)
    chain = f"-{chain_key(steps)}" if steps else ""
    sample = "" if rows is None else f"-{rows.size}"
    name = f"{repeat}-{part}-{view.key}{chain}{sample}"
    cached = data.views.get(name)
    if cached is not None:
        return cached

    def encode() -> FoldView:
        """Fit the view, store its encoder, and return the fold's rows in the view."""
        if steps:
            table = fold_table(
                data,
                steps,
                repeat,
                fold,
                resources or Resources(),
                rows=rows,
                report=report,
            )
            schema, (train, held_out) = None, table.for_views()
        else:
            schema = data.schema
            train = data.table[data.train(repeat, fold) if rows is None else rows]
            held_out = held_out_rows(data, data.table, repeat, fold)
        encoder = ViewEncoder.fit(train, view, schema)
        encoded = FoldView(name, encoder.transform(train), encoder.transform(held_out))
        put_parts(data.store, f"encoders/{name}.zip", encoder.to_parts())
        return encoded

    folder = data.store.path(f"views/{name}")
    if folder is None:
        cached = encode()
        for matrix in (cached.train, cached.validation):
            # A learner that writes into its input raises an error.
            matrix.values.setflags(write=False)
    else:
        cached = read_or_make(folder, lambda: _write_view(folder, encode()), _map_view)
    # An executor may run several fold fits of a run in threads of one process.
    with _views_lock:
        while len(data.views) >= _MOST_VIEWS:
            data.views.pop(next(iter(data.views)))
        data.views[name] = cached
    return cached


_MOST_VIEWS = 12
_views_lock = threading.Lock()


def _write_view(folder: Path, view: FoldView) -> None:
    with writing_explained(folder), replacing_folder(folder) as temporary:
        np.save(temporary / "train.npy", view.train.values)
        np.save(temporary / "validation.npy", view.validation.values)
        names = {
            "names": view.train.names,
            "categorical": view.train.categorical,
            "n_levels": view.train.n_levels,
        }
        (temporary / "columns.json").write_text(json.dumps(names))


def _map_view(folder: Path) -> FoldView:
    columns = json.loads((folder / "columns.json").read_text())

    def matrix(name: str) -> Matrix:
        # Mapped read-only: a learner that writes into its input raises an error.
        values = np.load(folder / name, mmap_mode="r", allow_pickle=False)
        return Matrix(
            values.view(np.ndarray),
            tuple(columns["names"]),
            tuple(columns["categorical"]),
            tuple(columns["n_levels"]),
        )

    return FoldView(folder.name, matrix("train.npy"), matrix("validation.npy"))
