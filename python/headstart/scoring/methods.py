"""The scoring methods by name: their inputs, and the order of their scores.

Their definitions, supported columns and targets, treatment of missing values and
weights, and sources are in ``docs/reference/scoring.md``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy import special

from headstart import _core
from headstart.base import FloatArray, TaskKind
from headstart.scoring.request import Request, Scores
from headstart.scoring.target import Target

__all__ = ["METHODS", "Method", "method_names"]

_ALL = frozenset(TaskKind)
_CLASSES = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
_ORDERED = frozenset({TaskKind.BINARY, TaskKind.REGRESSION})

# Average number of rows per pair of bin and class for mutual information.
_ROWS_PER_PAIR = 25

# Columns of `_core.score_contingency`.
_MUTUAL, _CORRECTED, _CHI2, _BINS, _LEVELS, _CRAMER, _THEIL, _LIEHT, _IV = range(9)


@dataclass(frozen=True)
class Method:
    """A scoring method.

    Parameters
    ----------
    compute : callable of ``(request) -> Scores``
    kinds : frozenset of TaskKind
        Kinds of targets for which the method is defined.
    is_weighted : bool
        Whether the method supports sample weights.
    """

    compute: Callable[[Request], Scores]
    kinds: frozenset[TaskKind] = _ALL
    is_weighted: bool = True


def method_names(kind: TaskKind | None = None) -> tuple[str, ...]:
    """Return the names of the methods, optionally only those for `kind`.

    Examples
    --------
    >>> from headstart.base import TaskKind
    >>> "information_value" in method_names(TaskKind.REGRESSION)
    False
    """
    return tuple(n for n, m in METHODS.items() if kind is None or kind in m.kinds)


def _plain(statistic: FloatArray) -> Scores:
    return Scores(statistic, statistic, np.full(statistic.size, np.nan))


def _pearson(request: Request) -> Scores:
    r, f, p_value = _linear(request)
    del f
    return Scores(r, np.abs(r), p_value)


def _linear(request: Request) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the correlation, the F statistic of a linear fit, and its p-value."""
    y, weight, n_threads = request.target.values, request.weight, request.n_threads

    def score(indices: list[int]) -> FloatArray:
        table = request.columns.some(indices)
        return _core.score_pearson(table, y, weight, n_threads)

    r, n = request.of_numeric(score, 2).T
    f = _f_of_r(r, n)
    return r, f, _p_of_f(f, np.ones_like(n), n - 2)


def _spearman(request: Request) -> Scores:
    y, n_threads = request.target.values, request.n_threads

    def score(indices: list[int]) -> FloatArray:
        return _core.score_spearman(request.columns.some(indices), y, n_threads)

    r, n = request.of_numeric(score, 2).T
    return Scores(r, np.abs(r), _p_of_f(_f_of_r(r, n), np.ones_like(n), n - 2))


def _f(request: Request) -> Scores:
    if request.target.kind.is_classification:
        f, p_value = _f_of_variance(_anova(request))
        return Scores(f, f, p_value)
    _, f, p_value = _linear(request)
    levels = request.of_bins(
        _anova_of_bins(request), 4, n_bins=255, which="categorical"
    )
    f_levels, p_levels = _f_of_variance(levels)
    is_level = request.columns.categorical
    f[is_level], p_value[is_level] = f_levels[is_level], p_levels[is_level]
    return Scores(f, f, p_value)


def _anova(request: Request) -> FloatArray:
    y, weight = request.target.labels, request.weight

    def score(indices: list[int]) -> FloatArray:
        table = request.columns.some(indices)
        return _core.score_anova(table, y, weight, request.n_threads)

    return request.of_numeric(score, 4)


def _anova_of_bins(request: Request) -> Callable[[_core.BinnedMatrix], FloatArray]:
    y, weight = request.target.values, request.weight
    return lambda core: _core.score_anova_of_bins(core, y, weight, request.n_threads)


