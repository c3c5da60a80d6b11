"""Selection of columns with more importance in a forest than for a shuffled target."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, Resources, TaskKind
from headstart.scoring import compare_with_null

if TYPE_CHECKING:
    import polars as pl

__all__ = ["above_chance"]

_MOST_ROWS = 5_000
_N_SHUFFLES = 6
_N_TREES = 40


def above_chance(
    X: "pl.DataFrame", y: NDArray[Any], kind: TaskKind, resources: Resources
) -> list[str]:
    """Return the columns with more importance than by chance, the largest first.

    Seven forests of 40 extremely randomised trees on 5,000 rows at most, six of them
    with the target shuffled. Empty if the deadline passes before the last forest.

    Parameters
    ----------
    X : DataFrame
        Float64 and Enum columns.
    y : ndarray of shape (n_rows,)
        Codes or values, at least two different ones.
    """
    random = np.random.default_rng(resources.seed)
    if X.height > _MOST_ROWS:
        rows = np.sort(random.permutation(X.height)[:_MOST_ROWS])
        X, y = X[rows], y[rows]
    matrix = _matrix(X)
    importances: list[FloatArray] = []
    for shuffle in range(_N_SHUFFLES + 1):
        if resources.seconds_left() <= 0:
            return []
        target = random.permutation(y) if shuffle else y
        importances.append(_importances(matrix, target, kind, resources))
    table = compare_with_null(importances[0], np.stack(importances[1:]), X.columns)
    above = table.filter("is_above").sort(
        "importance", descending=True, maintain_order=True
    )
    names: list[str] = above["feature"].to_list()
    return names


def _importances(
    X: FloatArray, y: NDArray[Any], kind: TaskKind, resources: Resources
) -> FloatArray:
    from sklearn import ensemble

    forest = (
        ensemble.ExtraTreesRegressor
        if kind is TaskKind.REGRESSION
        else ensemble.ExtraTreesClassifier
    )
    model = forest(
        n_estimators=_N_TREES,
        min_samples_leaf=5,
        max_features="sqrt",
        n_jobs=resources.threads,
        random_state=resources.seed,
    )
    return np.asarray(model.fit(X, y).feature_importances_, dtype=np.float64)


def _matrix(X: "pl.DataFrame") -> FloatArray:
    """Return numbers and codes; missing ones are the median, or -1 for categories."""
    import polars as pl

    columns = []
    for series in X.get_columns():
        if isinstance(series.dtype, pl.Enum):
            columns.append(series.to_physical().cast(pl.Float64).fill_null(-1.0))
        else:
            columns.append(series.fill_null(series.median() or 0.0))
    matrix = np.column_stack([column.to_numpy() for column in columns])
    # Forests use single precision, which must not overflow.
    limit = float(np.finfo(np.float32).max) / 4
    return np.asarray(np.clip(matrix, -limit, limit), dtype=np.float64)
