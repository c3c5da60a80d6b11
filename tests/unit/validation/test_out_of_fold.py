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


def test_folds_may_come_in_any_order():
    cells = {(0, 0): [0.1, 0.2], (0, 1): [0.3, 0.4], (1, 0): [0.5, 0.6]}
    found = []
    for order in (sorted(cells), sorted(cells, reverse=True)):
        store = OutOfFoldStore(FOLDS, 1)
        for repeat, fold in order:
            store.add(0, repeat, fold, np.array(cells[repeat, fold]))
        found.append(store.prediction(0).tobytes())
    assert found[0] == found[1]


def test_rows_are_covered_where_all_trials_have_them(store):
    store.add(0, 0, 0, np.array([1.0, 2.0]))
    store.add(0, 0, 1, np.array([1.0, 2.0]))
    store.add(1, 0, 0, np.array([1.0, 2.0]))
    assert store.covered([0]).tolist() == [True] * 4
    assert store.covered([0, 1]).tolist() == [True, False, True, False]
    assert store.covered([0, 9]).tolist() == [False] * 4
    assert store.trials == (0, 1)


def test_a_stack_holds_the_chosen_rows():
    store = OutOfFoldStore(FOLDS, 2)
    store.add(0, 0, 0, np.array([[0.1, 0.9], [0.2, 0.8]]))
    store.add(1, 0, 0, np.array([[0.3, 0.7], [0.4, 0.6]]))
    found = store.stack([1, 0], np.array([2, 0]), n_threads=2)
    expected = np.array([[[0.4, 0.6], [0.3, 0.7]], [[0.2, 0.8], [0.1, 0.9]]])
    np.testing.assert_allclose(found, expected, rtol=1e-7)


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
    other = OutOfFoldStore(OTHER_FOLDS, 1)
    other.add(0, 0, 0, np.ones(2))
    with pytest.raises(ValueError, match="Predictions of other folds"):
        store.merge(other)
    with pytest.raises(ValueError, match="Predictions of other folds"):
        store.add(0, 0, 0, np.ones(2), digest=OTHER_FOLDS.digest)
    store.add(0, 0, 0, np.ones(2), digest=FOLDS.digest)
    assert store.trials == (0,)


def test_stores_of_the_same_folds_merge(store):
    other = OutOfFoldStore(FOLDS, 1)
    store.add(0, 0, 0, np.array([1.0, 2.0]))
    other.add(0, 0, 1, np.array([3.0, 4.0]))
    store.merge(other)
    np.testing.assert_array_equal(store.prediction(0).ravel(), [1, 3, 2, 4])
    with pytest.raises(ValueError, match="Both stores have trial 0"):
        store.merge(other)
    with pytest.raises(ValueError, match="with itself"):
        store.merge(store)


def test_a_store_of_other_outputs_does_not_merge(store):
    with pytest.raises(ValueError, match="not of the same folds"):
        store.merge(OutOfFoldStore(FOLDS, 2))


def test_predictions_go_to_the_file_above_the_limit(store, tmp_path):
    path = tmp_path / "predictions.bin"
    filed = OutOfFoldStore(FOLDS, 1, path=path, memory_limit=10)
    for trial in range(3):
        for fold in (1, 0):
            for target in (store, filed):
                target.add(trial, 0, fold, np.array([trial + 0.1, fold + 0.2]))
    assert (filed.n_bytes, filed.n_bytes_in_file) == (8, 40)
    assert (store.n_bytes, store.n_bytes_in_file) == (48, 0)
    assert path.stat().st_size == 40
    for trial in range(3):
        np.testing.assert_array_equal(filed.prediction(trial), store.prediction(trial))


def test_a_file_that_cannot_be_made_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="file of out-of-fold predictions"):
        OutOfFoldStore(FOLDS, 1, path=tmp_path / "no" / "such" / "folder")


@pytest.mark.parametrize("options", [{"n_outputs": 0}, {"memory_limit": -1}])
def test_sizes_must_make_sense(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        OutOfFoldStore(FOLDS, **{"n_outputs": 1, **options})


def test_rows_that_are_not_there_cannot_be_stacked(store):
    with pytest.raises(ValueError, match="no row 4 among 4"):
        store.stack([0], np.array([0, 4]))


def test_values_far_from_zero_come_back_by_what_they_differ():
    random = np.random.default_rng(0)
    folds = Folds(np.zeros((1, 500), dtype=np.uint8))
    y = 1.7e9 + random.uniform(0, 1000, 500)
    prediction = y + random.normal(0, 5, 500)
    store = OutOfFoldStore(folds, 1)
    store.add(0, 0, 0, prediction)
    errors = store.prediction(0)[:, 0] - y
    assert np.std(errors) == pytest.approx(np.std(prediction - y), rel=1e-4)
    stacked = store.stack([0], np.arange(500))
    np.testing.assert_array_equal(stacked[0], store.prediction(0))


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


def test_two_stores_at_one_path_have_a_file_each(tmp_path):
    folds = Folds(np.zeros((1, 2_000), dtype=np.uint8))
    prediction = np.linspace(-1, 1, 2_000)
    stores = [OutOfFoldStore(folds, 1, path=tmp_path / "oof", memory_limit=0)]
    stores[0].add(0, 0, 0, prediction)
    stores.append(OutOfFoldStore(folds, 1, path=tmp_path / "oof", memory_limit=0))
    stores[1].add(0, 0, 0, -prediction)
    for store, sign in zip(stores, (1, -1), strict=True):
        found = store.prediction(0)[:, 0]
        np.testing.assert_allclose(found, sign * prediction, rtol=1e-6, atol=1e-9)


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    with pytest.raises(OSError, match="file of out-of-fold predictions"):
        OutOfFoldStore(FOLDS, 1, path=tmp_path)
    assert tmp_path.is_dir()
