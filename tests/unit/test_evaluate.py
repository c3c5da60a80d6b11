"""Scores of predictions of rows that had no part in a fit."""

import json
import math
import warnings
from copy import copy

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import mean_absolute_error
from typer.testing import CliRunner

import headstart
from headstart.base import TaskKind
from headstart.cli.app import app
from headstart.cli.train import _test_scores
from headstart.exceptions import ColumnError, HeadstartWarning
from headstart.metrics import metric_names, resolve_metric
from headstart.metrics.evaluation import score_each

RANDOM = np.random.default_rng(0)
N = 80
X = pl.DataFrame({"a": RANDOM.normal(size=N), "b": RANDOM.normal(size=N)})
Y = X["a"].to_numpy() + 0.3 * RANDOM.normal(size=N)  # some are below -1
WEIGHT = RANDOM.uniform(0.1, 3.0, N)


@pytest.fixture(scope="module")
def model():
    return headstart.AutoRegressor(
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        random_state=0,
        learners=["ridge"],
        transforms=[],
        validation=headstart.Validation(folds=2, repeats=1),
    ).fit(X, Y, listeners=[])


def test_a_metric_that_cannot_be_computed_is_missing_with_its_reason(model):
    with pytest.warns(HeadstartWarning, match=r"rmsle.*above -1"):
        scores = model.evaluate(X, Y)

    assert tuple(scores) == metric_names(model.model_.ensemble.task.kind)
    assert math.isnan(scores["rmsle"])
    assert scores["mae"] == pytest.approx(mean_absolute_error(Y, model.predict(X)))


def test_a_score_that_is_undefined_is_missing_with_its_reason():
    names = "roc_auc", "accuracy"
    predictions = [(resolve_metric(n, TaskKind.BINARY), np.full(4, 0.7)) for n in names]

    scores, problems = score_each(predictions, np.ones(4, dtype=int))

    assert math.isnan(scores["roc_auc"])
    assert scores["accuracy"] == 1.0
    assert problems == [
        "'roc_auc' has no value for these rows: it is undefined for them."
    ]


def test_weights_count(model):
    scores = model.evaluate(X, Y, ["mae"], sample_weight=WEIGHT)

    expected = mean_absolute_error(Y, model.predict(X), sample_weight=WEIGHT)
    assert scores["mae"] == pytest.approx(expected)


def test_weights_can_be_a_column_of_the_table(model):
    table = X.with_columns(y=pl.Series(Y), w=pl.Series(WEIGHT))

    by_name = model.evaluate(table, "y", ["mae"], sample_weight="w")

    assert by_name == model.evaluate(X, Y, ["mae"], sample_weight=WEIGHT)
    with pytest.raises(ColumnError, match="nothing"):
        model.evaluate(table, "y", ["mae"], sample_weight="nothing")


def largest(y_true, y_pred):
    return -float(np.abs(y_true - y_pred).max())


def test_the_own_metric_of_the_fit_is_among_the_scores(model):
    with_own_metric = copy(model)
    with_own_metric.metric = largest

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scores = with_own_metric.evaluate(X, np.abs(Y), sample_weight=WEIGHT)

    assert scores["largest"] == pytest.approx(largest(np.abs(Y), model.predict(X)))
    (warning,) = caught
    assert "'largest' takes no sample_weight" in str(warning.message)
    only = model.evaluate(X, np.abs(Y), [largest])
    assert only == {"largest": scores["largest"]}


def test_a_name_that_is_no_metric_is_an_error(model):
    with pytest.raises(ValueError, match="Unknown metric 'rmsee'"):
        model.evaluate(X, Y, ["rmsee"])


@pytest.mark.filterwarnings("always::headstart.exceptions.HeadstartWarning")
def test_train_scores_a_test_table_with_its_weights(tmp_path):
    table = X.with_columns(y=pl.Series(Y), w=pl.Series(WEIGHT))
    table.write_csv(tmp_path / "old.csv")
    table.write_csv(tmp_path / "new.csv")
    output = tmp_path / "m.headstart"
    files = ["--test", str(tmp_path / "new.csv"), "-o", str(output), "--quiet"]
    target = ["-t", "y", "--weight", "w"]
    limits = ["--time-limit", "none", "--max-trials", "1", "--folds", "2"]
    choice = ["--learner", "ridge", "--n-jobs", "1", "--random-state", "0", "--json"]

    result = CliRunner().invoke(
        app,
        ["train", str(tmp_path / "old.csv"), *target, *files, *limits, *choice],
    )

    assert result.exit_code == 0, result.stderr
    scores = json.loads(result.stdout)["test_scores"]
    assert scores["rmsle"] is None
    assert "rmsle needs true values above -1" in result.stderr
    predicted = headstart.load(output).predict(X)
    expected = mean_absolute_error(Y, predicted, sample_weight=WEIGHT)
    assert scores["mae"] == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore::headstart.exceptions.HeadstartWarning")
def test_a_test_table_without_the_weights_is_scored_and_told(model, tmp_path, capsys):
    path = tmp_path / "new.csv"
    X.with_columns(y=pl.Series(Y)).write_csv(path)

    scores = _test_scores(model, str(path), "y", "w")

    assert scores["mae"] == pytest.approx(mean_absolute_error(Y, model.predict(X)))
    assert "no column 'w'" in capsys.readouterr().err
