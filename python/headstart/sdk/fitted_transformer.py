"""Fitted scikit-learn transformers: applied, stored and loaded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from headstart.base.arrays import require
from headstart.base.stored import Parts, dump_skops, load_skops
from headstart.exceptions import ArtifactError
from headstart.sdk.transformer_matrices import (
    COLUMN_KINDS,
    dense_matrix,
    input_matrices,
)

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FittedTransformer"]


@dataclass(frozen=True, slots=True)
class FittedTransformer:
    """The fitted state of a `FromTransformer`.

    Parameters
    ----------
    kind : str
        Kind of the columns.
    columns : tuple of str
    fill : tuple of float
        Imputed value per numeric column; empty if the transformer accepts missing
        values.
    transformers : tuple
        One transformer; for text, one per column.
    names : tuple of tuple of str
        Names of the columns that each transformer makes.
    """

    kind: str
    columns: tuple[str, ...]
    fill: tuple[float, ...]
    transformers: tuple[Any, ...]
    names: tuple[tuple[str, ...], ...]

    def apply(
        self, X: "pl.DataFrame", name: str, *, takes_missing: bool
    ) -> "pl.DataFrame":
        """Return the columns that the fitted transformers make.

        Parameters
        ----------
        X : DataFrame
        name : str
            Name of the transform, for messages.
        takes_missing : bool
            True if NaN is a missing value of its results.
        """
        import polars as pl

        blocks: dict[str, pl.Series] = {}
        inputs = input_matrices(X.select(self.columns), self.kind, self.fill)
        for (_, values), transformer, names in zip(
            inputs, self.transformers, self.names, strict=True
        ):
            matrix = (
                dense_matrix(transformer.transform(values), name)
                if len(values)
                else np.zeros((0, len(names)))
            )
            if matrix.shape[1] != len(names):
                raise ValueError(
                    f"Transform {name!r} made {matrix.shape[1]} columns. Expected "
                    f"{len(names)}, as in training."
                )
            for index, column in enumerate(names):
                series = pl.Series(column, np.ascontiguousarray(matrix[:, index]))
                blocks[column] = series.fill_nan(None) if takes_missing else series
        return pl.DataFrame(blocks)

    def to_parts(self) -> Parts:
        """Return the transformers in skops' format and the rest as JSON."""
        record = {
            "kind": self.kind,
            "columns": self.columns,
            "fill": self.fill,
            "names": self.names,
        }
        parts = {"transformer.json": json.dumps(record).encode()}
        for index, transformer in enumerate(self.transformers):
            parts |= dump_skops(transformer, f"{index}.skops")
        return parts

    @classmethod
    def from_parts(cls, parts: Parts, name: str, trusted: Sequence[str]) -> Self:
        """Return the state that `to_parts` wrote.

        Parameters
        ----------
        parts : dict of str to bytes
        name : str
            Name of the transform, for messages.
        trusted : sequence of str
            Dotted names of types that may be built beyond skops' own.

        Raises
        ------
        ArtifactError
            If the parts are anything else.
        """
        owner = f"transform {name!r}"
        try:
            record = json.loads(parts["transformer.json"])
            kind = record["kind"]
            columns = _texts(record["columns"])
            fill = tuple(float(v) for v in record["fill"])
            names = tuple(_texts(each) for each in record["names"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ArtifactError(
                f"What {owner} has stored is damaged: {error!r}"
            ) from error
        require(
            kind in COLUMN_KINDS
            and len(names) == (len(columns) if kind == "text" else 1)
            and len(fill) in (0, len(columns))
            and bool(np.isfinite(fill).all())
            and len({n for each in names for n in each}) == sum(map(len, names)),
            f"What {owner} has stored does not fit together.",
        )
        transformers = tuple(
            load_skops(parts, owner, trusted, f"{index}.skops")
            for index in range(len(names))
        )
        require(
            all(callable(getattr(t, "transform", None)) for t in transformers),
            f"What {owner} has stored is no transformer.",
        )
        return cls(kind, columns, fill, transformers, names)


def _texts(value: Any) -> tuple[str, ...]:
    require(
        isinstance(value, list) and all(isinstance(v, str) for v in value),
        "A stored list of names holds other things than names.",
    )
    return tuple(value)
