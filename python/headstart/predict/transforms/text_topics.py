"""Topics of columns of text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import Parts, StoredTransform
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.exceptions import ArtifactError
from headstart.predict.transforms.column_topics import ColumnTopics

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TextTopics"]

_TERMS = "terms.json"
_ARRAYS = "topics.safetensors"


@dataclass(frozen=True, slots=True)
class TextTopics(StoredTransform):
    """A column of numbers per topic of each column of text.

    Parameters
    ----------
    columns : mapping of str to ColumnTopics
    """

    kind: ClassVar[str] = "text_topics"
    columns: Mapping[str, ColumnTopics]

    def apply(self, X: "pl.DataFrame") -> "pl.DataFrame":
        """Return the share of each topic in the texts of new rows."""
        return self.table(
            {name: t.of(self.texts(X, name)) for name, t in self.columns.items()}
        )

    @staticmethod
    def texts(X: "pl.DataFrame", name: str) -> list[str]:
        """Return the texts of a column, empty where missing."""
        import polars as pl

        return X[name].cast(pl.String).fill_null("").to_list()

    @staticmethod
    def title(name: str, index: int) -> str:
        """Return the name of a topic of a column."""
        return f"{name}: topic {index + 1}"

    @classmethod
    def table(cls, shares: Mapping[str, NDArray[np.float32]]) -> "pl.DataFrame":
        """Return shares of topics, one matrix per column of text, as a table."""
        import polars as pl

        return pl.DataFrame(
            {
                cls.title(name, index): of_column[:, index].astype(np.float64)
                for name, of_column in shares.items()
                for index in range(of_column.shape[1])
            }
        )

    def to_parts(self) -> Parts:
        """Return the vocabularies as JSON and the numbers as arrays."""
        record = [
            {"column": name, "ngrams": topics.ngrams, "terms": topics.terms}
            for name, topics in self.columns.items()
        ]
        arrays: dict[str, NDArray[Any]] = {}
        for index, topics in enumerate(self.columns.values()):
            arrays[f"rarity_{index}"] = topics.rarity
            arrays[f"topics_{index}"] = topics.topics
        # ASCII, so that lone surrogates can be encoded.
        return {_TERMS: json.dumps(record).encode(), _ARRAYS: pack_arrays(arrays)}

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the checked topics that `to_parts` wrote."""
        require(
            set(parts) == {_TERMS, _ARRAYS},
            f"Stored topics must be {_TERMS} and {_ARRAYS}. Got {sorted(parts)[:9]}.",
        )
        try:
            entries = [
                (_text(entry["column"]), _text(entry["ngrams"]), entry["terms"])
                for entry in json.loads(parts[_TERMS])
            ]
            vocabularies = [tuple(map(_text, terms)) for _, _, terms in entries]
        except ArtifactError:
            raise
        except Exception as error:
            raise ArtifactError(
                f"The vocabulary of stored topics cannot be read: {error!r:.200}"
            ) from error
        form = {f"rarity_{index}": ("f", 1) for index in range(len(entries))}
        form |= {f"topics_{index}": ("f", 2) for index in range(len(entries))}
        arrays = unpack_arrays(parts[_ARRAYS], form)
        columns: dict[str, ColumnTopics] = {}
        for index, (column, ngrams, _) in enumerate(entries):
            topics = ColumnTopics(
                ngrams,
                vocabularies[index],
                arrays[f"rarity_{index}"].astype(np.float32),
                arrays[f"topics_{index}"].astype(np.float32),
            )
            topics.check()
            require(column not in columns, f"Column {column!r:.80} has topics twice.")
            columns[column] = topics
        return cls(columns)


def _text(value: Any) -> str:
    require(isinstance(value, str), f"Expected a text. Got {value!r:.80}.")
    return str(value)
