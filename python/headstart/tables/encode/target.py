"""Targets: the task kind, and labels as codes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base.task import TaskKind
from headstart.exceptions import ArtifactError, TableError
from headstart.labels import codes_of_labels
from headstart.tables.kinds.levels import level_text
from headstart.tables.kinds.target_numbers import (
    find_numbers,
    is_known_reading,
    read_numbers,
)
from headstart.tables.read.vectors import labels_of_categories, to_series

__all__ = [
    "CLASS_LIMIT",
    "FEW_CLASSES",
    "TargetEncoder",
    "name_of_target",
    "to_target",
]

FEW_CLASSES = 20
"""At most this many different integers are classes, given four rows each on average."""
CLASS_LIMIT = 1_000
"""Targets with more classes are refused."""

_ROWS_A_CLASS = 4
_SMALLEST, _LARGEST = 1e-30, 1e30
_DTYPES = {"bool", "object", "float32", "float64", "str"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}

Wanted = TaskKind | str | None


@dataclass(frozen=True, eq=False)
class TargetEncoder:
    """Conversion between a user's target and the codes or numbers of learners.

    Parameters
    ----------
    kind : TaskKind
    classes : ndarray of shape (n_classes,) or None
        Labels of their own type, sorted; `encode` returns their indices. None for
        regression.
    form : str
        Notation of the numbers of a regression in a text target
        (`headstart.tables.kinds.target_numbers`).
    words : str
        A description of this notation, for users.

    Examples
    --------
    >>> encoder = TargetEncoder.learn(["no", "yes", "no"])
    >>> encoder.kind, encoder.encode(["yes", "no"])
    (<TaskKind.BINARY: 'binary'>, array([1, 0]))
    """

    kind: TaskKind
    classes: NDArray[Any] | None
    form: str = ""
    words: str = ""

    @classmethod
    def learn(cls, y: Any, kind: Wanted = None) -> Self:
        """Return the encoder learnt from a training target.

        Parameters
        ----------
        y : column of values
        kind : TaskKind, "classification" or "regression", optional
            The task kind. By default, text, booleans and categories are classes. So
            are whole numbers of two different values, or of at most 20 with four rows
            each on average. Other numbers are a regression, including numbers in text
            such as "€ 1,029.50".

        Raises
        ------
        TableError
            If values are missing or infinite, there is only one class or more than
            1,000, or the target does not fit the kind.
        """
        series = to_target(y)
        if kind in (None, "regression"):
            numbers = find_numbers(series, is_declared=kind is not None)
            if numbers is not None:
                _check_size(_read_all(series, numbers.form).to_numpy())
                return cls(TaskKind.REGRESSION, None, numbers.form, numbers.words)
        values = _values(series)
        if kind is None and labels_of_categories(y) is not None:
            kind = "classification"
        if _is_regression(values, kind, series.len()):
            _check_numbers(values)
            _check_size(values)
            return cls(TaskKind.REGRESSION, None)
        classes = _classes(values, y)
        _check_classes(classes, values, kind)
        inferred = TaskKind.BINARY if len(classes) == 2 else TaskKind.MULTICLASS
        if kind == TaskKind.BINARY and inferred is not TaskKind.BINARY:
            raise TableError(
                f"A binary target must have 2 classes. Got {len(classes)}: "
                f"{_some(classes)}."
            )
        # The user may declare a multiclass task with two classes.
        return cls(TaskKind.MULTICLASS if kind == "multiclass" else inferred, classes)

    @property
    def n_classes(self) -> int:
        """Number of classes, 0 for regression."""
        return 0 if self.classes is None else len(self.classes)

    def encode(self, y: Any) -> NDArray[np.int64] | NDArray[np.float64]:
        """Return class codes, or floats for regression.

        Raises
        ------
        TableError
            If a value is missing, infinite, or a label that no training row has.
        """
        series = to_target(y)
        if self.form and series.dtype == pl.String:
            series = _read_all(series, self.form)
        values = _values(series)
        if self.classes is None:
            _check_numbers(values)
            return values.astype(np.float64)
        labels = self.classes
        if labels.dtype.kind in "OU":
            values = _as_labels(values)
        elif values.dtype.kind not in "biuf":
            raise TableError(
                f"The target must hold labels such as {_some(labels)}. Got "
                f"{str(values[0])!r} instead."
            )
        codes, row = codes_of_labels(values, labels)
        if row is not None:
            raise TableError(
                f"The target holds the label {values[row : row + 1].tolist()[0]!r} "
                f"(row {row}), which no training row has. Known: {_some(labels)}."
            )
        return codes

    def decode(self, codes: NDArray[Any]) -> NDArray[Any]:
        """Return the labels of class codes, or the values of a regression unchanged."""
        if self.classes is None:
            return np.asarray(codes, dtype=np.float64)
        return self.classes[np.asarray(codes, dtype=np.int64)]

    def to_json(self) -> str:
        """Return the encoder as JSON."""
        record: dict[str, Any] = {"kind": str(self.kind), "classes": None}
        if self.form:
            record |= {"form": self.form, "words": self.words}
        if self.classes is not None:
            name = "str" if self.classes.dtype.kind == "U" else self.classes.dtype.name
            record |= {"classes": self.classes.tolist(), "dtype": name}
        return json.dumps(record, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        ArtifactError
            If the text is not a target encoder.
        """
        try:
            record: Any = json.loads(text)
            kind = TaskKind(record["kind"])
            classes = _read_classes(record) if kind.is_classification else None
            form, words = _read_form(record)
        except (
            KeyError,
            TypeError,
            ValueError,
            OverflowError,
            RecursionError,
        ) as error:
            raise ArtifactError(
                f"The stored target encoder is damaged: {error}"
            ) from error
        return cls(kind, classes, form, words)


