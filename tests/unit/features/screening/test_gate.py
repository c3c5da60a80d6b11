"""The gate: what tells more than chance passes, and chance does not."""

import numpy as np
import polars as pl
import pytest

from headstart.base import TaskKind
from headstart.features.screening.gate import screen_features
from headstart.machine.compute import Compute

RNG = np.random.default_rng(3)
X = RNG.normal(size=(500, 4))
FRAME = pl.DataFrame(X, schema=list("abcd"))
FOLDS = np.arange(500) % 5


def gate(y, **settings):
    kind = TaskKind.REGRESSION if y.dtype.kind == "f" else TaskKind.BINARY
    n_classes = 0 if kind is TaskKind.REGRESSION else 2
    return screen_features(FRAME, y, FOLDS, kind=kind, n_classes=n_classes, **settings)


def test_a_ratio_passes_and_stands_above_chance():
    gated = gate(((X[:, 0] > X[:, 1]) ^ (X[:, 2] > 1)).astype(np.int64))

    assert gated.candidates[0].columns == ("a", "b")
    assert gated.gains[0] > gated.chance > 0


@pytest.mark.parametrize("seed", range(3))
def test_nothing_passes_of_a_target_of_chance(seed):
    y = np.random.default_rng(seed).normal(size=500)

    assert gate(y).candidates == ()


def test_no_time_and_no_two_targets_find_nothing():
    assert gate(X[:, 0] * X[:, 1], compute=Compute(time_limit=1e-9)).candidates == ()
    assert gate(np.zeros(500)).candidates == ()
