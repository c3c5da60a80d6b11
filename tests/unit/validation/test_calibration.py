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
    calibrated = kind().fit(p[:1000], y[:1000]).predict(p[1000:])
    assert score("log_loss", y[1000:], calibrated) < score(
        "log_loss", y[1000:], p[1000:]
    )
    assert calibrated.shape == p[1000:].shape
    if n_classes > 2:
        np.testing.assert_allclose(calibrated.sum(axis=1), 1)


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
    calibrated = kind().fit(both, y).predict(both)
    np.testing.assert_array_equal(calibrated[:, 1], one)


@pytest.mark.parametrize("kind", EVERY)
def test_constants_and_certainties_are_survived(kind):
    for p in (np.full(6, 0.5), np.array([0.0, 0, 0, 1, 1, 1])):
        y = np.array([0, 0, 0, 1, 1, 1])
        calibrated = kind().fit(p, y).predict(p)
        assert np.isfinite(calibrated).all()
        assert ((calibrated >= 0) & (calibrated <= 1)).all()


def test_the_choice_is_by_rows_that_were_not_fitted_on():
    y, p = too_sure(400, 2)
    folds = plain_folds(400, 4)
    choice = choose_calibration(p, y, folds=folds)
    assert choice.best.name != "none"
    assert min(choice.log_losses, key=choice.log_losses.get) == choice.best.name
    train, held_out = next(folds.split())
    expected = type(choice.best)().fit(p[train], y[train]).predict(p[held_out])
    np.testing.assert_array_equal(choice.prediction[held_out], expected)
    np.testing.assert_allclose(
        choice.log_losses[choice.best.name], score("log_loss", y, choice.prediction)
    )


def test_falling_predictions_are_not_turned_round_by_beta():
    y = np.array([1, 1, 1, 0, 0, 0])
    calibration = BetaCalibration().fit(np.linspace(0.1, 0.9, 6), y)
    assert (np.diff(calibration.predict(np.linspace(0.1, 0.9, 9))) >= 0).all()


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
