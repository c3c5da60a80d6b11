"""The problem of a fit: the user's table and vectors in canonical form."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import FloatArray, Task
from headstart.exceptions import ColumnError, TableError
from headstart.metrics import Metric, resolve_metric
from headstart.plugins import DescribedTable
from headstart.search.run.settings import FitSettings
from headstart.tables import (
    Schema,
    TargetEncoder,
    name_of_target,
    to_frame,
    to_series,
    to_target,
)
from headstart.tables.kinds.numbers import find_text, to_numbers
from headstart.tables.schema.unseen import type_words
from headstart.validation import Validation

__all__ = ["Problem", "known_column", "read_problem", "read_weight"]

# About this many rows are used for the mean length of texts.
_ROWS_OF_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Problem:
    """The data of a fit, in canonical form.

    Rows of weight 0 are left out; `n_weightless` counts them. If there are groups, each
    row without one is a group of its own; `n_ungrouped` counts these rows.
    `groups_name` is the name of the column of groups, or "given" for a vector.
    `target_name` is "" if the target has no name.
    """

    frame: pl.DataFrame
    schema: Schema
    table: pl.DataFrame
    target: TargetEncoder
    target_name: str
    y: NDArray[Any]
    weight: FloatArray | None
    groups: NDArray[Any] | None
    task: Task
    metric: Metric
    n_weightless: int = 0
    n_ungrouped: int = 0
    groups_name: str | None = None

    def summary(self) -> DescribedTable:
        """Return the table in the form that meta-features of plugins receive."""
        return DescribedTable(
            self.frame,
            self.y,
            self.task.kind,
            self.task.n_numeric,
            self.task.n_categorical,
            self.task.n_classes,
        )


def read_problem(
    settings: FitSettings,
    X: Any,
    y: Any,
    *,
    classification: bool,
    sample_weight: Any,
    groups: Any,
) -> Problem:
    """Return the checked data of a fit, with its schema, target and metric.

    Raises
    ------
    TableError
        If the table, the target, the weights or the groups are invalid.
    """
    frame = to_frame(X)
    _check_shape(frame)
    n_all = frame.height
    labels = y
    _check_length("y", to_target(y).len(), frame.height)
    column = _group_column(settings, groups)
    group_codes, n_ungrouped = _read_groups(groups if column is None else column, frame)
    weight = read_weight(sample_weight, frame.height)
    if weight is not None and not weight.all():
        # Rows of weight 0 are treated as absent.
        rows = np.flatnonzero(weight)
        frame, labels, weight = frame[rows], to_target(y)[rows], weight[rows]
        group_codes = None if group_codes is None else group_codes[rows]
    n_weightless = n_all - frame.height
    target = TargetEncoder.learn(
        labels, "classification" if classification else "regression"
    )
    codes = target.encode(labels)
    overrides = dict(settings.columns or {})
    if column is not None:
        # A column of groups is not a feature: new rows belong to new groups.
        overrides.setdefault(column, "identifier")
    schema = Schema.learn(frame, overrides=overrides)
    n_usable = schema.n_numeric + schema.n_categorical
    if n_usable == 0:
        reasons = "; ".join(f"{c.name}: {c.reason}" for c in schema.columns[:5])
        raise TableError(
            f"No column of the table can be used ({reasons}). Expected at least "
            "one column that varies. hint: columns={'name': 'kind'} overrides a kind."
        )
    table = schema.apply(frame)
    kind = target.kind
    n_classes = 0 if target.classes is None else len(target.classes)
    metric = resolve_metric(settings.metric, kind, target.classes)
    task = Task(
        kind,
        frame.height,
        schema.n_numeric,
        schema.n_categorical,
        n_classes,
        metric.name,
        _text_lengths(schema, frame),
    )
    return Problem(
        frame,
        schema,
        table,
        target,
        name_of_target(y),
        codes,
        weight,
        group_codes,
        task,
        metric,
        n_weightless,
        n_ungrouped,
        column or (None if group_codes is None else "given"),
    )


def _text_lengths(schema: Schema, frame: pl.DataFrame) -> tuple[int, ...]:
    """Return the mean number of characters of each text column on some rows."""
    if not schema.texts:
        return ()
    sample = schema.read_texts(
        frame.gather_every(max(1, frame.height // _ROWS_OF_TEXT))
    )
    means = sample.select(pl.all().str.len_chars().fill_null(0).mean()).row(0)
    return tuple(math.ceil(mean) for mean in means)


def read_weight(sample_weight: Any, n_rows: int) -> FloatArray | None:
    """Return sample weights as one float per row, None where there are none.

    Raises
    ------
    TableError, ValueError
        If they are not numbers, negative, all zero, or not one per row.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, int | float):
        sample_weight = np.full(n_rows, float(sample_weight))
    # np.ndim would call functions that array-likes may refuse.
    if np.asarray(sample_weight).ndim != 1:
        raise ValueError("Sample weights must be 1D array or scalar")
    weight = _weights_of(to_series(sample_weight, "sample_weight"))
    _check_length("sample_weight", weight.size, n_rows)
    invalid = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if invalid.size:
        raise ValueError(
            "sample_weight must be finite and not negative. Got "
            f"{weight[invalid[0]]} in row {invalid[0]} ({invalid.size} such rows)."
        )
    if not weight.any():
        raise ValueError("sample_weight must not be zero in every row.")
    return weight


