"""Values of screened candidates for the models that confirm them."""

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.features.operators.catalogue import OPERATORS, Operator
from headstart.features.screening.proposals import PRIOR_ROWS
from headstart.features.screening.table import ScreenedTable

__all__ = ["make_values"]

FloatArray = NDArray[np.float64]
Rows = NDArray[np.int64]

_BY_CODE = {operator.code: operator for operator in OPERATORS.values()}


def make_values(
    table: ScreenedTable,
    descriptors: NDArray[np.int32],
    train: Rows,
    targets: FloatArray,
    fold_ids: NDArray[np.uint8],
) -> FloatArray:
    """Return the values of candidates, fitted to the training rows.

    Parameters
    ----------
    table : ScreenedTable
    descriptors : ndarray of shape (n_candidates, 4), int32
    train : ndarray of int64
        Rows to which statistics are fitted.
    targets : ndarray of shape (n_targets, n_rows)
        Numbers that target means average: the target, or one indicator per class. Rows
        outside `train` are not read.
    fold_ids : ndarray of shape (n_rows,), uint8
        Target means of training rows are computed from the other folds.

    Returns
    -------
    ndarray of shape (n_columns, n_rows)
        NaN where missing. A target mean gives one column per target.
    """
    columns: list[FloatArray] = []
    with np.errstate(all="ignore"):
        for code, *operands in descriptors.tolist():
            operator = _BY_CODE[code]
            used = [column for column in operands if column >= 0]
            if operator.name == "target_mean":
                groups, n_groups = _groups(table, used)
                columns += [
                    _target_mean(groups, n_groups, target, train, fold_ids)
                    for target in targets
                ]
            else:
                columns.append(_values(table, operator, used, train))
    features = np.array(columns).reshape(len(columns), table.n_rows)
    features[~np.isfinite(features)] = np.nan
    return features


def _values(
    table: ScreenedTable, operator: Operator, columns: list[int], train: Rows
) -> FloatArray:
    if operator.inputs in ("one", "two"):
        numbers = [np.ascontiguousarray(table.numeric[column]) for column in columns]
        indices = list(range(len(columns)))
        return _core.make_numeric(numbers, [(operator.code, indices, [])], 1)[0]
    if operator.name == "frequency":
        groups, n_groups = _groups(table, columns)
        counts = np.bincount(groups[train], minlength=n_groups)
        return np.asarray(counts[groups] / len(train))
    groups, n_groups = _groups(table, columns[1:])
    a = table.numeric[columns[0]]
    return _grouped(operator.name, a, groups, n_groups, train)


def _groups(table: ScreenedTable, columns: list[int]) -> tuple[NDArray[np.int64], int]:
    indices = [column - table.n_numeric for column in columns]
    groups = table.codes[indices[0]].astype(np.int64)
    for index in indices[1:]:
        groups = groups * int(table.n_levels[index]) + table.codes[index]
    if len(indices) > 1:
        groups = np.unique(groups, return_inverse=True)[1]
    return groups, int(groups.max(initial=0)) + 1


def _grouped(
    name: str, a: FloatArray, groups: NDArray[np.int64], n_groups: int, train: Rows
) -> FloatArray:
    rows = train[np.isfinite(a[train])]
    row_groups, numbers = groups[rows], a[rows]
    if name in ("group_min", "group_max"):
        result = np.full(n_groups, np.nan)
        extreme = np.fmin if name == "group_min" else np.fmax
        extreme.at(result, row_groups, numbers)
        return result[groups]
    counts = np.bincount(row_groups, minlength=n_groups)
    means = np.bincount(row_groups, numbers, minlength=n_groups) / counts
    if name == "group_std":
        deviations = (numbers - means[row_groups]) ** 2
        squares = np.bincount(row_groups, deviations, minlength=n_groups)
        # The standard deviation needs two numbers.
        variances = np.where(counts > 1, squares / (counts - 1), np.nan)
        return np.asarray(np.sqrt(variances)[groups])
    result = means[groups]
    if name == "minus_group_mean":
        return np.asarray(a - result)
    return np.asarray(a / result) if name == "over_group_mean" else result


def _target_mean(
    groups: NDArray[np.int64],
    n_groups: int,
    target: FloatArray,
    train: Rows,
    fold_ids: NDArray[np.uint8],
) -> FloatArray:
    overall = float(target[train].mean())
    counts = np.bincount(groups[train], minlength=n_groups).astype(np.float64)
    sums = np.bincount(groups[train], target[train], minlength=n_groups)
    encoded = ((sums + PRIOR_ROWS * overall) / (counts + PRIOR_ROWS))[groups]
    for fold in np.unique(fold_ids[train]):
        in_fold = train[fold_ids[train] == fold]
        fold_counts = np.bincount(groups[in_fold], minlength=n_groups)
        fold_sums = np.bincount(groups[in_fold], target[in_fold], minlength=n_groups)
        means = (sums - fold_sums + PRIOR_ROWS * overall) / (
            counts - fold_counts + PRIOR_ROWS
        )
        encoded[in_fold] = means[groups[in_fold]]
    return encoded
