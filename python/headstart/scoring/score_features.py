"""Scores of columns by their relation to a target."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind
from headstart.machine.compute import Compute
from headstart.machine.watch import Watch
from headstart.scoring.binning import BinnedMatrix
from headstart.scoring.columns import in_range, row_weights
from headstart.scoring.features import Features
from headstart.scoring.methods import METHODS, method_names
from headstart.scoring.request import Request, Scores
from headstart.scoring.target import Target

__all__ = ["MethodOptions", "compute_scores", "score_features"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodOptions:
    """Options of the methods of `score_features`; None means the method's default.

    Parameters
    ----------
    n_bins : int, optional
        Largest number of bins of numeric columns, from 2 to 255, for methods on bins.
    n_neighbors : int, optional
        For ``neighbor_information`` (default 3) and ``relieff`` (default 10).
    """

    n_bins: int | None = None
    n_neighbors: int | None = None


def score_features(
    X: Any,
    y: Any,
    method: str = "mutual_information",
    *,
    task: TaskKind | str | None = None,
    categorical: Sequence[int] | Sequence[bool] | NDArray[Any] | None = None,
    sample_weight: FloatArray | None = None,
    options: MethodOptions = MethodOptions(),
    compute: Compute = Compute(),
) -> pl.DataFrame:
    """Return a score of the relation to the target for each column.

    Parameters
    ----------
    X : matrix, table or BinnedMatrix
        A NumPy matrix in C or Fortran order is not copied. A table is read through the
        Arrow C data interface. A `BinnedMatrix` works for the methods on bins.
    y : column of labels or numbers
    method : str
        One of `method_names`. ``docs/reference/scoring.md`` defines each.
    task : {"binary", "multiclass", "classification", "regression"}, optional
        Inferred from `y` by default.
    categorical : sequence of int or bool, optional
        Columns that contain codes or levels. Text, categories and booleans of a table
        are always categorical.
    sample_weight : ndarray of shape (n_samples,), optional
        Finite and non-negative; a weight of 2 counts as two rows. If the sum is below
        the number of rows with a positive weight, the weights are scaled to this
        number.
    options : MethodOptions, optional
        Numbers of bins and neighbours.
    compute : Compute, optional
        The seed determines sampled rows and noise. Time limit and progress apply to the
        methods that compare pairs of rows. At the limit, ``relieff`` returns scores
        from the rows done so far; ``neighbor_information`` and ``distance_correlation``
        leave columns without a score. A `HeadstartWarning` gives the number of rows or
        columns done. Other methods ignore the limit. Progress counts rows or columns.

    Returns
    -------
    polars.DataFrame
        One row per column of `X`, in its order: ``feature``; ``statistic``; ``score``,
        higher is more relevant; ``p_value`` of independence, and ``q_value``, which is
        adjusted for multiple tests. Undefined values are null: for example p-values of
        methods without them, and the correlation with a constant.

    Raises
    ------
    ValueError
        If the method does not support the target or weights, or a parameter is invalid.
    TypeError
        If `X` is not numeric, or is a `BinnedMatrix` and the method needs values.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"age": [20, 30, 40, 50], "town": ["a", "b", "a", "b"]})
    >>> scores = score_features(table, [0, 0, 1, 1], "auc")
    >>> scores["score"].to_list()
    [1.0, None]
    """
    features: Features | BinnedMatrix
    if isinstance(X, BinnedMatrix):
        features = X
    else:
        features = Features.of(X, categorical=categorical)
    scores = compute_scores(
        features, Target.of(y, task, features.shape[0]), method,
        sample_weight=sample_weight, options=options, seed=compute.seed,
        n_threads=compute.n_threads, watch=compute.watch("score_features"),
    )  # fmt: skip
    columns = {
        "feature": list(features.names),
        "statistic": scores.statistic,
        "score": scores.score,
        "p_value": scores.p_value,
        "q_value": scores.q_value,
    }
    return pl.DataFrame(columns, schema_overrides={"feature": pl.String}).with_columns(
        pl.col("statistic", "score", "p_value", "q_value").fill_nan(None)
    )


def compute_scores(
    features: Features | BinnedMatrix,
    target: Target,
    method: str,
    *,
    sample_weight: FloatArray | None = None,
    options: MethodOptions = MethodOptions(),
    seed: int = 0,
    n_threads: int = 1,
    watch: Watch | None = None,
) -> Scores:
    """Return the scores of `score_features` as arrays.

    Parameters
    ----------
    features : Features or BinnedMatrix
    target : Target
    method : str
    sample_weight, options
        As in `score_features`.
    seed, n_threads
        As in `Compute`.
    watch : Watch, optional
        The watch of a computation that has already started.

    Raises
    ------
    TypeError, ValueError
        As in `score_features`.
    """
    scorer = METHODS.get(method)
    if scorer is None:
        similar = difflib.get_close_matches(method, METHODS, n=1)
        hint = f" hint: did you mean {similar[0]!r}?" if similar else ""
        raise ValueError(
            f"Unknown method {method!r}. Known: {', '.join(METHODS)}.{hint}"
        )
    if target.kind not in scorer.kinds:
        raise ValueError(
            f"Method {method!r} is not defined for a {target.kind} target. "
            f"Expected one of {', '.join(method_names(target.kind))}."
        )
    if sample_weight is not None and not scorer.is_weighted:
        raise ValueError(
            f"Method {method!r} supports no sample weights. hint: omit sample_weight."
        )
    n_bins, n_neighbors = options.n_bins, options.n_neighbors
    request = Request(
        features,
        target,
        row_weights(sample_weight, features.shape[0]),
        None if n_bins is None else in_range("n_bins", n_bins, 2, 255),
        in_range(
            "n_neighbors",
            (10 if method == "relieff" else 3) if n_neighbors is None else n_neighbors,
            1,
            max(1, features.shape[0] - 1),
        ),
        seed,
        in_range("n_threads", n_threads, 1, 1024),
        watch or Watch(),
    )
    return scorer.compute(request)
