"""Levels of categorical columns: values of every type as text."""

import functools

import polars as pl

__all__ = ["LEVEL_LIMIT", "learn_levels", "level_text", "to_levels"]

LEVEL_LIMIT = 10_000
"""The most frequent levels, up to so many, are kept; others count as unseen."""

# Above this a float does not represent every whole number.
_EXACT = 2.0**53
# Up to so many rows Python is faster than an expression, which takes 0.1 ms.
_FEW_ROWS = 200


def level_text(series: pl.Series) -> pl.Series:
    """Return the values as text: trimmed, blank ones missing, 2.0 written as 2."""
    dtype = series.dtype
    name = series.name
    if isinstance(dtype, pl.Categorical | pl.Enum):
        series = series.cast(pl.String)
    elif dtype.is_float() or dtype.is_decimal():
        # 0.1 in single precision is 0.10000000149011612 in double precision.
        is_single = dtype == pl.Float32
        return _number_text(series if is_single else series.cast(pl.Float64))
    elif dtype == pl.Boolean:
        true, false = pl.lit("True"), pl.lit("False")
        column = pl.col(name)
        written = pl.when(column).then(true).when(~column).then(false)
        return series.to_frame().select(written.alias(name))[name]
    elif dtype != pl.String:
        return series.cast(pl.String)
    elif series.len() <= _FEW_ROWS and _is_trimmed(series.to_list()):
        return series
    trimmed = pl.col(name).str.strip_chars()
    return series.to_frame().select(pl.when(trimmed != "").then(trimmed).alias(name))[
        name
    ]


def learn_levels(text: pl.Series) -> tuple[str, ...]:
    """Return the levels of a column of `level_text`, sorted; see `LEVEL_LIMIT`."""
    counted = text.drop_nulls().value_counts(name="n")
    if counted.height > LEVEL_LIMIT:
        order = counted.sort(["n", text.name], descending=[True, False])
        counted = order.head(LEVEL_LIMIT)
    return tuple(counted[text.name].sort().to_list())


def to_levels(text: pl.Series, levels: tuple[str, ...]) -> tuple[pl.Series, int]:
    """Return `text` as an Enum of `levels`, and the number of values not among them.

    Such values become missing.
    """
    coded = text.cast(_enum(levels), strict=False)
    return coded, coded.null_count() - text.null_count()


def _is_trimmed(values: list[str | None]) -> bool:
    """Return whether trimming changes nothing; Python knows more blanks than polars."""
    return all(v is None or (v != "" and v == v.strip()) for v in values)


@functools.lru_cache(maxsize=512)
def _enum(levels: tuple[str, ...]) -> pl.Enum:
    return pl.Enum(levels)


def _number_text(series: pl.Series) -> pl.Series:
    name = series.name
    value = pl.col(name)
    whole = (value == value.floor()) & (value.abs() < _EXACT)
    written = (
        pl.when(value.is_nan())
        .then(None)
        .when(whole)
        .then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(value.cast(pl.String))
    )
    return series.to_frame().select(written.alias(name))[name]
