"""Meta-features: numbers that describe a table and its target.

Those with a name of OpenML's have the values that OpenML's evaluation engine computes
for the same table; headstart's own begin with ``hs_``.
``docs/reference/meta_features.md`` defines each. They are computed in Rust.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core
from headstart.base import TaskKind
from headstart.exceptions import ColumnError, TableError
from headstart.tables import Column, ColumnKind, Schema
from headstart.tables.kinds.levels import level_text
from headstart.tables.kinds.numbers import to_numbers
from headstart.tables.schema.columns import apply_column

__all__ = ["VERSION", "describe", "for_distance", "openml_comparable", "own_names"]

VERSION = 1
"""Version of the definitions; values of different versions are not comparable."""

_STATISTICS = ("Min", "Mean", "Max", "Quartile1", "Quartile2", "Quartile3")
_GROUPS = (
    "MeansOfNumericAtts", "StdDevOfNumericAtts", "SkewnessOfNumericAtts",
    "KurtosisOfNumericAtts", "AttributeEntropy", "MutualInformation",
)  # fmt: skip

openml_comparable = frozenset(
    {
        "Dimensionality", "MajorityClassPercentage", "MajorityClassSize",
        "MinorityClassPercentage", "MinorityClassSize", "NumberOfBinaryFeatures",
        "NumberOfClasses", "NumberOfFeatures", "NumberOfInstances",
        "NumberOfInstancesWithMissingValues", "NumberOfMissingValues",
        "NumberOfNumericFeatures", "NumberOfSymbolicFeatures",
        "PercentageOfBinaryFeatures", "PercentageOfInstancesWithMissingValues",
        "PercentageOfMissingValues", "PercentageOfNumericFeatures",
        "PercentageOfSymbolicFeatures", "MinNominalAttDistinctValues",
        "MaxNominalAttDistinctValues", "MeanNominalAttDistinctValues",
        "StdvNominalAttDistinctValues", "ClassEntropy", "EquivalentNumberOfAtts",
        "MeanNoiseToSignalRatio",
    }
    | {f"{statistic}{group}" for statistic in _STATISTICS for group in _GROUPS}
)  # fmt: skip
"""Names whose values equal OpenML's for the same table with the same column types.
``AutoCorrelation`` is not one of them, since OpenML has had two definitions of it."""

own_names = frozenset(
    {
        "hs_mean_absolute_skewness", "hs_whole_number_share",
        "hs_mean_attribute_entropy", "hs_mean_mutual_information",
        "hs_target_skewness", "hs_target_kurtosis", "hs_target_distinct_share",
        "hs_target_mode_share", "hs_target_zero_share", "hs_target_negative_share",
        "hs_target_outlier_share", "hs_stump_error", "hs_tree_error",
        "hs_naive_bayes_error", "hs_nearest_error", "hs_linear_error", "hs_stump_r2",
        "hs_tree_r2", "hs_nearest_r2", "hs_linear_r2",
    }
)  # fmt: skip
"""Names of headstart's own meta-features."""


