"""The check of the columns that a transform returns.

Every result of a transform is checked. A wrong number of rows, a column of another type
or a number that is not finite is an error with the transform's name, and never reaches
a view.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from headstart.exceptions import HeadstartError, TransformError
from headstart.tables import known_levels

__all__ = ["MOST_OUTPUTS", "checked_columns", "errors_of", "levels_of", "renamed"]

#: More columns than this from one step are a mistake, or would fill memory and disk.
MOST_OUTPUTS = 10_000


@contextmanager
def errors_of(name: str) -> Iterator[None]:
    """Raise any error as a `TransformError` that names the transform."""
    try:
        yield
    except TransformError:
        raise
    except MemoryError as error:
        raise TransformError(
            f"Transform {name!r} ran out of memory: {error}".rstrip(": "),
            name,
            "memory",
        ) from error
    except HeadstartError as error:
        raise TransformError(f"Transform {name!r}: {_line(error)}", name) from error
    except Exception as error:
        raise TransformError(
            f"Transform {name!r}: {type(error).__name__}: {_line(error)}", name
        ) from error


def checked_columns(frame: Any, n_rows: int, *, strict: bool) -> dict[str, pl.Series]:
    """Return the checked columns of a transform's result, with numbers as Float64."""
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(
            f"it must return a polars DataFrame. Got {type(frame).__name__} instead."
        )
    if frame.height != n_rows and frame.width:
        raise ValueError(
            f"it must return {n_rows} rows, as many as its input. Got {frame.height}."
        )
    if frame.width > MOST_OUTPUTS:
        raise ValueError(
            f"it must return at most {MOST_OUTPUTS} columns. Got {frame.width}."
        )
    return {s.name: _checked_column(s, strict=strict) for s in frame.get_columns()}


def _checked_column(series: pl.Series, *, strict: bool) -> pl.Series:
    dtype = series.dtype
    if isinstance(dtype, pl.Enum):
        return series
    if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
        raise TypeError(
            f"column {series.name!r} must hold numbers, booleans or an Enum. Got "
            f"{dtype}. hint: return levels as pl.Enum with the categories of the fit."
        )
    numbers = series.cast(pl.Float64)
    not_finite = ~numbers.is_finite()
    if not_finite.any():
        if strict:
            row = not_finite.arg_max() or 0
            raise ValueError(
                f"column {series.name!r} must hold finite numbers, null where missing. "
                f"Got {numbers[row]} (row {row}, {int(not_finite.sum())} rows in all)."
            )
        # NaN and infinite values become null.
        numbers = numbers.set(not_finite.fill_null(value=False), None)
    return numbers


def renamed(columns: Mapping[str, pl.Series], names: Sequence[str]) -> pl.DataFrame:
    """Return columns as a table with other names."""
    return pl.DataFrame(
        [s.alias(n) for s, n in zip(columns.values(), names, strict=True)]
    )


def levels_of(series: pl.Series) -> tuple[str, ...] | None:
    """Return the levels of an Enum column without `OTHER_LEVEL`, None for numbers."""
    dtype = series.dtype
    return tuple(known_levels(dtype).to_list()) if isinstance(dtype, pl.Enum) else None


def _line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else "no message"
