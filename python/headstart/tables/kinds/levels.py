"""Levels of categorical columns: values of every type as text."""

import functools

import polars as pl

__all__ = [
    "LEVEL_LIMIT",
    "OTHER_LEVEL",
    "known_levels",
    "learn_levels",
    "level_text",
    "level_type",
    "level_words",
    "to_levels",
]

LEVEL_LIMIT = 10_000
"""The most frequent levels, up to so many, are kept; others become `OTHER_LEVEL`."""

OTHER_LEVEL = " other"
"""The level of values that are no level of the schema.

`level_text` trims, so that no value has this name.
"""

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
    """Return `text` as the `level_type`, and the number of values not in `levels`.

    Such values become `OTHER_LEVEL`.
    """
    dtype = level_type(levels)
    coded = text.cast(dtype, strict=False)
    n_other = coded.null_count() - text.null_count()
    if n_other:
        is_other = coded.is_null() & text.is_not_null()
        coded = coded.set(is_other, OTHER_LEVEL)
    return coded, n_other


@functools.lru_cache(maxsize=512)
def level_type(levels: tuple[str, ...]) -> pl.Enum:
    """Return the type of a categorical column: an Enum of `levels` and `OTHER_LEVEL`.

    `OTHER_LEVEL` comes last, so that the other codes are indices of `levels`.
    """
    return pl.Enum([*levels, OTHER_LEVEL])


def known_levels(dtype: pl.Enum) -> pl.Series:
    """Return the levels of an Enum without `OTHER_LEVEL`.

    The Enum of units, or of a column that a transform made, does not have it.

    Examples
    --------
    >>> known_levels(level_type(("Bonn", "Ulm"))).to_list()
    ['Bonn', 'Ulm']
    >>> known_levels(pl.Enum(["u", "v"])).to_list()
    ['u', 'v']
    """
    levels = dtype.categories
    has_other = levels.len() > 0 and levels[-1] == OTHER_LEVEL
    return levels.head(levels.len() - has_other)


def level_words(levels: list[str]) -> list[str]:
    """Return levels as people see them: `OTHER_LEVEL` as ``"other levels"``."""
    return ["other levels" if level == OTHER_LEVEL else level for level in levels]


def _is_trimmed(values: list[str | None]) -> bool:
    """Return whether trimming changes nothing; Python knows more blanks than polars."""
    return all(v is None or (v != "" and v == v.strip()) for v in values)


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