def describe(
    frame: pl.DataFrame,
    schema: Schema,
    y: NDArray[Any],
    kind: TaskKind,
    *,
    seed: int = 0,
    n_threads: int = 1,
) -> dict[str, float]:
    """Return the meta-features of a table and its target.

    Numeric columns and numeric constants are numeric. Categorical and boolean columns,
    and other constants, are nominal. Of dates, text and identifiers only the columns
    and the missing values are counted.

    Parameters
    ----------
    frame : DataFrame of n_rows rows
        With the columns of `schema`; others are ignored.
    schema : Schema
    y : ndarray of shape (n_rows,)
        Class codes, or the values of a regression, without missing ones.
    kind : TaskKind
    seed : int, default=0
        At least 0. Selects the rows of the landmarkers.
    n_threads : int, default=1
        It does not change the values.

    Returns
    -------
    dict of str to float
        Always the same names, in the same order: those of `openml_comparable`,
        ``AutoCorrelation`` and those of `own_names`. NaN if a value is undefined for
        the table.

    Raises
    ------
    ColumnError
        If a column is missing, or has values that its kind does not allow.
    TableError
        If `y` does not fit the table or the task kind.
    ValueError
        If `seed` or `n_threads` is out of range.

    Notes
    -----
    10,000 rows of 50 columns take some 40 ms, most of it for the landmarkers, which
    use at most 1,000 rows and 256 columns.

    Examples
    --------
    >>> frame = pl.DataFrame({"age": [31, 45, 31, 60], "town": ["U", "B", "U", "B"]})
    >>> y = np.array([0, 1, 0, 1])
    >>> values = describe(frame, Schema.learn(frame), y, TaskKind.BINARY)
    >>> values["NumberOfFeatures"], values["MeanMutualInformation"]
    (3.0, 1.0)
    """
    if seed < 0:
        raise ValueError(f"The seed must be at least 0. Got {seed}.")
    if n_threads < 1:
        raise ValueError(
            "The 'n_threads' parameter of describe must be an int >= 1. "
            f"Got {n_threads} instead."
        )
    target = _target(y, kind, frame.height)
    names = set(frame.columns)
    numeric: list[NDArray[np.float64]] = []
    nominal: list[_core.NominalColumn] = []
    missing: list[NDArray[np.bool_]] = []
    for column in schema.columns:
        if column.name not in names:
            raise ColumnError(
                f"The table lacks column {column.name!r} of its schema. It has "
                f"{frame.width} columns. hint: describe the table that the schema "
                "was learnt from."
            )
        series = frame[column.name]
        numbers = _numbers(series, column)
        if numbers is not None:
            numeric.append(np.ascontiguousarray(numbers.to_numpy(), dtype=np.float64))
            continue
        levels = _levels(series, column)
        if levels is not None:
            nominal.append(levels)
        else:
            missing.append(_missing(series, column).to_numpy())
    others: _core.OtherColumns = {
        "n_columns": len(missing),
        "n_missing": sum(int(rows.sum()) for rows in missing),
        "rows": np.any(missing, axis=0) if missing else np.zeros(0, dtype=bool),
    }
    return _core.describe_table(
        numeric, nominal, others, target, int(seed) & (2**64 - 1), int(n_threads)
    )


def for_distance(values: Mapping[str, float]) -> dict[str, float]:
    """Return the numbers by which tables are compared, on comparable scales.

    Counts are logarithms, and shares lie between 0 and 1. The result of a landmarker
    is its skill for every task kind: 0 for a constant prediction, 1 for a perfect one.

    Parameters
    ----------
    values : mapping of str to float
        The result of `describe`, or OpenML's qualities; missing names count as NaN.

    Returns
    -------
    dict of str to float
        Always the same names. NaN if unknown, or undefined for the task kind.

    Examples
    --------
    >>> numbers = for_distance({"NumberOfInstances": 99, "MinorityClassPercentage": 20})
    >>> round(numbers["log_rows"], 3), numbers["minority_share"]
    (4.605, 0.2)
    """

    def value(name: str) -> float:
        return float(values.get(name, math.nan))

    numbers = {
        name: transform(value(source)) for name, source, transform in _FOR_DISTANCE
    }
    if value("NumberOfSymbolicFeatures") == 0:
        numbers["log_levels"] = 0.0
    numbers |= {f"{name}_skill": _skill(values, name) for name in _LEARNERS}
    return numbers


def _log(value: float) -> float:
    return math.log1p(max(value, 0.0)) if not math.isnan(value) else math.nan


def _share(percentage: float) -> float:
    return percentage / 100.0


def _same(value: float) -> float:
    return value


_FOR_DISTANCE: tuple[tuple[str, str, Callable[[float], float]], ...] = (
    ("log_rows", "NumberOfInstances", _log),
    ("log_features", "NumberOfFeatures", _log),
    ("log_classes", "NumberOfClasses", _log),
    ("log_levels", "MaxNominalAttDistinctValues", _log),
    ("symbolic_share", "PercentageOfSymbolicFeatures", _share),
    ("binary_share", "PercentageOfBinaryFeatures", _share),
    ("missing_share", "PercentageOfMissingValues", _share),
    ("incomplete_share", "PercentageOfInstancesWithMissingValues", _share),
    ("minority_share", "MinorityClassPercentage", _share),
    ("majority_share", "MajorityClassPercentage", _share),
    ("class_entropy", "ClassEntropy", _same),
    ("log_skewness", "hs_mean_absolute_skewness", _log),
    ("whole_number_share", "hs_whole_number_share", _same),
    ("target_distinct_share", "hs_target_distinct_share", _same),
    ("target_outlier_share", "hs_target_outlier_share", _same),
)
_LEARNERS = ("stump", "tree", "naive_bayes", "nearest", "linear")


