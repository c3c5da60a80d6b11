"""Assignment of rows to folds: at random, by class, group or time, or one share."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray, IntArray
from headstart.validation.folds import NEVER, Folds

__all__ = [
    "group_folds",
    "holdout_fold",
    "newest_fold",
    "plain_folds",
    "quantile_bins",
    "stratified_folds",
    "stratified_group_folds",
    "time_folds",
]

BoolArray = NDArray[np.bool_]


def plain_folds(
    n_rows: int,
    n_folds: int = 8,
    n_repeats: int = 1,
    *,
    seed: int = 0,
    n_threads: int = 1,
) -> Folds:
    """Return random folds whose sizes differ by at most one.

    Parameters
    ----------
    n_rows : int
    n_folds : int, default=8
        In ``2 .. min(n_rows, 254)``.
    n_repeats : int, default=1
        Number of repeats. Repeat ``r`` of a seed does not depend on this number.
    seed : int, default=0
        At least 0. The same seed gives the same folds on every machine.
    n_threads : int, default=1
        Number of threads, used for repeats. It does not affect the folds.

    Raises
    ------
    ValueError
        If there are more folds than rows.

    Examples
    --------
    >>> plain_folds(10, 5, n_repeats=2).describe()
    '5 folds, 2 repeats, plain'
    """
    _check_counts(n_folds, n_repeats, n_rows, "rows")
    ids = _core.plain_folds(n_rows, n_folds, n_repeats, _seed(seed), n_threads)
    return Folds(ids, assignment="plain")


def stratified_folds(
    codes: NDArray[Any],
    n_folds: int = 8,
    n_repeats: int = 1,
    *,
    seed: int = 0,
    n_threads: int = 1,
) -> Folds:
    """Return random folds with equal shares of every class.

    Between two folds, the number of rows of a class differs by at most one, and so does
    the total number of rows. A class with fewer rows than folds is in some folds only.

    Parameters
    ----------
    codes : array-like of shape (n_rows,)
        Class codes or labels. For regression, see `quantile_bins`.
    n_folds, n_repeats, seed, n_threads
        As in `plain_folds`.

    Raises
    ------
    ValueError
        If there are more folds than rows.
    """
    dense = _codes(codes)
    _check_counts(n_folds, n_repeats, dense.size, "rows")
    ids = _core.stratified_folds(dense, n_folds, n_repeats, _seed(seed), n_threads)
    return Folds(ids, assignment="stratified")


def group_folds(
    groups: NDArray[Any],
    n_folds: int = 8,
    n_repeats: int = 1,
    *,
    seed: int = 0,
    n_threads: int = 1,
) -> Folds:
    """Return folds of whole groups with about equal sizes.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
        Identifiers of groups: numbers or strings.
    n_folds, n_repeats, seed, n_threads
        As in `plain_folds`.

    Raises
    ------
    ValueError
        If there are more folds than groups.
    """
    dense = _codes(groups, "groups")
    _check_folds(n_folds, n_repeats)
    one_class = np.zeros(dense.size, dtype=np.int64)
    ids = _core.stratified_group_folds(
        one_class, dense, n_folds, n_repeats, _seed(seed), n_threads
    )
    return Folds(ids, assignment="grouped")


def stratified_group_folds(
    codes: NDArray[Any],
    groups: NDArray[Any],
    n_folds: int = 8,
    n_repeats: int = 1,
    *,
    seed: int = 0,
    n_threads: int = 1,
) -> Folds:
    """Return folds of whole groups with about the same share of every class.

    The criterion is that of scikit-learn's ``StratifiedGroupKFold``. The cost is
    O(n_rows + n_groups * n_folds * classes of a group), instead of quadratic in the
    number of groups.

    Parameters
    ----------
    codes, groups : array-like of shape (n_rows,)
        As in `stratified_folds` and `group_folds`.
    n_folds, n_repeats, seed, n_threads
        As in `plain_folds`.

    Raises
    ------
    ValueError
        If there are more folds than groups, or lengths differ.
    """
    dense, dense_groups = _codes(codes), _codes(groups, "groups")
    _check_lengths(dense, dense_groups)
    _check_folds(n_folds, n_repeats)
    ids = _core.stratified_group_folds(
        dense, dense_groups, n_folds, n_repeats, _seed(seed), n_threads
    )
    return Folds(ids, assignment="stratified, grouped")


def holdout_fold(
    n_rows: int,
    fraction: float = 0.2,
    n_repeats: int = 1,
    *,
    codes: NDArray[Any] | None = None,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
    n_threads: int = 1,
) -> Folds:
    """Return one fold that holds out a random share of the rows.

    Parameters
    ----------
    n_rows : int
        At least 2.
    fraction : float, default=0.2
        Share of rows to hold out, between 0 and 1. With `groups`, it is approximated by
        whole groups.
    codes : array-like of shape (n_rows,) or None
        Classes to stratify by. Each class keeps at least one training row.
    groups : array-like of shape (n_rows,) or None
        Groups that are never split.
    n_repeats, seed, n_threads
        As in `plain_folds`.

    Raises
    ------
    ValueError
        If `fraction` is not between 0 and 1, or no row can be held out.
    """
    _check_fraction(fraction)
    _check_repeats(n_repeats)
    assignment = ["plain" if codes is None else "stratified"]
    dense = np.zeros(n_rows, dtype=np.int64) if codes is None else _codes(codes)
    if dense.size != n_rows:
        raise ValueError(f"codes must have {n_rows} values. Got {dense.size}.")
    if groups is None:
        ids = _core.holdout(dense, fraction, n_repeats, _seed(seed), n_threads)
    else:
        dense_groups = _codes(groups, "groups")
        _check_lengths(dense, dense_groups)
        assignment = ["grouped"] if codes is None else ["stratified", "grouped"]
        ids = _core.group_holdout(
            dense, dense_groups, fraction, n_repeats, _seed(seed), n_threads
        )
    return Folds(ids, "holdout", ", ".join(assignment))


def newest_fold(order: NDArray[Any], fraction: float = 0.2, gap: int = 0) -> Folds:
    """Return one fold that holds out the newest share of the rows.

    Parameters
    ----------
    order : array-like of shape (n_rows,)
        As in `time_folds`.
    fraction : float, default=0.2
        Share of rows to hold out, between 0 and 1. It is approximated, because rows of
        equal time are never split.
    gap : int, default=0
        As in `time_folds`.

    Raises
    ------
    ValueError
        As in `time_folds`, or if `fraction` is not between 0 and 1.

    Examples
    --------
    >>> newest_fold(np.array([4, 1, 2, 3]), 0.25).validation(0, 0)
    array([0])
    """
    _check_fraction(fraction)
    steps = _time_steps(order, 1, gap)
    counts = np.bincount(steps)
    n_before = np.cumsum(counts) - counts
    first = int(np.abs(n_before - (1 - fraction) * steps.size).argmin())
    first = min(max(first, gap + 1), counts.size - 1)
    ids = np.where(steps >= first, 0, NEVER).astype(np.uint8)
    training = np.packbits(steps < first - gap)
    assignment = "the newest rows in order of time" + (f", gap {gap}" if gap else "")
    return Folds(ids[np.newaxis], "time", assignment, training[np.newaxis, np.newaxis])


def time_folds(order: NDArray[Any], n_folds: int = 5, gap: int = 0) -> Folds:
    """Return folds in order of time, each with all earlier rows as training rows.

    The last rows, ordered by time, form `n_folds` blocks of about
    ``n_rows / (n_folds + 1)`` rows. Each block is held out once, and predicted from all
    rows before it. Rows of equal time are never split.

    Parameters
    ----------
    order : array-like of shape (n_rows,)
        Times, or other values with the same order. Missing values are an error.
    n_folds : int, default=5
        At least 1.
    gap : int, default=0
        Number of distinct times before a block that are excluded from its training
        rows, because their targets would not yet be known.

    Raises
    ------
    ValueError
        If there are too few distinct times, or times are missing.
    """
    steps = _time_steps(order, n_folds, gap)
    ids, first_steps = _core.time_folds(steps, n_folds, gap)
    training = np.stack([np.packbits(steps < first - gap) for first in first_steps])
    assignment = "in order of time" + (f", gap {gap}" if gap else "")
    return Folds(ids[np.newaxis], "time", assignment, training[np.newaxis])


def _time_steps(order: NDArray[Any], n_folds: int, gap: int) -> IntArray:
    """Return the index of each row's time among the distinct times."""
    values = np.asarray(order)
    if values.ndim != 1:
        raise ValueError(f"order must have one dimension. Got shape {values.shape}.")
    missing = _missing(values)
    if missing.any():
        raise ValueError(
            f"{missing.sum()} of {values.size} times are missing, first in row "
            f"{int(missing.argmax())}. Folds in order of time need all times. "
            "hint: fill in the times, or drop these rows."
        )
    if n_folds < 1 or gap < 0:
        raise ValueError(
            "Folds in order of time need at least 1 fold and a gap of at least 0. "
            f"Got {n_folds} folds and a gap of {gap}."
        )
    times, steps = np.unique(values, return_inverse=True)
    needed = n_folds + gap + 1
    if times.size < needed:
        raise ValueError(
            f"{n_folds} folds in order of time with a gap of {gap} need at least "
            f"{needed} distinct times. Got {times.size}."
        )
    return np.ascontiguousarray(steps, dtype=np.int64)


