"""The fit of candidates to training rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import FloatArray
from headstart.features.columns.coding import Coding, Key
from headstart.features.columns.levels import Codes
from headstart.features.columns.reader import Reader
from headstart.features.columns.reading import check_kind
from headstart.features.fitting.categories import learn_category, learn_statistics
from headstart.features.fitting.coding import learn_coding
from headstart.features.fitting.dates import learn_moments
from headstart.features.fitting.numbers import learn_numbers
from headstart.features.fitting.target import learn_targets
from headstart.features.fitting.target_codes import EncodedTarget
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.categories import STATISTICS, key_of, value_key
from headstart.features.operators.state import State

__all__ = ["Learnt", "learn"]


@dataclass(frozen=True, eq=False)
class Learnt:
    """States and coding of a plan, fitted to training rows.

    Parameters
    ----------
    coding : Coding
    codes : dict of Key to ndarray
        Codes of the training rows.
    states : list of State
        One state per candidate.
    out_of_fold : dict of int to list of ndarray
        Out-of-fold columns of training rows of target features, by candidate.
    """

    coding: Coding
    codes: dict[Key, Codes]
    states: list[State]
    out_of_fold: dict[int, list[FloatArray]]


def learn(
    candidates: Sequence[Candidate],
    frame: pl.DataFrame,
    target: EncodedTarget | None,
    fold_ids: NDArray[np.uint8],
    *,
    seed: int,
    n_threads: int,
) -> Learnt:
    """Return the fitted states, and the out-of-fold values of target features."""
    for candidate in candidates:
        for name in candidate.value_columns:
            check_kind(frame, name, candidate.kind.kind)
        for name in candidate.key_columns:
            check_kind(frame, name, "category")
    keys = [key_of(c) for c in candidates if c.key_columns]
    keys += [value_key(c) for c in candidates if c.operator == "group_distinct"]
    coding, codes = learn_coding(frame, keys, n_threads=n_threads)
    reader = Reader(frame, coding, codes)
    states = [State()] * len(candidates)
    target_columns: dict[int, list[FloatArray]] = {}
    with_statistics = [i for i, c in enumerate(candidates) if c.operator in STATISTICS]
    if with_statistics:
        group_states = learn_statistics(
            [candidates[i] for i in with_statistics], reader, n_threads=n_threads
        )
        for index, state in zip(with_statistics, group_states, strict=True):
            states[index] = state
    with_target = [i for i, c in enumerate(candidates) if c.kind.reads_target]
    if with_target and target is not None:
        encoded = learn_targets(
            [candidates[i] for i in with_target],
            reader,
            target,
            fold_ids,
            seed=seed,
            n_threads=n_threads,
        )
        for index, (state, values) in zip(with_target, encoded, strict=True):
            states[index], target_columns[index] = state, values
    for index, candidate in enumerate(candidates):
        if candidate.operator not in STATISTICS and not candidate.kind.reads_target:
            states[index] = _learn_one(candidate, reader)
    return Learnt(coding, codes, states, target_columns)


def _learn_one(candidate: Candidate, reader: Reader) -> State:
    kind = candidate.kind
    if kind.inputs in ("crossed", "grouped"):
        return learn_category(candidate, reader)
    if kind.kind == "datetime":
        return learn_moments(candidate, reader)
    if kind.kind == "text" or kind.inputs == "row":
        return State()
    return learn_numbers(candidate, reader)