def _skill(values: Mapping[str, float], learner: str) -> float:
    """Return R² of a regression, or the share of a constant's errors it avoids."""
    r2 = float(values.get(f"hs_{learner}_r2", math.nan))
    if not math.isnan(r2):
        return r2
    error = float(values.get(f"hs_{learner}_error", math.nan))
    by_constant = 1.0 - _share(values.get("MajorityClassPercentage", math.nan))
    if math.isnan(error) or not by_constant > 0.0:
        return math.nan
    return max(-1.0, 1.0 - error / by_constant)


def _target(
    y: NDArray[Any], kind: TaskKind, n_rows: int
) -> NDArray[np.int64] | NDArray[np.float64]:
    target = np.asarray(y)
    if target.shape != (n_rows,):
        raise TableError(
            f"The target must have shape ({n_rows},), one value per row of the table. "
            f"Got {target.shape} instead."
        )
    if kind.is_classification:
        if target.dtype.kind not in "biu":
            raise TableError(
                "The target of a classification must be class codes. Got dtype "
                f"{target.dtype} instead. hint: TargetEncoder makes codes of labels."
            )
        return np.ascontiguousarray(target, dtype=np.int64)
    if target.dtype.kind not in "biuf":
        raise TableError(
            f"The target of a regression must be numbers. Got dtype {target.dtype} "
            "instead."
        )
    values = np.ascontiguousarray(target, dtype=np.float64)
    if not np.isfinite(values).all():
        raise TableError(
            "The target of a regression must be finite. It is not in row "
            f"{int(np.flatnonzero(~np.isfinite(values))[0])}."
        )
    return values


def _numbers(series: pl.Series, column: Column) -> pl.Series | None:
    """Return the numbers of a numeric column, null where missing; None for others."""
    if column.kind is ColumnKind.NUMERIC:
        return apply_column(series, column)[0][0]
    if column.kind is ColumnKind.CONSTANT and series.dtype.is_numeric():
        return to_numbers(series)
    return None


def _levels(series: pl.Series, column: Column) -> "_core.NominalColumn | None":
    """Return the levels of a nominal column; None for others."""
    dtype = series.dtype
    if column.kind is ColumnKind.BOOLEAN:
        return _nominal(apply_column(series, column)[0][0], 2)
    if column.kind is ColumnKind.CATEGORICAL and isinstance(dtype, pl.Enum):
        # An Enum has all declared levels, in their order.
        declared = level_text(pl.Series(dtype.categories)).drop_nulls()
        levels = pl.Enum(declared.unique(maintain_order=True))
        codes = level_text(series).cast(levels).to_physical()
        return _nominal(codes, len(levels.categories), is_ordered=True)
    if column.kind is ColumnKind.CATEGORICAL:
        codes = apply_column(series, column)[0][0].to_physical()
        # Levels beyond the schema's limit count as missing.
        n_levels = len(column.levels)
        return _nominal(codes.set(codes == n_levels, None), n_levels)
    if column.kind is ColumnKind.CONSTANT and dtype == pl.Boolean:
        return _nominal(series, 2)
    if column.kind is ColumnKind.CONSTANT and dtype in (
        pl.String, pl.Categorical, pl.Enum, pl.Null,
    ):  # fmt: skip
        text = level_text(series)
        distinct = text.drop_nulls().unique(maintain_order=True)
        return _nominal(text.cast(pl.Enum(distinct)).to_physical(), len(distinct))
    return None


def _nominal(
    codes: pl.Series, n_levels: int, *, is_ordered: bool = False
) -> "_core.NominalColumn":
    plain = codes.cast(pl.Int32).fill_null(-1).to_numpy()
    return {
        "codes": np.ascontiguousarray(plain),
        "n_levels": n_levels,
        "is_ordered": is_ordered,
    }


def _missing(series: pl.Series, column: Column) -> pl.Series:
    """Return a mask of the missing values of a column that is only counted."""
    if column.kind is ColumnKind.DATETIME:
        return apply_column(series, column)[0][0].is_null()
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        return level_text(series).is_null()
    if series.dtype.is_float():
        return series.is_null() | series.is_nan()
    return series.is_null()