def name_of_target(y: Any) -> str:
    """Return the name of a target's column, "" if it has none.

    Examples
    --------
    >>> name_of_target(pl.Series("tip", [1.0, 2.0])), name_of_target([1.0, 2.0])
    ('tip', '')
    """
    if isinstance(y, pl.LazyFrame):
        y = y.head(0).collect()
    # The labels of a pandas Series are attributes, too, so `columns` is read of tables
    # only. The `columns` of an Arrow table are not names.
    names: Any = ()
    if getattr(y, "ndim", 2) == 2:
        names = getattr(y, "column_names", None) or getattr(y, "columns", ())
    name = names[0] if len(names) else getattr(y, "name", None)
    return "" if name is None else str(name)


def to_target(y: Any) -> pl.Series:
    """Return the target as a Series without missing values.

    Raises
    ------
    TableError
        If values are missing, or there is no row. The message counts the missing values
        and lists the first rows.
    """
    series = labels_of_categories(y)
    if series is None:
        series = to_series(y, "target")
    if series.dtype.is_nested():
        raise TableError(
            f"The target must hold one value per row. Got {series.dtype} instead."
        )
    if series.dtype.is_float():
        series = series.fill_nan(None)
    if series.len() == 0:
        raise TableError(
            "The target has no rows: 0 sample(s) while a minimum of 1 is required."
        )
    n_missing = series.null_count()
    if n_missing:
        rows = series.is_null().arg_true().head(5).to_list()
        listed = ", ".join(map(str, rows)) + (", ..." if n_missing > 5 else "")
        raise TableError(
            f"The target must not have missing values. Input y contains NaN or null in "
            f"{n_missing:,} of {series.len():,} rows (first: {listed}). "
            "hint: leave these rows out."
        )
    return series


def _read_all(series: pl.Series, form: str) -> pl.Series:
    numbers = read_numbers(series, form)
    is_text = numbers.is_null()
    if is_text.any():
        row = is_text.arg_max() or 0
        raise TableError(
            f"The target must hold numbers. Got {str(series[row])[:40]!r} (row {row}), "
            f"in {int(is_text.sum()):,} of {series.len():,} rows. hint: leave these "
            "rows out."
        )
    return numbers


def _values(series: pl.Series) -> NDArray[Any]:
    """Return NumPy values: numbers and booleans unchanged, other types as text."""
    dtype = series.dtype
    if dtype.is_decimal():
        return series.cast(pl.Float64).to_numpy()
    if dtype.is_integer() and dtype in (pl.Int128, pl.UInt128):
        return series.cast(pl.Float64).to_numpy()
    if dtype.is_numeric() or dtype == pl.Boolean:
        return series.to_numpy()
    if dtype.is_temporal():
        raise TableError(
            f"The target must hold labels or numbers. Got {dtype} instead. hint: turn "
            "it into a number, such as the days since a fixed date."
        )
    return np.asarray(series.cast(pl.String).to_list(), dtype=object)


def _is_regression(values: NDArray[Any], kind: Wanted, n_rows: int) -> bool:
    kinds = {"classification", "regression", *TaskKind}
    if kind is not None and kind not in kinds:
        raise TableError(
            f"The task kind must be one of {', '.join(sorted(kinds))}. "
            f"Got {kind!r} instead."
        )
    is_number = values.dtype.kind in "iuf"
    if kind == "regression":
        if values.dtype.kind == "O":
            raise TableError(
                "The target of a regression must hold numbers. Got text such as "
                f"{str(values[0])[:40]!r} instead. hint: is it a classification?"
            )
        return True
    if kind is not None or not is_number:
        return False
    # Integers are floats where pandas once had a missing value among them.
    if values.dtype.kind == "f" and not bool(
        np.isfinite(values).all()
        and (values == np.floor(values)).all()
        and (values != values[0]).any()
    ):
        return True
    n_distinct = len(np.unique(values))
    few = n_distinct <= FEW_CLASSES and n_distinct * _ROWS_A_CLASS <= n_rows
    return not (few or n_distinct <= 2)


