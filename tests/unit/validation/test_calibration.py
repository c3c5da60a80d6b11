import json
import pickle

import numpy as np
import pytest

from headstart.metrics import score
from headstart.validation import (
    BetaCalibration,
    IsotonicCalibration,
    NoCalibration,
    PlattCalibration,
    TemperatureCalibration,
    choose_calibration,
    plain_folds,
    read_calibration,
)

EVERY = [
    NoCalibration,
    TemperatureCalibration,
    PlattCalibration,
    BetaCalibration,
    IsotonicCalibration,
]


def too_sure(n_rows, n_classes, seed=0):
    """Labels, and probabilities sharper than they should be."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(np.ones(n_classes), n_rows)
    y = (true.cumsum(axis=1) < rng.uniform(size=(n_rows, 1))).sum(axis=1)
    sharp = true**3
    sharp /= sharp.sum(axis=1, keepdims=True)
    return y, sharp[:, 1] if n_classes == 2 else sharp


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("kind", EVERY[1:])
def test_too_sure_predictions_get_better(kind, n_classes):
    y, p = too_sure(1500, n_classes)
    found = kind().fit(p[:1000], y[:1000]).predict(p[1000:])
    assert score("log_loss", y[1000:], found) < score("log_loss", y[1000:], p[1000:])
    assert found.shape == p[1000:].shape
    if n_classes > 2:
        np.testing.assert_allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", EVERY)
def test_what_is_stored_predicts_the_same(kind, n_classes):
    y, p = too_sure(80, n_classes)
    fitted = kind().fit(p, y)
    for other in (
        read_calibration(json.loads(json.dumps(fitted.to_dict()))),
        pickle.loads(pickle.dumps(fitted)),
    ):
        assert other.predict(p).tobytes() == fitted.predict(p).tobytes()


@pytest.mark.parametrize("kind", EVERY)
def test_two_columns_are_as_good_as_one(kind):
    y, p = too_sure(60, 2)
    one = kind().fit(p, y).predict(p)
    both = np.column_stack([1 - p, p])
    found = kind().fit(both, y).predict(both)
    np.testing.assert_array_equal(found[:, 1], one)


@pytest.mark.parametrize("kind", EVERY)
def test_constants_and_certainties_are_survived(kind):
    for p in (np.full(6, 0.5), np.array([0.0, 0, 0, 1, 1, 1])):
        y = np.array([0, 0, 0, 1, 1, 1])
        found = kind().fit(p, y).predict(p)
        assert np.isfinite(found).all()
        assert ((found >= 0) & (found <= 1)).all()


def test_the_choice_is_by_rows_that_were_not_fitted_on():
    y, p = too_sure(400, 2)
    folds = plain_folds(400, 4)
    found = choose_calibration(p, y, folds=folds)
    assert found.best.name != "none"
    assert min(found.log_losses, key=found.log_losses.get) == found.best.name
    train, held_out = next(folds.split())
    expected = type(found.best)().fit(p[train], y[train]).predict(p[held_out])
    np.testing.assert_array_equal(found.prediction[held_out], expected)
    np.testing.assert_allclose(
        found.log_losses[found.best.name], score("log_loss", y, found.prediction)
    )


def test_falling_predictions_are_not_turned_round_by_beta():
    y = np.array([1, 1, 1, 0, 0, 0])
    found = BetaCalibration().fit(np.linspace(0.1, 0.9, 6), y)
    assert (np.diff(found.predict(np.linspace(0.1, 0.9, 9))) >= 0).all()


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="one label for each of the"):
        PlattCalibration().fit([0.1, 0.2], [0])
    with pytest.raises(ValueError, match="finite"):
        IsotonicCalibration().fit([0.1, np.nan], [0, 1])
    with pytest.raises(RuntimeError, match="not fitted"):
        PlattCalibration().predict([0.1])
    with pytest.raises(ValueError, match=r"3 columns\. Got 1"):
        NoCalibration().fit(np.eye(3), [0, 1, 2]).predict([0.5])
    with pytest.raises(ValueError, match="cannot be read"):
        read_calibration({"method": "magic"})
    with pytest.raises(ValueError, match="Unknown calibration methods"):
        choose_calibration([0.1, 0.9], [0, 1], methods=["magic"])
