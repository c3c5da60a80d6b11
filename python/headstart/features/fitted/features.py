"""Features that are fitted: computed for any rows, stored as a record and arrays."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import polars as pl
from numpy.typing import NDArray

from headstart.features.columns.coding import Coding
from headstart.features.columns.reader import Reader
from headstart.features.fitted.making import Column, make
from headstart.features.fitted.naming import feature_names
from headstart.features.fitted.packing import ARRAYS, pack_record, unpack_record
from headstart.features.fitted.stored import parse_record, read_record, write_record
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.state import State

__all__ = ["FittedFeatures"]

# Rows per block. Intermediate results are freed after each block.
_BLOCK = 1 << 17


@dataclass(frozen=True, eq=False)
class FittedFeatures:
    """Candidates with all that was fitted to training rows.

    Parameters
    ----------
    candidates : tuple of Candidate
        Different ones.
    states : tuple of State
        Fitted numbers, one entry per candidate.
    coding : Coding
        Levels, bins and crosses of columns.
    labels : tuple of str
        Classes that have a column of their own in features that read the target: none
        for a regression and for two classes.
    """

    #: Kind and number of dimensions of the arrays of `to_record`.
    ARRAYS: ClassVar[Mapping[str, tuple[str, int]]] = ARRAYS
    candidates: tuple[Candidate, ...]
    states: tuple[State, ...]
    coding: Coding
    labels: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Used columns of the table, in the order of first use."""
        return tuple(dict.fromkeys(n for c in self.candidates for n in c.columns))

    @property
    def names_of_candidates(self) -> list[tuple[str, ...]]:
        """Names of the output columns per candidate."""
        return feature_names(self.candidates, self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the output columns, in order."""
        return tuple(name for names in self.names_of_candidates for name in names)

    def apply(self, frame: pl.DataFrame, *, n_threads: int = 1) -> pl.DataFrame:
        """Return the features of any rows.

        Raises
        ------
        ColumnError
            If a column is missing or of the wrong kind.
        """
        blocks = [
            self._apply_block(frame[start : start + _BLOCK], n_threads)
            for start in range(0, max(1, frame.height), _BLOCK)
        ]
        return blocks[0] if len(blocks) == 1 else pl.concat(blocks, rechunk=False)

    def table(
        self, columns_of_candidates: Sequence[Sequence[Column]], n_rows: int
    ) -> pl.DataFrame:
        """Return columns as a table under the names of the features.

        Parameters
        ----------
        made : sequence of sequence of ndarray or Series
            Columns of each candidate.
        n_rows : int
        """
        columns = [
            column
            for candidate_columns in columns_of_candidates
            for column in candidate_columns
        ]
        if not columns:
            return pl.DataFrame(height=n_rows)
        return pl.DataFrame(
            [
                column.alias(name)
                if isinstance(column, pl.Series)
                else pl.Series(name, column, nan_to_null=True)
                for name, column in zip(self.names, columns, strict=True)
            ]
        )

    def to_record(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return a JSON-ready record, and named arrays of all its numbers."""
        return pack_record(self._record())

    @classmethod
    def from_record(cls, record: Any, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the features of a record and its arrays by `to_record`.

        Raises
        ------
        ArtifactError
            If they are anything else.
        """
        return cls(*read_record(unpack_record(record, arrays)))

    def to_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(
            self._record(), ensure_ascii=False, allow_nan=False, default=_as_list
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the features of a text by `to_json`.

        Raises
        ------
        ArtifactError
            If the text is no plan, is damaged, or of a newer version.
        """
        return cls(*read_record(parse_record(text)))

    def _record(self) -> dict[str, Any]:
        return write_record(self.candidates, self.states, self.coding, self.labels)

    def _apply_block(self, frame: pl.DataFrame, n_threads: int) -> pl.DataFrame:
        reader = Reader(frame, self.coding)
        columns_of_candidates = make(
            self.candidates, self.states, reader, {}, n_threads=n_threads
        )
        return self.table(columns_of_candidates, frame.height)


def _as_list(array: NDArray[Any]) -> list[Any]:
    """Return the numbers of an array, None where one is missing."""
    numbers: list[Any] = array.tolist()
    if array.dtype.kind != "f":
        return numbers
    return [None if math.isnan(number) else number for number in numbers]
