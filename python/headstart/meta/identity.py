"""The identity of a table: one uid, independent of the source it was read from.

A CSV file has the numbers 0 and 1 where an ARFF file declares the levels ``'0'`` and
``'1'``; pandas has categories where polars has text. So a column is hashed by its
values as text or numbers, not by its type:

1. Values are converted to text as levels are: trimmed, blank and NaN missing, whole
   floats as integers. Dates have microseconds, and never equal text.
2. If every value is a number, the column is one of **numbers**: little-endian
   IEEE 754 doubles, ``-0.0`` as ``0.0``, missing values as 0.0.
3. Otherwise it is one of **text**: UTF-8, each value with its length; missing values
   as empty text. If all values are ``true`` or ``false`` in any case, they are in lower
   case.
4. One bit per row is 1 if the value is not missing.

The uid is the SHA-256 of the task kind, the number of rows, and the columns: features
in the order of the table, then the target. Of a column, its name, its form (numbers or
text), the bits and the values are hashed. Names, their order and the order of rows
count; the position of the target does not. Every part is preceded by its length, so
that different tables give different bytes.
"""

import hashlib
import struct
from collections.abc import Iterator

import numpy as np
import polars as pl

from headstart.base import TaskKind
from headstart.exceptions import ColumnError
from headstart.tables import split_target
from headstart.tables.kinds.levels import level_text

__all__ = ["dataset_uid"]

_FORMAT = b"headstart dataset 1"
_TRUTHS = ("false", "true")


def dataset_uid(frame: pl.DataFrame, target: str, kind: TaskKind) -> str:
    """Return the uid of a table with a target.

    Parameters
    ----------
    frame : polars.DataFrame
        The whole table with the target, as `headstart.tables.to_frame` returns it,
        without columns that are not features (row numbers).
    target : str
        Name of the target column.
    kind : TaskKind

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ColumnError
        If there is no such target, or a column holds lists, mappings or bytes.

    Examples
    --------
    >>> numbers = pl.DataFrame({"age": [30, 41], "ill": [0, 1]})
    >>> levels = pl.DataFrame({"age": [30.0, 41.0], "ill": ["0", "1"]})
    >>> kind = TaskKind.BINARY
    >>> dataset_uid(numbers, "ill", kind) == dataset_uid(levels, "ill", kind)
    True
    """
    features, outcome = split_target(frame, target)
    digest = hashlib.sha256()
    for part in (_FORMAT, str(kind).encode(), struct.pack("<Q", frame.height)):
        _add(digest, part)
    for series in (*features.iter_columns(), outcome):
        for part in _parts(series):
            _add(digest, part)
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", part: bytes) -> None:
    digest.update(struct.pack("<Q", len(part)))
    digest.update(part)


def _parts(series: pl.Series) -> Iterator[bytes]:
    numbers = _as_numbers(series)
    yield series.name.encode()
    if numbers is not None:
        yield b"numbers"
        yield _bits(numbers)
        # Adding zero turns -0.0 into 0.0.
        values = numbers.fill_null(0.0).to_numpy() + 0.0
        yield values.astype("<f8", copy=False).tobytes()
        return
    text = _as_text(series)
    yield b"text"
    yield _bits(text)
    values_ = text.fill_null("")
    yield values_.str.len_bytes().to_numpy().astype("<u4").tobytes()
    yield "".join(values_.to_list()).encode()


def _as_numbers(series: pl.Series) -> pl.Series | None:
    """Return the values as doubles without NaN; None if some are not numbers."""
    if series.dtype.is_numeric() or series.dtype == pl.Null:
        return series.cast(pl.Float64).fill_nan(None)
    if series.dtype == pl.Boolean or series.dtype.is_temporal():
        return None
    text = _as_text(series)
    numbers = text.cast(pl.Float64, strict=False)
    if numbers.null_count() > text.null_count():
        return None
    return numbers.fill_nan(None)


def _as_text(series: pl.Series) -> pl.Series:
    dtype = series.dtype
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        raise ColumnError(
            f"Column {series.name!r} holds {dtype}. Expected one number, text or date "
            "per row. hint: spread it over columns, or leave it out."
        )
    if dtype.is_temporal():
        if isinstance(dtype, pl.Datetime):
            zone = None if dtype.time_zone is None else "UTC"
            series = series.cast(pl.Datetime("us", zone))
        elif isinstance(dtype, pl.Duration):
            series = series.cast(pl.Duration("us")).cast(pl.Int64)
        return series.cast(pl.String)
    text = level_text(series)
    lowered = text.str.to_lowercase()
    return lowered if lowered.drop_nulls().is_in(_TRUTHS).all() else text


def _bits(series: pl.Series) -> bytes:
    return np.packbits(series.is_not_null().to_numpy()).tobytes()