def _classes(values: NDArray[Any], y: Any) -> NDArray[Any]:
    """Return the sorted labels, in the type of a NumPy target."""
    if values.dtype.kind == "f":
        _check_numbers(values)
        is_whole = (values == np.floor(values)).all()
        if not is_whole and labels_of_categories(y) is None:
            row = int(np.flatnonzero(values != np.floor(values))[0])
            raise TableError(
                "Unknown label type: continuous. The target of a classification must "
                f"hold labels. Got {float(values[row])!r} (row {row}) instead. "
                "hint: use a regression, or make classes of the values."
            )
    if values.dtype.kind == "O":
        labels = sorted(set(values.tolist()))
        if isinstance(y, np.ndarray) and y.dtype.kind == "U":
            return np.asarray(labels)
        return np.asarray(labels, dtype=object)
    return np.unique(values)


def _check_classes(classes: NDArray[Any], values: NDArray[Any], kind: Wanted) -> None:
    if len(classes) < 2:
        hint = "" if kind else " hint: task='regression' if it is a number."
        raise TableError(
            "A classification needs at least 2 classes. The target has only one class: "
            f"{_some(classes)}, in all {len(values):,} rows.{hint}"
        )
    if (
        kind is None
        and values.dtype.kind == "O"
        and FEW_CLASSES < len(values) < 2 * len(classes)
    ):
        raise TableError(
            f"The target is text with {len(classes):,} different labels in "
            f"{len(values):,} rows: most occur once. Expected classes of "
            f"several rows, or numbers. Got labels such as {_some(classes)}. hint: "
            "is it an identifier, or a list, or a number written with words?"
        )
    if len(classes) > CLASS_LIMIT:
        raise TableError(
            f"The target has {len(classes):,} different labels in {len(values):,} "
            f"rows. Expected at most {CLASS_LIMIT:,} classes. hint: is it an "
            "identifier, or are they numbers to be predicted by a regression?"
        )


def _check_numbers(values: NDArray[Any]) -> None:
    if values.dtype.kind == "O":
        raise TableError(
            "The target of a regression must hold numbers. Got text such as "
            f"{str(values[0])[:40]!r} instead."
        )
    if values.dtype.kind != "f":
        return
    infinite = np.flatnonzero(~np.isfinite(values))
    if len(infinite):
        raise TableError(
            "Input y contains infinity or a value too large for dtype('float64'). "
            f"The target is infinite in {len(infinite):,} rows (first: "
            f"{int(infinite[0])}). hint: leave these rows out."
        )


def _check_size(values: NDArray[Any]) -> None:
    """Raise TableError for numbers that single precision does not represent well."""
    sizes = np.abs(values.astype(np.float64))
    row = int(sizes.argmax())
    if sizes[row] == 0 or _SMALLEST <= sizes[row] <= _LARGEST:
        return
    too = "large" if sizes[row] > _LARGEST else "small"
    raise TableError(
        f"The target's numbers are too {too} to be predicted: the one farthest from 0 "
        f"is {float(values[row])!r} (row {row}). Expected it between {_SMALLEST:g} and "
        f"{_LARGEST:g}. hint: multiply the target by a constant."
    )


def _as_labels(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers and booleans as text, in the notation of text labels."""
    if values.dtype.kind == "O":
        return values
    text = level_text(pl.Series("y", values))
    return np.asarray(text.to_list(), dtype=object)


def _read_form(record: Mapping[str, Any]) -> tuple[str, str]:
    form, words = record.get("form", ""), record.get("words", "")
    if not isinstance(words, str) or (form and not is_known_reading(form)):
        raise ValueError("unknown form of numbers")
    return form, words


def _read_classes(record: Mapping[str, Any]) -> NDArray[Any]:
    listed, name = record["classes"], record["dtype"]
    if name not in _DTYPES or not isinstance(listed, list):
        raise ValueError("unknown type of labels")
    if not 2 <= len(listed) <= CLASS_LIMIT:
        raise ValueError(f"{len(listed)} classes")
    expected = {"bool": bool, "object": str, "str": str}.get(name)
    if expected is None:
        expected = float if name.startswith("float") else int
    if any(type(label) is not expected for label in listed):
        raise ValueError(f"labels that are not {expected.__name__}")
    if record["kind"] == TaskKind.BINARY and len(listed) != 2:
        raise ValueError(f"{len(listed)} classes of a binary target")
    if sorted(set(listed)) != listed:
        raise ValueError("labels are doubled or out of order")
    return np.asarray(listed, dtype=name)


def _some(labels: NDArray[Any]) -> str:
    shown = ", ".join(repr(label) for label in labels[:5].tolist())
    return shown + (f", ... ({len(labels)} in all)" if len(labels) > 5 else "")