def _weights_of(values: pl.Series) -> FloatArray:
    """Return weights as floats, NaN where one is missing."""
    words = type_words(values.dtype)
    if words not in ("numbers", "booleans", "text"):
        raise TableError(
            f"sample_weight must hold numbers. Got {words or 'no values'} instead."
        )
    text = find_text(values) if words == "text" else None
    if text is not None:
        row, value = text
        raise TableError(
            f"sample_weight must hold numbers. Got {value[:80]!r} (row {row}) instead."
        )
    if not values.dtype.is_float():  # The caller refuses infinite floats.
        values = to_numbers(values)
    return np.asarray(values.to_numpy(), dtype=np.float64)


def _check_shape(frame: pl.DataFrame) -> None:
    # The text in brackets is that of scikit-learn, which its checks expect.
    shape = f"(shape=({frame.height}, {frame.width}))"
    if frame.width == 0:
        raise TableError(
            f"The table has 0 feature(s) {shape} while a minimum of 1 is required."
        )
    if frame.height < 2:
        raise TableError(
            f"The table has n_samples = {frame.height} {shape} while a minimum of 2 "
            "rows is required: some must be held out."
        )


def _group_column(settings: FitSettings, groups: Any) -> str | None:
    if isinstance(groups, str):
        return groups
    if groups is None and isinstance(settings.validation, Validation):
        return settings.validation.groups
    return None


def _read_groups(
    groups: Any, frame: pl.DataFrame
) -> tuple[NDArray[np.int64] | None, int]:
    """Return the code of each row's group, and the number of rows without one."""
    if groups is None:
        return None, 0
    if isinstance(groups, str):
        groups = frame[known_column(groups, frame)]
    values = to_series(groups, "groups")
    _check_length("groups", values.len(), frame.height)
    if values.dtype.is_float():
        values = values.fill_nan(None)
    codes = values.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    # Rows of unknown groups need not belong together.
    ungrouped = np.flatnonzero(codes == 0)
    codes[ungrouped] = codes.max() + 1 + np.arange(ungrouped.size)
    return codes, ungrouped.size


def known_column(name: str, frame: pl.DataFrame) -> str:
    """Return `name`; raise ColumnError if the table has no such column."""
    if name not in frame.columns:
        raise ColumnError(
            f"The table has no column {name!r}. "
            f"It has: {', '.join(frame.columns[:20])}."
        )
    return name


def _check_length(name: str, length: int, n_rows: int) -> None:
    if length != n_rows:
        raise TableError(
            "Found input variables with inconsistent numbers of samples: the table "
            f"has {n_rows} rows, {name} has {length}."
        )
