"""The input and output matrices of scikit-learn transformers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headstart.base.matrix import FloatArray

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "COLUMN_KINDS",
    "dense_matrix",
    "input_matrices",
    "kind_of_columns",
    "output_names",
    "training_median",
]

#: Kinds of columns, which are never mixed.
COLUMN_KINDS = ("numeric", "categorical", "text")
_MISSING = "(missing)"
# Maximum number of dense columns of one step; more are probably uncounted words.
_MOST_OUTPUTS = 5_000


def kind_of_columns(name: str, X: "pl.DataFrame") -> str:
    """Return the kind of some columns, which must be the same for all."""
    import polars as pl

    kinds = {
        "text"
        if dtype == pl.String
        else "categorical"
        if isinstance(dtype, pl.Enum)
        else "numeric"
        for dtype in X.dtypes
    }
    if len(kinds) != 1:
        raise ValueError(
            f"Transform {name!r} must apply to columns of one kind. Got "
            f"{', '.join(sorted(kinds)) or 'no column'}."
        )
    return kinds.pop()


def input_matrices(
    X: "pl.DataFrame", kind: str, fill: tuple[float, ...]
) -> list[tuple[str, NDArray[Any]]]:
    """Return each transformer's input, with the name of the column if it is text."""
    if kind == "text":
        return [
            (c.name, np.asarray(c.fill_null("").to_list(), dtype=object))
            for c in X.get_columns()
        ]
    if kind == "categorical":
        words = [c.cast(str).fill_null(_MISSING).to_list() for c in X.get_columns()]
        return [("", np.asarray(words, dtype=object).T.reshape(X.height, X.width))]
    values = np.column_stack([c.to_numpy() for c in X.get_columns()]).astype(np.float64)
    if fill:
        values = np.where(np.isnan(values), np.asarray(fill), values)
    return [("", values)]


def training_median(series: "pl.Series") -> float:
    """Return the median of a column of numbers, 0 without any."""
    median = series.median()
    return float(median) if isinstance(median, int | float) else 0.0


def dense_matrix(matrix: Any, name: str) -> FloatArray:
    """Return the result of a transformer as a dense matrix."""
    if matrix.ndim != 2:
        raise ValueError(
            f"Transform {name!r} must make a matrix. Got shape {matrix.shape} instead."
        )
    if matrix.shape[1] > _MOST_OUTPUTS:
        raise ValueError(
            f"Transform {name!r} made {matrix.shape[1]} columns; at most "
            f"{_MOST_OUTPUTS} are kept. hint: let a TruncatedSVD or a selection follow "
            "it."
        )
    dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    return np.asarray(dense, dtype=np.float64)


def output_names(
    transformer: Any, columns: Sequence[str], n_outputs: int, label: str
) -> tuple[str, ...]:
    """Return the names of the columns that a transformer makes.

    Parameters
    ----------
    transformer : object
    columns : sequence of str
        Columns that it was fitted on.
    n_outputs : int
    label : str
        Column of text that it was fitted on alone, else "".
    """
    try:
        arguments = () if label else (np.asarray(columns, dtype=object),)
        names = [str(n) for n in transformer.get_feature_names_out(*arguments)]
    except (AttributeError, TypeError, ValueError):
        names = []
    if len(names) != n_outputs or len(set(names)) != n_outputs:
        names = [f"{type(transformer).__name__.lower()}{i}" for i in range(n_outputs)]
    return tuple(f"{label}.{name}" if label else name for name in names)
