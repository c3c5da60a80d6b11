"""Values that do not fit the training table: counted, and reported once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

__all__ = ["TypeChange", "Unseen", "type_words"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class TypeChange:
    """A column whose values have another type than in training.

    Parameters
    ----------
    trained, given : str
        Types in words, as `type_words` returns them.
    n_values : int
        Values of the other type that are not missing.
    """

    trained: str
    given: str
    n_values: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """Counts of values that training did not have, and columns of another type.

    Parameters
    ----------
    counts : mapping of str to int
        For each column that has any: values of levels that training did not have, or
        that cannot be read as its kind says.
    changes : mapping of str to TypeChange
        For each column whose type has changed so that it matters.

    Examples
    --------
    >>> change = TypeChange("numbers", "text", 20)
    >>> print(Unseen({"town": 2, "age": 3}, {"age": change}).describe(1_000))
    Values that the model does not know, in 1,000 rows: 'age' 3, 'town' 2. New levels \
count as levels without training rows, values that cannot be read as missing. 'age' \
held numbers in training and holds text now: 17 of 20 values were read.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, TypeChange] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.counts or self.changes)

    def __add__(self, other: "Unseen") -> "Unseen":
        """Return both together: counts are summed by column."""
        counts = dict(self.counts)
        for name, n in other.counts.items():
            counts[name] = counts.get(name, 0) + n
        changes = dict(self.changes)
        for name, change in other.changes.items():
            n_before = changes[name].n_values if name in changes else 0
            n_values = n_before + change.n_values
            changes[name] = TypeChange(change.trained, change.given, n_values)
        return Unseen(counts, changes)

    def describe(self, n_rows: int) -> str:
        """Return in words which columns have such values, most of them first.

        Parameters
        ----------
        n_rows : int
            Rows in which they were counted.
        """
        sentences = []
        if self.counts:
            ranked = sorted(self.counts.items(), key=lambda item: -item[1])
            shown = ", ".join(f"{name!r} {n:,}" for name, n in ranked[:_SHOWN])
            sentences.append(
                f"Values that the model does not know, in {n_rows:,} rows: "
                f"{shown}{_more(len(ranked))}. New levels count as levels without "
                "training rows, values that cannot be read as missing."
            )
        for name, change in list(self.changes.items())[:_SHOWN]:
            n_read = max(0, change.n_values - self.counts.get(name, 0))
            sentences.append(
                f"{name!r} held {change.trained} in training and holds {change.given} "
                f"now: {n_read:,} of {change.n_values:,} values were read."
            )
        if len(self.changes) > _SHOWN:
            n_more = len(self.changes) - _SHOWN
            sentences.append(f"{n_more} more columns have another type.")
        return " ".join(sentences)

    def to_record(self) -> dict[str, Any]:
        """Return the counts and the types as JSON values."""
        return {
            "unseen": dict(self.counts),
            "changed_types": {
                name: {"trained": change.trained, "given": change.given}
                for name, change in self.changes.items()
            },
        }


def type_words(dtype: pl.DataType | str) -> str:
    """Return the type of a column in words, "" for a column of nulls.

    Parameters
    ----------
    dtype : DataType or str
        A type of polars, or its name.

    Examples
    --------
    >>> type_words("Int64"), type_words(pl.Datetime("us")), type_words("Enum")
    ('numbers', 'dates', 'text')
    """
    name = str(dtype).partition("(")[0]
    words = {
        "String": "text", "Categorical": "text", "Enum": "text", "Boolean": "booleans",
        "Date": "dates", "Datetime": "dates", "Time": "times of day",
        "Duration": "durations", "List": "lists", "Array": "lists", "Null": "",
    }  # fmt: skip
    return words.get(name, "numbers")


def _more(n_columns: int) -> str:
    n_more = n_columns - _SHOWN
    return f" and {n_more} more columns" if n_more > 0 else ""
