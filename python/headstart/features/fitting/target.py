"""The fit of features that read the target: tables, and values of training rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.features.columns.reader import Reader
from headstart.features.fitting.target_codes import EncodedTarget, read_smoothing
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.categories import key_of
from headstart.features.operators.state import State

__all__ = ["learn_targets"]


def learn_targets(
    candidates: Sequence[Candidate],
    reader: Reader,
    target: EncodedTarget,
    fold_ids: NDArray[np.uint8],
    *,
    seed: int,
    n_threads: int,
) -> list[tuple[State, list[FloatArray]]]:
    """Return the fitted table and the training columns of each candidate."""
    results: dict[int, tuple[State, list[FloatArray]]] = {}
    # Candidates that differ only in their columns are computed together, on all
    # threads.
    batches: dict[tuple[str, Any], list[int]] = {}
    for index, candidate in enumerate(candidates):
        settings = (candidate.operator, candidate.options["smoothing"])
        batches.setdefault(settings, []).append(index)
    n_outputs = max(1, len(target.output_labels))
    for (operator, option), indices in batches.items():
        columns = [reader.category(key_of(candidates[i])) for i in indices]
        smoothing = read_smoothing(option)
        values = np.empty((len(columns) * n_outputs, reader.n_rows))
        if operator == "ordered_target_mean":
            tables = _core.encode_ordered(
                columns,
                target.values,
                target.n_classes,
                0.0 if smoothing is None else smoothing,
                seed,
                values,
                n_threads,
            )
        else:
            tables = _core.encode_target(
                columns,
                target.values,
                target.n_classes,
                fold_ids,
                smoothing,
                evidence=operator == "weight_of_evidence",
                outer_fold=None,
                out=values,
                n_threads=n_threads,
            )
        for position, index in enumerate(indices):
            columns_of_candidate = list(
                values[position * n_outputs : (position + 1) * n_outputs]
            )
            results[index] = (
                State(_without_unused_group(tables[position], n_outputs)),
                columns_of_candidate,
            )
    return [results[index] for index in range(len(candidates))]


def _without_unused_group(table: FloatArray, n_outputs: int) -> FloatArray:
    """Return the table without its last entry, which no code refers to.

    Unseen levels share a group with training rows of rare levels. Without such rows,
    the group's value is the overall mean.
    """
    return table.reshape(n_outputs, -1)[:, :-1].ravel()
