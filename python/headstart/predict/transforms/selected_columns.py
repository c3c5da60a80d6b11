"""A selection of the columns of a table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from headstart.base import Parts, StoredTransform
from headstart.base.arrays import require
from headstart.exceptions import ArtifactError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SelectedColumns"]

_PART = "selection.json"
_MAX_METHOD = 100  # characters


@dataclass(frozen=True, slots=True)
class SelectedColumns(StoredTransform):
    """The columns that are kept, with their ranks.

    Parameters
    ----------
    method : str
        How they were selected, for reports.
    columns : tuple of str
    ranks : tuple of int
        Rank per column: 1 for the first one selected, 0 for those left out.
    """

    kind: ClassVar[str] = "selected_columns"
    method: str
    columns: tuple[str, ...]
    ranks: tuple[int, ...]

    def apply(self, X: "pl.DataFrame") -> "pl.DataFrame":
        """Return the columns that are kept."""
        return X.select(self.reads(self.columns))

    def reads(self, columns: Sequence[str]) -> Sequence[str]:
        """Return the columns that are kept."""
        del columns
        pairs = zip(self.columns, self.ranks, strict=True)
        return [name for name, rank in pairs if rank]

    def to_parts(self) -> Parts:
        """Return the selection as JSON."""
        record = {"method": self.method, "columns": self.columns, "ranks": self.ranks}
        return {_PART: json.dumps(record).encode()}

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the checked selection that `to_parts` wrote."""
        require(
            set(parts) == {_PART},
            f"A stored selection of columns must be {_PART}. Got {sorted(parts)[:9]}.",
        )
        try:
            record: Any = json.loads(parts[_PART])
            selection = cls(
                record["method"], tuple(record["columns"]), tuple(record["ranks"])
            )
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ArtifactError(
                f"A stored selection of columns cannot be read: {error!r:.200}"
            ) from error
        require(
            isinstance(record["method"], str)
            and len(selection.method) <= _MAX_METHOD
            and all(isinstance(name, str) for name in selection.columns)
            and all(type(rank) is int and rank >= 0 for rank in selection.ranks)
            and len(selection.ranks)
            == len(selection.columns)
            == len(set(selection.columns))
            and any(selection.ranks),
            "A stored selection must have a method, distinct columns, and a rank of at "
            "least 0 for each, one of them above 0.",
        )
        return selection