def _chi2(request: Request) -> Scores:
    table = _contingency(request, n_bins=16)
    statistic = table[:, _CHI2]
    return Scores(statistic, statistic, _p_of_table(statistic, table))


def _chi2_of_counts(request: Request) -> Scores:
    target, weight = request.target, request.weight
    shares = np.bincount(target.codes, weight, target.n_classes)
    shares = shares / shares.sum()

    def score(indices: list[int]) -> FloatArray:
        statistics = np.full((len(indices), 1), np.nan)
        for index, column in enumerate(indices):
            values = np.asarray(_one(request, column), dtype=np.float64)
            if np.nanmin(values, initial=0.0) < 0:
                raise ValueError(
                    f"chi2_of_counts needs values that are not negative. Column "
                    f"{request.features.names[column]!r} has {np.nanmin(values)}. "
                    "hint: method='chi2' bins columns first."
                )
            values = np.nan_to_num(values) * (1.0 if weight is None else weight)
            observed = np.bincount(target.codes, values, target.n_classes)
            expected = shares * observed.sum()
            with np.errstate(invalid="ignore", divide="ignore"):
                statistics[index] = ((observed - expected) ** 2 / expected).sum()
        return statistics

    statistic = request.of_numeric(score, 1)[:, 0]
    p_value = special.chdtrc(target.n_classes - 1, statistic)
    return Scores(statistic, statistic, p_value)


def _one(request: Request, column: int) -> FloatArray:
    columns = request.columns.values
    return columns[column] if isinstance(columns, list) else columns[:, column]


