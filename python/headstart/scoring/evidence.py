"""Weight of evidence of the bins of a column."""

from typing import Any

import numpy as np
import polars as pl

from headstart import _core
from headstart.base import FloatArray, TaskKind
from headstart.scoring.binning import BinnedMatrix
from headstart.scoring.columns import row_weights
from headstart.scoring.target import Target

__all__ = ["weight_of_evidence"]


def weight_of_evidence(
    binned: BinnedMatrix,
    y: Any,
    column: int,
    *,
    sample_weight: FloatArray | None = None,
) -> pl.DataFrame:
    """Return the weight of evidence of a column's bins for the second class.

    Parameters
    ----------
    binned : BinnedMatrix
    y : column of labels of two classes
    column : int
        Index of the column.
    sample_weight : ndarray of shape (n_samples,), optional
        As for `score_features`.

    Returns
    -------
    polars.DataFrame
        One row per bin that is not empty: ``bin`` (null for missing values),
        ``n_first`` and ``n_second`` (weights of both classes), ``weight_of_evidence``
        (the logarithm of the second class's share divided by the first's, with half a
        row added to each) and ``information_value`` (the bin's contribution to the
        column's).

    Raises
    ------
    ValueError
        If there are not two classes, or the weights are invalid.

    Examples
    --------
    >>> import numpy as np
    >>> binned = BinnedMatrix.from_numpy(np.array([[0.0], [0.0], [1.0], [1.0]]))
    >>> table = weight_of_evidence(binned, [0, 0, 0, 1], 0)
    >>> table["weight_of_evidence"].round(3).to_list()
    [-0.916, 0.693]
    """
    target = Target.of(y, TaskKind.BINARY, binned.shape[0])
    weight = row_weights(sample_weight, binned.shape[0])
    table = _core.contingency_table(binned.core, column, target.labels, weight)
    has_rows = table.sum(axis=1) > 0
    cells = table[has_rows] + 0.5
    shares = cells / cells.sum(axis=0)
    evidence = np.log(shares[:, 1] / shares[:, 0])
    bins = [*range(len(table) - 1), None]
    return pl.DataFrame(
        {
            "bin": [
                number
                for number, has_row in zip(bins, has_rows, strict=True)
                if has_row
            ],
            "n_first": table[has_rows, 0],
            "n_second": table[has_rows, 1],
            "weight_of_evidence": evidence,
            "information_value": (shares[:, 1] - shares[:, 0]) * evidence,
        },
        schema_overrides={"bin": pl.Int64},
    )
