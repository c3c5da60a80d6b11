"""The catalogue of operators, with the columns that they take."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from headstart import _core

__all__ = ["OPERATORS", "Operator"]

Inputs = Literal["one", "two", "crossed", "grouped", "row"]

# Templates of the feature's name and description. {0} and {1} are columns, {key} is the
# columns that form one category, {all} is all columns, {option} is an option's value.
_WORDS: dict[str, tuple[str, str]] = {
    "signed_log": (
        "log({0})",
        "logarithm of 1 + the absolute value of {0}, with the sign of {0}",
    ),
    "signed_sqrt": (
        "sqrt({0})",
        "square root of the absolute value of {0}, with the sign of {0}",
    ),
    "square": ("{0}²", "{0} squared"),
    "reciprocal": ("1 / {0}", "1 divided by {0}"),
    "absolute": ("|{0}|", "absolute value of {0}"),
    "rank": ("rank({0})", "share of training values below {0}"),
    "quantile_bin": (
        "bin({0}, {n_bins})",
        "number of the quantile bin of {0}, of {n_bins} bins",
    ),
    "winsorised": (
        "winsorised({0}, {share})",
        "{0} clipped to its training quantiles {share} and 1 - {share}",
    ),
    "last_digit": ("last digit({0})", "last digit of the integer part of {0}"),
    "round_to": ("round({0}, {multiple})", "{0} rounded to a multiple of {multiple}"),
    "is_missing": ("missing({0})", "whether {0} is missing"),
    "is_mode": ("mode({0})", "whether {0} has its most frequent training value"),
    "add": ("{0} + {1}", "{0} plus {1}"),
    "subtract": ("{0} - {1}", "{0} minus {1}"),
    "multiply": ("{0} * {1}", "{0} times {1}"),
    "divide": ("{0} / {1}", "{0} divided by {1}"),
    "minimum": ("min({0}, {1})", "the lesser of {0} and {1}"),
    "maximum": ("max({0}, {1})", "the greater of {0} and {1}"),
    "absolute_difference": ("|{0} - {1}|", "absolute difference of {0} and {1}"),
    "normalised_difference": (
        "({0} - {1}) / (|{0}| + |{1}|)",
        "{0} minus {1}, divided by the sum of their absolute values",
    ),
    "less_than": ("{0} < {1}", "whether {0} is less than {1}"),
    "frequency": ("frequency({all})", "share of training rows with this {key}"),
    "count_rank": (
        "count rank({all})",
        "rank of this {key} by its number of training rows, 1 for the most frequent",
    ),
    "cross": ("{key}", "{key} combined into one category"),
    "group_mean": ("mean({0} | {key})", "mean of {0} among rows of this {key}"),
    "group_std": (
        "std({0} | {key})",
        "standard deviation of {0} among rows of this {key}",
    ),
    "group_min": ("min({0} | {key})", "least {0} among rows of this {key}"),
    "group_max": ("max({0} | {key})", "greatest {0} among rows of this {key}"),
    "group_median": ("median({0} | {key})", "median of {0} among rows of this {key}"),
    "group_rank": (
        "rank({0} | {key})",
        "share of rows of this {key} with a lower {0}",
    ),
    "minus_group_mean": (
        "{0} - mean({0} | {key})",
        "{0} minus its mean among rows of this {key}",
    ),
    "over_group_mean": (
        "{0} / mean({0} | {key})",
        "{0} divided by its mean among rows of this {key}",
    ),
    "group_distinct": (
        "distinct({0} | {key})",
        "number of distinct values of {0} among rows of this {key}",
    ),
    "target_mean": (
        "target mean({all})",
        "mean target of other training rows of this {key}",
    ),
    "ordered_target_mean": (
        "ordered target mean({all})",
        "mean target of earlier training rows of this {key}, in a random order",
    ),
    "weight_of_evidence": (
        "evidence({all})",
        "log odds of the second class among other training rows of this {key}, minus "
        "those of all rows",
    ),
    "row_missing": ("row missing({all})", "number of missing values among {all}"),
    "row_sum": ("row sum({all})", "sum of {all}"),
    "row_mean": ("row mean({all})", "mean of {all}"),
    "row_std": ("row std({all})", "standard deviation of {all}"),
    "row_zeros": ("row zeros({all})", "number of zeros among {all}"),
    "year": ("year({0})", "year of {0}"),
    "quarter": ("quarter({0})", "quarter of {0}, 1 to 4"),
    "month": ("month({0})", "month of {0}, 1 to 12"),
    "week": ("week({0})", "ISO 8601 week of the year of {0}"),
    "day": ("day({0})", "day of the month of {0}"),
    "weekday": ("weekday({0})", "day of the week of {0}, 1 for Monday"),
    "hour": ("hour({0})", "hour of {0}, with fraction"),
    "is_weekend": ("weekend({0})", "whether {0} is a Saturday or Sunday"),
    "is_month_end": ("month end({0})", "whether {0} is the last day of a month"),
    "year_sine": ("sin(year of {0})", "sine of the time of year of {0}"),
    "year_cosine": ("cos(year of {0})", "cosine of the time of year of {0}"),
    "week_sine": ("sin(week of {0})", "sine of the time of week of {0}"),
    "week_cosine": ("cos(week of {0})", "cosine of the time of week of {0}"),
    "day_sine": ("sin(day of {0})", "sine of the time of day of {0}"),
    "day_cosine": ("cos(day of {0})", "cosine of the time of day of {0}"),
    "elapsed": ("elapsed({0})", "days from the first training date to {0}"),
    "days_between": ("days({0} - {1})", "days from {1} to {0}"),
    "text_length": ("length({0})", "number of characters of {0}"),
    "text_words": ("words({0})", "number of words of {0}"),
    "text_digits": ("digits({0})", "number of digits of {0}"),
    "text_upper_share": (
        "capitals({0})",
        "share of capital letters among the letters of {0}",
    ),
    "text_hash": (
        "hash({0}, {n_columns})",
        "counts of character {n_characters}-grams of {0}, hashed into {n_columns} "
        "columns",
    ),
}

_BINNED: dict[str, float | str] = {"n_bins": 16}
_SMOOTHED: dict[str, float | str] = {"n_bins": 16, "smoothing": "auto"}
# Options and their defaults.
_OPTIONS: dict[str, dict[str, float | str]] = {
    "quantile_bin": {"n_bins": 10},
    "winsorised": {"share": 0.01},
    "round_to": {"multiple": 10},
    "text_hash": {"n_columns": 16, "n_characters": 3},
    "target_mean": _SMOOTHED,
    "ordered_target_mean": {"n_bins": 16, "smoothing": 1.0},
    "weight_of_evidence": {"n_bins": 16, "smoothing": 1.0},
}


@dataclass(frozen=True, slots=True)
class Operator:
    """A kind of feature.

    Parameters
    ----------
    name, code
        Identifiers that never change, because stored plans contain them.
    inputs : {"one", "two", "crossed", "grouped", "row"}
        Respectively: one column; two columns of one kind; one to three categories,
        crossed; one column, grouped by one or two categories; any number of columns,
        combined within each row.
    kind : {"numeric", "category", "datetime", "text", "any"}
        Kind of the (first) column. A numeric column is binned where the operator takes
        a category.
    least, most : int
        Number of columns.
    is_commutative : bool
        Whether the order of the columns is irrelevant.
    reads_target : bool
        Whether the operator depends on the target and must be cross-fitted.
    is_monotone : bool
        Whether the operator preserves the order of a column's values. Trees gain
        nothing from it.
    title, words : str
        Templates of the feature's name and description.
    options : mapping
        Names and defaults of its options.
    """

    name: str
    code: int
    inputs: Inputs
    kind: str
    least: int
    most: int
    is_commutative: bool
    reads_target: bool
    is_monotone: bool
    title: str
    words: str
    options: Mapping[str, float | str]


_ROW_LIMIT = 10_000


def _read(record: "_core.FeatureOperator") -> Operator:
    name, inputs = record["name"], record["inputs"]
    title, words = _WORDS[name]
    takes_category = inputs in ("crossed", "grouped")
    return Operator(
        name=name,
        code=record["code"],
        inputs=inputs,  # type: ignore[arg-type]
        kind=record["kind"],
        # A descriptor of the core cannot hold the columns of a row operator.
        least=1 if inputs == "row" else record["least"],
        most=_ROW_LIMIT if inputs == "row" else record["most"],
        is_commutative=record["is_commutative"] or inputs == "row",
        reads_target=record["reads_target"],
        is_monotone=record["is_monotone"],
        title=title,
        words=words,
        options=MappingProxyType(_OPTIONS.get(name, _BINNED if takes_category else {})),
    )


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {record["name"]: _read(record) for record in _core.feature_operators()}
)
"""All operators, by name."""
