"""Similarity of the known datasets to a new table: weights by meta-features.

Datasets are weighted; the best configuration of the nearest dataset alone is worse than
a portfolio that ignores the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray
from headstart.meta.evidence import Evidence

__all__ = ["Similarity", "distances", "weigh_datasets"]

# The weight is 1/e at the distance of this neighbour.
_NEIGHBOUR = 10
# A table is far if its nearest dataset is farther than this percentile of the distances
# between datasets.
_FAR = 95.0
# Left out because it depends on the order of the rows.
_LEFT_OUT = frozenset({"AutoCorrelation"})
# Names of the sizes, raw and as logarithms.
_SIZES = (("NumberOfInstances", "log_rows"), ("NumberOfFeatures", "log_features"))
# Shares, percentages and logarithms are below this number; counts are not.
_COUNT = 100.0


@dataclass(frozen=True, eq=False, slots=True)
class Similarity:
    """Weights of datasets for one new table.

    Parameters
    ----------
    weights : ndarray of shape (n_datasets,)
        Positive, summing to 1.
    is_far : bool
        Whether the table is not similar to any dataset, so that the weights are equal.
    """

    weights: FloatArray
    is_far: bool


def weigh_datasets(
    evidence: Evidence,
    datasets: NDArray[np.int64],
    features: Mapping[str, float],
    n_rows: float,
    n_features: float,
) -> Similarity:
    """Return weights of the evidence's datasets by their similarity to a table.

    Parameters
    ----------
    evidence : Evidence
    datasets : ndarray of int, shape (n_datasets,)
        Indices of the datasets, at least one.
    features : mapping of str to float
        The new table's meta-features. If sizes are not among them, `n_rows` and
        `n_features` are used; names that the evidence lacks are ignored.
    n_rows, n_features : float
        Sizes of the new table.
    """
    features_of_datasets, features_of_table = _columns(
        evidence, features, n_rows, n_features
    )
    features_of_datasets = features_of_datasets[datasets]
    equal = np.full(len(datasets), 1.0 / len(datasets))
    apart, among = distances(features_of_datasets, features_of_table)
    if len(datasets) < 2 or not among.any():
        return Similarity(equal, is_far=False)
    pairs = among[np.triu_indices(len(datasets), 1)]
    if apart.min() > np.percentile(pairs, _FAR):
        return Similarity(equal, is_far=True)
    place = min(_NEIGHBOUR, len(datasets)) - 1
    # If many datasets have the same meta-features, they have equal weights.
    width = max(float(np.sort(apart)[place]), 1e-3 * float(np.median(pairs)), 1e-12)
    weights = np.exp(-(apart - apart.min()) / width)
    return Similarity(weights / weights.sum(), is_far=False)


def distances(known: FloatArray, features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return distances of a table to each dataset, and between datasets.

    Parameters
    ----------
    known : ndarray of shape (n_datasets, n_meta_features)
        NaN where unknown. Columns with numbers above 100 are counts, whose logarithms
        are compared.
    features : ndarray of shape (n_meta_features,)

    Returns
    -------
    apart : ndarray of shape (n_datasets,)
    among : ndarray of shape (n_datasets, n_datasets)
        Root mean squares over the meta-features that both have, in standard
        deviations over the datasets. If two have none in common, the mean distance.
    """
    table = np.vstack([known, features[None, :]])
    table[~np.isfinite(table)] = np.nan
    present = ~np.isnan(table)
    largest = np.max(np.abs(table[:-1]), axis=0, initial=0.0, where=present[:-1])
    counts = largest > _COUNT
    # A logarithm that is defined for zeros and negative numbers.
    table[:, counts] = np.arcsinh(table[:, counts])
    n_known = np.maximum(present[:-1].sum(axis=0), 1)
    mean = np.where(present[:-1], table[:-1], 0.0).sum(axis=0) / n_known
    centred = np.where(present, table - mean, 0.0)
    deviation = np.sqrt((centred[:-1] ** 2).sum(axis=0) / n_known)
    usable = deviation > 1e-9
    scaled = centred[:, usable] / deviation[usable]
    mask = present[:, usable].astype(np.float64)
    squares = (scaled**2) @ mask.T
    total = squares + squares.T - 2.0 * scaled @ scaled.T
    shared = mask @ mask.T
    apart = np.sqrt(np.maximum(total, 0.0) / np.maximum(shared, 1.0))
    np.fill_diagonal(apart, 0.0)
    disjoint = shared == 0
    if disjoint.any() and not disjoint.all():
        apart[disjoint] = apart[~disjoint].mean()
    return apart[-1, :-1], apart[:-1, :-1]


def _columns(
    evidence: Evidence,
    features: Mapping[str, float],
    n_rows: float,
    n_features: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the meta-features that both have, which always include the sizes."""
    names = [
        name
        for name in evidence.feature_names
        if name in features and name not in _LEFT_OUT
    ]
    places = [evidence.feature_names.index(name) for name in names]
    columns = [evidence.features[:, place] for place in places]
    values = [float(features[name]) for name in names]
    sizes = ((evidence.n_rows, n_rows), (evidence.n_features, n_features))
    for spellings, (theirs, ours) in zip(_SIZES, sizes, strict=True):
        if not set(spellings) & set(names):
            columns.append(np.log1p(np.asarray(theirs, dtype=np.float64)))
            values.append(float(np.log1p(ours)))
    return np.column_stack(columns), np.array(values)
