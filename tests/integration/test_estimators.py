"""scikit-learn's own checks of the public estimators."""

import pickle

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import headstart
import headstart.exceptions

QUICK = {
    "time_limit": None,
    "max_trials": 1,
    "n_jobs": 1,
    "random_state": 0,
    "validation": headstart.Validation(folds=2, repeats=1),
}

ROWS = "headstart holds rows out and weighs folds, so rows do not add up as in one fit"
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": ROWS,
    "check_sample_weight_equivalence_on_sparse_data": ROWS,
}


def scikit_learns_checks(estimator):
    return parametrize_with_checks(
        [estimator], expected_failed_checks=lambda estimator: EXPECTED_FAILURES
    )


@scikit_learns_checks(headstart.AutoClassifier(learners=["logistic"], **QUICK))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_classifier_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@scikit_learns_checks(headstart.AutoRegressor(learners=["ridge"], **QUICK))
def test_a_regressor_passes_scikit_learns_checks(estimator, check):
    check(estimator)


def quick():
    return headstart.AutoClassifier(learners=["logistic"], **QUICK)


def test_it_sits_in_a_pipeline_and_in_cross_validation():
    X, y = load_iris(return_X_y=True)
    scores = cross_val_score(make_pipeline(StandardScaler(), quick()), X, y, cv=3)
    assert scores.mean() > 0.9


def test_a_pickled_model_predicts_the_same():
    X, y = load_iris(return_X_y=True)
    model = quick().fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


def test_a_clone_is_not_fitted_and_has_the_same_parameters():
    X, y = load_iris(return_X_y=True)
    model = quick().fit(X, y)
    again = clone(model)
    assert not hasattr(again, "model_")
    assert again.get_params() == model.get_params()


def test_probabilities_are_in_the_order_of_the_classes():
    X, y = load_iris(return_X_y=True)
    names = np.array(["c", "a", "b"], dtype=object)[y]
    model = quick().fit(X, names)
    assert model.classes_.tolist() == ["a", "b", "c"]
    predicted = model.classes_[model.predict_proba(X).argmax(axis=1)]
    assert (predicted == model.predict(X)).all()
    assert (predicted == names).mean() > 0.9


def test_training_takes_the_task_that_is_told():
    X, y = load_iris(return_X_y=True)
    table = pl.DataFrame(X).with_columns(y=pl.Series(y))
    options = {"learners": ["ridge"], "task": "regression"}

    model = headstart.train(table, target="y", **options, **QUICK)

    assert isinstance(model, headstart.AutoRegressor)
    codes = {finding["code"] for finding in model.info()["findings"]}
    assert "row_order" in codes
    assert "target_as_numbers" not in codes
    with pytest.raises(ValueError, match="'classification', 'regression' or None"):
        headstart.train(table, target="y", task="multiclass")


def test_training_leaves_out_rows_without_a_target_and_what_belongs_to_them():
    X, y = load_iris(return_X_y=True)
    table = pl.DataFrame(X).with_columns(y=pl.Series(y).cast(pl.String))
    gaps = table.with_columns(y=pl.when(pl.col("column_0") < 7.0).then("y"))
    weight = np.linspace(1.0, 2.0, len(y))
    known = gaps["y"].is_not_null().to_numpy()

    with pytest.warns(headstart.exceptions.HeadstartWarning, match="13 of 150 rows"):
        model = headstart.train(
            gaps, target="y", sample_weight=weight, learners=["logistic"], **QUICK
        )

    by_hand = quick().fit(
        X[known], np.array(gaps["y"])[known], sample_weight=weight[known]
    )
    assert model.predict_proba(X).tobytes() == by_hand.predict_proba(X).tobytes()
