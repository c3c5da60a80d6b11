import numpy as np
import pytest

from headstart.analysis.performance.distributions import (
    histograms_of_classes,
    histograms_of_values,
    residuals_of,
)

RANDOM = np.random.default_rng(3)


def test_residuals_are_sampled_and_binned_over_all_rows():
    y = RANDOM.normal(size=1500)
    prediction = y + RANDOM.normal(size=1500) + 0.5

    residuals = residuals_of(y, prediction, seed=0)

    assert len(residuals.predicted) == len(residuals.actual) == 1000
    assert sum(b.count for b in residuals.bins) == 1500
    levels = {q.level: q.value for q in residuals.quantiles}
    assert levels[0.5] == pytest.approx(np.median(y - prediction))
    centres = [b.predicted for b in residuals.bins]
    assert centres == sorted(centres)


def test_one_seed_draws_one_sample():
    y, prediction = RANDOM.normal(size=(2, 1200))

    assert residuals_of(y, prediction, 1) == residuals_of(y, prediction, 1)
    assert residuals_of(y, prediction, 1) != residuals_of(y, prediction, 2)


@pytest.mark.parametrize("n_rows", [1, 2, 9])
def test_few_rows_have_residuals_too(n_rows):
    y = np.arange(n_rows, dtype=float)

    residuals = residuals_of(y, y + 1, seed=0)

    assert sum(b.count for b in residuals.bins) == n_rows
    assert residuals.bins[0].mean == -1


def test_histograms_count_every_row_between_the_same_edges():
    y, prediction = RANDOM.normal(size=(2, 200))

    predicted, actual = histograms_of_values(y, prediction)

    assert sum(predicted.counts) == sum(actual.counts) == 200
    assert predicted.edges == actual.edges


def test_equal_values_have_a_histogram():
    predicted, _ = histograms_of_values(np.ones(5), np.ones(5))

    assert sum(predicted.counts) == 5


def test_histograms_of_classes_split_rows_by_the_actual_class():
    y = np.array([0, 0, 1, 2, 2, 2])
    outputs = RANDOM.dirichlet(np.ones(3), 6)

    histograms = histograms_of_classes(("a", "b", "c"), y, outputs)

    assert [sum(h.counts) for h in histograms] == [2, 1, 3]
