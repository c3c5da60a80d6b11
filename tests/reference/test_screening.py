"""Scores of candidates against the same in NumPy."""

import numpy as np

from headstart.features.operators.catalogue import OPERATORS
from headstart.features.screening.proposals import propose
from headstart.features.screening.stages import Screening, score_first
from headstart.features.screening.table import ScreenedTable
from headstart.features.screening.values import make_values

N_ROWS = 120  # as many as cuts are learnt from: all rows are in the sample
PRIOR = 20.0


def problem():
    random = np.random.default_rng(0)
    numbers = random.normal(size=(3, N_ROWS)).astype(np.float32).astype(np.float64)
    codes = random.integers(0, 5, size=(2, N_ROWS)).astype(np.uint32)
    levels = np.array([5, 5], dtype=np.uint32)
    table = ScreenedTable(("a", "b", "c", "d", "e"), numbers, codes, levels)
    parts = (np.arange(N_ROWS) % 2).astype(np.uint8)
    return table, random.normal(size=(1, N_ROWS)), parts


def gain_of(groups, residual, parts):
    residual = residual - residual.mean()
    total = 0.0
    for part in (0, 1):
        for group in np.unique(groups):
            here = residual[(groups == group) & (parts == part)]
            rest = residual[(groups == group) & (parts != part)]
            mean = rest.sum() / (len(rest) + PRIOR)
            total += (here**2 - (here - mean) ** 2).sum()
    return total / (residual**2).sum()


def bins_of(values):
    known = np.sort(values[np.isfinite(values)])
    places = np.maximum(np.arange(1, 16) * len(known) // 16 - 1, 0)
    bins = np.searchsorted(known[places], values, side="left")
    return np.where(np.isfinite(values), bins, 16)


def test_gains_are_those_of_means_by_bin_out_of_half():
    table, residuals, parts = problem()
    candidates = propose(table, None)
    gains, _ = score_first(table, residuals, parts, candidates, Screening())
    everything = np.arange(N_ROWS)
    codes = {operator.code: name for name, operator in OPERATORS.items()}
    for row, gain in zip(candidates, gains, strict=True):
        if codes[row[0]] == "target_mean":
            groups = table.codes[0] * 5 + table.codes[1]
        else:
            values = make_values(table, row[None], everything, residuals, parts)[0]
            groups = bins_of(values.astype(np.float32))
        expected = gain_of(groups, residuals[0], parts)
        assert abs(gain - expected) < 0.02, codes[row[0]]
    exact = [codes[row[0]] in ("add", "subtract", "target_mean") for row in candidates]
    assert any(exact)