def quantile_bins(y: FloatArray, n_bins: int = 10) -> IntArray:
    """Return codes of quantile bins of `y`, for the stratification of a regression.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
    n_bins : int, default=10
        At most the number of rows is used.

    Examples
    --------
    >>> quantile_bins(np.array([0.1, 5.0, 0.3, 90.0]), n_bins=2)
    array([0, 1, 0, 1])
    """
    values = np.asarray(y, dtype=np.float64)
    rank = np.empty(values.size, dtype=np.int64)
    # A stable sort assigns equal values by row, equally on every machine.
    rank[np.argsort(values, kind="stable")] = np.arange(values.size)
    return rank * max(1, min(n_bins, values.size)) // max(1, values.size)


def _codes(codes: NDArray[Any], name: str = "codes") -> IntArray:
    """Return codes of classes or groups as int64, below the number of rows.

    Small non-negative integers are not renumbered: some codes may have no row.
    """
    values = _vector(name, codes)
    if (
        values.dtype.kind in "iu"
        and values.size
        and values.min() >= 0
        and values.max() < values.size
    ):
        return np.ascontiguousarray(values, dtype=np.int64)
    return _factorize(values)


def _group_codes(groups: NDArray[Any]) -> IntArray:
    """Return codes of groups as int64, without unused codes."""
    return _factorize(_vector("groups", groups))