def _mutual_information(request: Request) -> Scores:
    if not request.target.kind.is_classification:
        request = _with_binned_target(request)
    # The bias correction is incomplete if pairs of bin and class have few rows.
    n_rows, n_classes = request.features.shape[0], request.target.n_classes
    n_bins = int(np.clip(n_rows // (_ROWS_PER_PAIR * n_classes), 4, 255))
    table = _contingency(request, n_bins=n_bins)
    nats = 2 * table[:, _MUTUAL] * _total(request)
    return Scores(table[:, _CORRECTED], table[:, _CORRECTED], _p_of_table(nats, table))


def _with_binned_target(request: Request) -> Request:
    """Return the request with a numeric target in quantile bins."""
    y = request.target.values
    n_bins = int(np.clip(np.sqrt(y.size / 5), 2, 32))
    core = _core.BinnedMatrix.fit([y], [False], n_bins, None, 0, 1)
    codes = core.codes()[:, 0].astype(np.uint16)
    target = Target(TaskKind.MULTICLASS, codes, n_bins, y)
    return Request(
        request.features, target, request.weight, request.n_bins, request.n_neighbors,
        request.seed, request.n_threads,
    )  # fmt: skip


def _neighbor_information(request: Request) -> Scores:
    target, k, seed = request.target, request.n_neighbors, request.seed
    n_threads = request.n_threads

    def score(indices: list[int]) -> FloatArray:
        table = request.columns.some(indices)
        information = _core.score_neighbors(
            table, target.either, k, None, seed, request.watch.of_core, n_threads
        )
        return information[:, np.newaxis]

    def of_levels(core: _core.BinnedMatrix) -> FloatArray:
        if target.kind.is_classification:
            return _core.score_contingency(core, target.labels, None, n_threads)[:, :1]
        information = _core.score_neighbors_of_bins(
            core, target.values, k, None, seed, request.watch.of_core, n_threads
        )
        return information[:, np.newaxis]

    numeric = request.of_numeric(score, 1)
    levels = request.of_bins(of_levels, 1, n_bins=255, which="categorical")
    information = np.where(np.isnan(numeric), levels, numeric)[:, 0]
    return _plain(request.in_time(information))


def _from_table(column: int, n_bins: int) -> Callable[[Request], Scores]:
    return lambda request: _plain(_contingency(request, n_bins=n_bins)[:, column])


def _correlation_ratio(request: Request) -> Scores:
    if request.target.kind.is_classification:
        between, within = _anova(request)[:, :2].T
    else:
        variances = request.of_bins(_anova_of_bins(request), 4, n_bins=16)
        between, within = variances[:, :2].T
    with np.errstate(invalid="ignore"):
        return _plain(np.sqrt(between / (between + within)))


def _auc(request: Request) -> Scores:
    n_classes = request.target.n_classes

    def score(indices: list[int]) -> FloatArray:
        table = request.columns.some(indices)
        return _core.score_auc(
            table, request.target.labels, request.weight, request.n_threads
        )

    areas = request.of_numeric(score, n_classes)
    folded = np.maximum(areas, 1 - areas).mean(axis=1)
    statistic = areas[:, 1] if n_classes == 2 else folded
    return Scores(statistic, folded, request.empty())


def _relieff(request: Request) -> Scores:
    scores, n_rows = _core.score_relieff(
        request.columns.values,
        list(request.columns.is_categorical),
        request.target.either,
        request.n_neighbors,
        request.watch.of_core,
        request.n_threads,
    )
    request.watch.warn_of_part(
        "score_features", n_rows, request.columns.shape[0], "rows"
    )
    return _plain(scores)


def _distance_correlation(request: Request) -> Scores:
    def score(indices: list[int]) -> FloatArray:
        table = request.columns.some(indices)
        correlations = _core.score_distance(
            table, request.target.values, request.watch.of_core, request.n_threads
        )
        return correlations[:, np.newaxis]

    return _plain(request.in_time(request.of_numeric(score, 1)[:, 0]))


def _contingency(request: Request, *, n_bins: int) -> FloatArray:
    y, weight = request.target.labels, request.weight
    return request.of_bins(
        lambda core: _core.score_contingency(core, y, weight, request.n_threads),
        9,
        n_bins=n_bins,
    )


def _total(request: Request) -> float:
    weight = request.weight
    return float(request.target.codes.size if weight is None else weight.sum())


def _f_of_r(r: FloatArray, n: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return r**2 / (1 - r**2) * (n - 2)


def _f_of_variance(variances: FloatArray) -> tuple[FloatArray, FloatArray]:
    between, within, n, n_groups = variances.T
    with np.errstate(divide="ignore", invalid="ignore"):
        f = (between / (n_groups - 1)) / (within / (n - n_groups))
    return f, _p_of_f(f, n_groups - 1, n - n_groups)


def _p_of_f(f: FloatArray, above: FloatArray, below: FloatArray) -> FloatArray:
    p_value: FloatArray = special.fdtrc(above, below, f)
    return p_value


def _p_of_table(statistic: FloatArray, table: FloatArray) -> FloatArray:
    n_free = (table[:, _BINS] - 1) * (table[:, _LEVELS] - 1)
    # With one bin or class there is no dependence to test.
    p_value: FloatArray = special.chdtrc(np.maximum(n_free, 1), statistic)
    return np.where(n_free > 0, p_value, np.where(np.isnan(n_free), np.nan, 1.0))


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "pearson": Method(_pearson, _ORDERED),
        "spearman": Method(_spearman, _ORDERED, is_weighted=False),
        "f": Method(_f),
        "chi2": Method(_chi2, _CLASSES),
        "chi2_of_counts": Method(_chi2_of_counts, _CLASSES),
        "mutual_information": Method(_mutual_information),
        "neighbor_information": Method(_neighbor_information, is_weighted=False),
        "cramers_v": Method(_from_table(_CRAMER, 16), _CLASSES),
        "theils_u": Method(_from_table(_THEIL, 16), _CLASSES),
        "theils_u_reverse": Method(_from_table(_LIEHT, 16), _CLASSES),
        "information_value": Method(_from_table(_IV, 10), frozenset({TaskKind.BINARY})),
        "correlation_ratio": Method(_correlation_ratio),
        "auc": Method(_auc, _CLASSES),
        "relieff": Method(_relieff, is_weighted=False),
        "distance_correlation": Method(
            _distance_correlation, _ORDERED, is_weighted=False
        ),
    }
)
"""Scorers by name."""
