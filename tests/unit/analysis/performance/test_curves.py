import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from headstart.analysis.performance.curves import (
    calibration_of,
    precision_recall_of,
    roc_of,
)

RANDOM = np.random.default_rng(0)
Y = RANDOM.integers(0, 2, 500).astype(bool)
P = np.clip(Y * 0.3 + RANDOM.random(500) * 0.7, 0, 1).round(2)


def test_a_roc_curve_lies_on_that_of_scikit_learn():
    curve = roc_of("yes", Y, P, None)

    x, y, _ = roc_curve(Y, P, drop_intermediate=False)
    theirs = {(f"{a:.3f}", f"{b:.3f}") for a, b in zip(x, y, strict=True)}
    ours = {(f"{a:.3f}", f"{b:.3f}") for a, b in zip(curve.x, curve.y, strict=True)}
    assert ours <= theirs
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    assert curve.area == pytest.approx(roc_auc_score(Y, P))


def test_precision_and_recall_end_at_the_share_of_the_class():
    curve = precision_recall_of("yes", Y, P, None)

    assert curve.x[-1] == 1
    assert curve.y[-1] == pytest.approx(Y.mean(), abs=1e-5)
    assert curve.area == pytest.approx(average_precision_score(Y, P))


def test_curves_have_two_hundred_points_at_most():
    truth = RANDOM.integers(0, 2, 5000).astype(bool)
    probability = RANDOM.random(5000)

    for curve in (roc_of, precision_recall_of):
        points = curve("yes", truth, probability, None)
        assert 150 < len(points.x) <= 200
        assert points.x[-1] == 1


def test_a_weight_of_two_counts_as_two_rows():
    weight = RANDOM.integers(1, 3, Y.size).astype(float)
    twice = np.repeat(np.arange(Y.size), weight.astype(int))

    weighted, repeated = (
        roc_of("yes", Y, P, weight),
        roc_of("yes", Y[twice], P[twice], None),
    )

    assert weighted.x == pytest.approx(repeated.x)
    assert weighted.area == pytest.approx(repeated.area)


def test_calibration_counts_each_row_once_and_holds_what_came_true():
    calibration = calibration_of("yes", Y, P, None)

    assert sum(calibration.count) == Y.size
    total = sum(
        o * c for o, c in zip(calibration.observed, calibration.count, strict=True)
    )
    assert total == pytest.approx(Y.sum(), abs=0.01)
    for low, observed, high in zip(
        calibration.low, calibration.observed, calibration.high, strict=True
    ):
        assert 0 <= low <= observed <= high <= 1


def test_calibration_of_one_value_is_one_bin():
    calibration = calibration_of("yes", Y, np.full(Y.size, 0.4), None)

    assert calibration.count == (Y.size,)
    assert calibration.predicted == (0.4,)