def _factorize(values: NDArray[Any]) -> IntArray:
    if values.dtype.kind in "iu" and values.dtype != np.uint64:
        # A lookup table instead of a sort is 20 times as fast.
        codes = _core.dense_codes(np.ascontiguousarray(values, dtype=np.int64))
        if codes is not None:
            return codes
    if values.dtype == object:
        # Mixed types and None cannot be sorted; codes follow the first occurrence.
        code_of: dict[object, int] = {}
        listed = [code_of.setdefault(value, len(code_of)) for value in values.tolist()]
        return np.array(listed, dtype=np.int64)
    _, inverse = np.unique(values, return_inverse=True)
    return np.ascontiguousarray(inverse, dtype=np.int64)


def _vector(name: str, values: NDArray[Any]) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension. Got shape {array.shape}.")
    return array


def _missing(values: NDArray[Any]) -> BoolArray:
    if values.dtype.kind in "mM":
        return cast("BoolArray", np.isnat(values))
    if values.dtype == object:
        # None, NaN and NaT: the last two differ from themselves.
        return np.array([v is None or v != v for v in values.tolist()], dtype=bool)
    if values.dtype.kind == "f":
        return cast("BoolArray", np.isnan(values))
    return np.zeros(values.shape, dtype=bool)


def _check_lengths(codes: IntArray, groups: IntArray) -> None:
    if codes.size != groups.size:
        raise ValueError(
            f"groups must have one value for each of the {codes.size} rows. "
            f"Got {groups.size}."
        )


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ValueError(
            f"The share of rows to hold out must lie between 0 and 1. Got {fraction!r}."
        )


def _check_folds(n_folds: int, n_repeats: int) -> None:
    _check_repeats(n_repeats)
    if not 2 <= n_folds < NEVER:
        raise ValueError(f"There must be 2 to {NEVER - 1} folds. Got {n_folds!r}.")


def _check_counts(n_folds: int, n_repeats: int, n_units: int, unit: str) -> None:
    _check_folds(n_folds, n_repeats)
    if n_folds > n_units:
        raise ValueError(
            f"{n_folds} folds need at least {n_folds} {unit}. Got {n_units}. "
            "hint: use fewer folds."
        )


def _check_repeats(n_repeats: int) -> None:
    if n_repeats < 1:
        raise ValueError(f"There must be at least 1 repeat. Got {n_repeats!r}.")


def _seed(seed: int) -> int:
    if seed < 0:
        raise ValueError(f"The seed must be at least 0. Got {seed}.")
    return int(seed) & (2**64 - 1)
