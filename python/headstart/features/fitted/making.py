"""The values of fitted candidates for any rows."""

from collections.abc import Sequence

import polars as pl

from headstart.base import FloatArray
from headstart.features.columns.reader import Reader
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.categories import make_category
from headstart.features.operators.dates import make_moments
from headstart.features.operators.numbers import (
    made_at_once,
    make_at_once,
    make_numbers,
)
from headstart.features.operators.state import State
from headstart.features.operators.target import make_target
from headstart.features.operators.text import make_text

__all__ = ["Column", "make"]

Column = FloatArray | pl.Series


def make(
    candidates: Sequence[Candidate],
    states: Sequence[State],
    reader: Reader,
    target_columns: dict[int, list[FloatArray]],
    *,
    n_threads: int,
) -> list[list[Column]]:
    """Return the columns of each candidate; those in `target_columns` unchanged."""
    columns_by_index: dict[int, list[Column]] = {
        i: list(columns) for i, columns in target_columns.items()
    }
    plain_indices = [i for i, c in enumerate(candidates) if made_at_once(c)]
    if plain_indices:
        columns = make_at_once(
            [candidates[i] for i in plain_indices],
            [states[i] for i in plain_indices],
            reader,
            n_threads=n_threads,
        )
        columns_by_index.update(
            {i: [column] for i, column in zip(plain_indices, columns, strict=True)}
        )
    for index, candidate in enumerate(candidates):
        if index not in columns_by_index:
            columns_by_index[index] = _make_one(
                candidate, states[index], reader, n_threads
            )
    return [columns_by_index[index] for index in range(len(candidates))]


def _make_one(
    candidate: Candidate, state: State, reader: Reader, n_threads: int
) -> list[Column]:
    kind = candidate.kind
    if kind.reads_target:
        return list(make_target(candidate, state, reader))
    if kind.inputs in ("crossed", "grouped"):
        return [make_category(candidate, state, reader, n_threads=n_threads)]
    if kind.kind == "datetime":
        return [make_moments(candidate, state, reader)]
    if kind.kind == "text":
        return list(make_text(candidate, reader, n_threads=n_threads))
    return [make_numbers(candidate, state, reader)]
