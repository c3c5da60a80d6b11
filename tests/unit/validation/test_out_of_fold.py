import numpy as np
import pytest

from headstart.validation import Folds, OutOfFoldStore

FOLDS = Folds(np.array([[0, 1, 0, 1], [1, 1, 0, 0]], dtype=np.uint8))
OTHER_FOLDS = Folds(np.array([[0, 1, 1, 0], [1, 1, 0, 0]], dtype=np.uint8))


@pytest.fixture
def store():
    return OutOfFoldStore(FOLDS, 1)


def test_a_prediction_is_nan_where_no_fold_has_come_in(store):
    store.add(3, 0, 1, np.array([0.25, 0.75]))
    np.testing.assert_array_equal(
        store.prediction(3), [[np.nan], [0.25], [np.nan], [0.75]]
    )
    assert np.isnan(store.prediction(4)).all()


def test_a_prediction_is_the_mean_over_repeats(store):
    store.add(0, 0, 0, np.array([1.0, 2.0]))
    store.add(0, 1, 0, np.array([4.0, 8.0]))
    np.testing.assert_array_equal(store.prediction(0), [[1.0], [np.nan], [3.0], [8.0]])
    assert store.folds_of(0) == [(0, 0), (1, 0)]
    assert store.trials == (0,)


def test_folds_may_come_in_any_order():
    cells = {(0, 0): [0.1, 0.2], (0, 1): [0.3, 0.4], (1, 0): [0.5, 0.6]}
    predictions = []
    for order in (sorted(cells), sorted(cells, reverse=True)):
        store = OutOfFoldStore(FOLDS, 1)
        for repeat, fold in order:
            store.add(0, repeat, fold, np.array(cells[repeat, fold]))
        predictions.append(store.prediction(0).tobytes())
    assert predictions[0] == predictions[1]


def test_nothing_is_ever_overwritten(store):
    store.add(0, 0, 0, np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="already has a prediction"):
        store.add(0, 0, 0, np.array([5.0, 6.0]))
    assert store.prediction(0)[0, 0] == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0, 0, np.ones(3)), "must hold 2 values"),
        ((0, 0, 0, np.ones((2, 2))), "must have 1 columns"),
        ((0, 0, 0, np.array([1.0, np.nan])), "must be finite"),
        ((0, 0, 0, np.array([1.0, np.inf])), "must be finite"),
        ((0, 0, 0, np.array([1.0, 1e200])), "finite in single precision"),
        ((0, 0, 2, np.ones(2)), "no fold 2"),
        ((0, 2, 0, np.ones(2)), "in a repeat 2"),
        ((0, 0, 300, np.ones(2)), "no fold 300"),
        ((0, -1, 0, np.ones(2)), "in a repeat -1"),
        ((-1, 0, 0, np.ones(2)), "must be an int >= 0"),
    ],
)
def test_what_does_not_fit_is_refused(store, arguments, message):
    with pytest.raises(ValueError, match=message):
        store.add(*arguments)
    assert store.trials == ()
    assert store.n_bytes == 0


def test_predictions_of_other_folds_are_refused(store):
    with pytest.raises(ValueError, match="Predictions of other folds"):
        store.add(0, 0, 0, np.ones(2), digest=OTHER_FOLDS.digest)
    store.add(0, 0, 0, np.ones(2), digest=FOLDS.digest)
    assert store.trials == (0,)


def test_a_prediction_has_at_least_one_column():
    with pytest.raises(ValueError, match="n_outputs"):
        OutOfFoldStore(FOLDS, 0)


def test_values_far_from_zero_come_back_by_what_they_differ():
    random = np.random.default_rng(0)
    folds = Folds(np.zeros((1, 500), dtype=np.uint8))
    y = 1.7e9 + random.uniform(0, 1000, 500)
    prediction = y + random.normal(0, 5, 500)
    store = OutOfFoldStore(folds, 1)
    store.add(0, 0, 0, prediction)
    errors = store.prediction(0)[:, 0] - y
    assert np.std(errors) == pytest.approx(np.std(prediction - y), rel=1e-4)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_sure_probabilities_come_back_on_both_ends(n_outputs):
    folds = Folds(np.zeros((1, 3), dtype=np.uint8))
    p = np.array([1e-12, 0.3, 1 - 1e-12])
    prediction = np.column_stack([1 - p, p])[:, -n_outputs:]
    store = OutOfFoldStore(folds, n_outputs)
    store.add(0, 0, 0, prediction)
    stored = store.prediction(0)
    np.testing.assert_allclose(stored, prediction, rtol=1e-7)
    np.testing.assert_allclose(1 - stored, 1 - prediction, rtol=1e-4)
