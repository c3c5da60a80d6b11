"""The output step: its parts, its record, and that all predictions go through it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.small_models import fitted, small_model, small_table

from headstart.artifact import read_artifact
from headstart.artifact.model_file import load_model, save_model
from headstart.base import Task, TaskKind
from headstart.ensemble.output import PLAIN_MEAN, Level, Output
from headstart.exceptions import ArtifactError
from headstart.metrics import Decision, resolve_metric
from headstart.validation import (
    BetaCalibration,
    IsotonicCalibration,
    PlattCalibration,
    TemperatureCalibration,
)

RANDOM = np.random.default_rng(4)
N = 200
Y = RANDOM.integers(0, 2, N)
P = np.clip(0.3 * Y + 0.6 * RANDOM.uniform(size=N), 0, 1)[:, np.newaxis]
CODES = RANDOM.integers(0, 3, N)
PROBABILITIES = RANDOM.dirichlet(np.ones(3), N)


def task(kind, n_classes=0):
    return Task(TaskKind(kind), 60, 1, 1, n_classes, "")


BINARY, MULTICLASS = task("binary", 2), task("multiclass", 3)
REGRESSION = task("regression")
QUANTILES = replace(REGRESSION, n_outputs=3)


def with_output(model, output):
    return replace(model, ensemble=replace(model.ensemble, output=output))


def test_without_parts_the_mean_is_the_prediction():
    assert PLAIN_MEAN.apply(P) is P
    assert PLAIN_MEAN.to_record() == {}


@pytest.mark.parametrize(("link", "of"), [("log", np.log), ("log1p", np.log1p)])
def test_the_inverse_of_the_link_is_applied_before_the_level(link, of):
    output = Output(link=link, level=Level(2.0, (1.0,)))

    values = output.apply(of(np.array([[1.0], [4.0]])))

    np.testing.assert_allclose(values, [[3.0], [9.0]])


def test_quantiles_that_cross_after_their_shift_are_sorted():
    output = Output(level=Level(shift=(0.0, 5.0, 0.0)), quantiles=(0.1, 0.5, 0.9))

    values = output.apply(np.array([[1.0, 2.0, 3.0]]))

    assert values.tolist() == [[1.0, 3.0, 7.0]]


@pytest.mark.parametrize(
    ("quantiles", "value"),
    [((), 1.0), ((0.9,), 1.0), ((0.1, 0.4, 0.9), 2.0), ((0.25, 0.75), 1.0)],
)
def test_the_value_is_the_quantile_nearest_to_the_median(quantiles, value):
    outputs = np.array([[1.0, 2.0, 3.0]])[:, : max(1, len(quantiles))]

    assert Output(quantiles=quantiles).values(outputs).tolist() == [value]


def test_a_calibration_changes_probabilities_before_the_decision():
    calibration = TemperatureCalibration().fit(P, Y)
    output = Output(calibration=calibration, decision=Decision(0.3, None, 0.0))

    outputs = output.apply(P)

    assert np.array_equal(outputs, calibration.predict(P))
    assert np.array_equal(output.codes(outputs), (outputs[:, 0] > 0.3).astype(int))


def test_without_a_decision_the_first_of_equally_likely_classes_is_predicted():
    assert PLAIN_MEAN.codes(np.array([[0.5], [0.6]])).tolist() == [0, 1]
    assert PLAIN_MEAN.codes(np.array([[0.4, 0.4, 0.2]])).tolist() == [0]


@pytest.mark.parametrize(
    ("y", "outputs", "kind", "decision"),
    [
        (Y, P, TaskKind.BINARY, Decision(0.3, None, 0.0)),
        (
            CODES,
            PROBABILITIES,
            TaskKind.MULTICLASS,
            Decision(None, np.array([1.0, 3.0, 0.5]), 0.0),
        ),
    ],
)
def test_metrics_of_labels_score_the_decision_and_others_the_probabilities(
    y, outputs, kind, decision
):
    output = Output(decision=decision)
    accuracy, log_loss = (resolve_metric(n, kind) for n in ("accuracy", "log_loss"))

    score = accuracy.score(y, output.as_scored(outputs, accuracy))

    assert score == np.mean(decision.predict(outputs) == y)
    assert score != np.mean(PLAIN_MEAN.codes(outputs) == y)
    as_mean = PLAIN_MEAN.as_scored(outputs, log_loss)
    assert np.array_equal(output.as_scored(outputs, log_loss), as_mean)


@pytest.mark.parametrize(
    ("output", "task", "mean"),
    [
        (Output("log", Level(1.5, (0.25,))), REGRESSION, P),
        (Output(None, Level(), (0.1, 0.5, 0.9)), QUANTILES, PROBABILITIES),
        (Output(calibration=PlattCalibration().fit(P, Y)), BINARY, P),
        (Output(calibration=BetaCalibration().fit(P, Y)), BINARY, P),
        (
            Output(calibration=IsotonicCalibration().fit(PROBABILITIES, CODES)),
            MULTICLASS,
            PROBABILITIES,
        ),
        (Output(decision=Decision(0.3, None, 0.5)), BINARY, P),
        (
            Output(decision=Decision(None, np.array([1.0, 2.0, 0.5]), 0.5)),
            MULTICLASS,
            PROBABILITIES,
        ),
    ],
)
def test_a_record_comes_back_through_json(output, task, mean):
    record = json.loads(json.dumps(output.to_record()))

    again = Output.from_record(record, task)

    assert again.to_record() == output.to_record()
    assert np.array_equal(again.apply(mean), output.apply(mean))
    if task.kind.is_classification:
        assert np.array_equal(again.codes(mean), output.codes(mean))


@pytest.mark.parametrize(
    ("record", "task"),
    [
        ({"smoothing": 1}, REGRESSION),
        ({"link": "cube"}, REGRESSION),
        ({"link": "log"}, BINARY),
        ({"link": ["log"]}, REGRESSION),
        ({"level": {"factor": 0.0, "shift": []}}, REGRESSION),
        ({"level": {"factor": True, "shift": []}}, REGRESSION),
        ({"level": {"factor": 1.0, "shift": [1.0, 2.0]}}, REGRESSION),
        ({"level": {"factor": 1.0}}, REGRESSION),
        ({"quantiles": [0.5, 0.1, 0.9]}, QUANTILES),
        ({"quantiles": [0.5]}, QUANTILES),
        ({"quantiles": "abc"}, QUANTILES),
        ({"decision": {"threshold": None, "factors": None, "value": 0.0}}, BINARY),
        ({"decision": {"threshold": 0.5, "factors": None, "value": 0.0}}, MULTICLASS),
        ({"decision": {"threshold": 0.5, "factors": None, "value": 0.0}}, REGRESSION),
        (
            {"decision": {"threshold": None, "factors": [1, 1, -1], "value": 0.0}},
            MULTICLASS,
        ),
        ({"calibration": {"method": "none"}}, BINARY),
        (
            {"calibration": {"method": "none", "n_columns": 1, "parameters": None}},
            MULTICLASS,
        ),
        (
            {"calibration": {"method": "platt", "n_columns": 1, "parameters": [[1.0]]}},
            BINARY,
        ),
        (
            {
                "calibration": {
                    "method": "temperature",
                    "n_columns": 1,
                    "parameters": float("nan"),
                }
            },
            BINARY,
        ),
        (
            {
                "calibration": {
                    "method": "isotonic",
                    "n_columns": 1,
                    "parameters": [[[0.0, 1.0], [0.0, 7.0]]],
                }
            },
            BINARY,
        ),
    ],
)
def test_a_record_of_another_form_or_task_is_refused(record, task):
    with pytest.raises((ArtifactError, KeyError, TypeError, ValueError)):
        Output.from_record(record, task)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_table_without_rows_has_outputs_without_rows(kind):
    n = {"binary": 1, "multiclass": 3, "regression": 1}[kind]
    output = Output(level=Level(2.0))
    if kind != "regression":
        calibration = TemperatureCalibration()
        known = (P, Y) if n == 1 else (PROBABILITIES, CODES)
        output = Output(calibration=calibration.fit(*known))

    assert output.apply(np.empty((0, n))).shape == (0, n)


def test_labels_probabilities_and_scores_of_a_model_are_those_of_its_output_step():
    plain = small_model()
    table, y = small_table(), np.arange(60) % 2
    calibration = PlattCalibration().fit(P, Y)
    probability = calibration.predict(plain.predict_outputs(table))
    threshold = float(np.quantile(probability, 0.2))
    output = Output(calibration=calibration, decision=Decision(threshold, None, 0.0))

    model = fitted(with_output(plain, output))

    assert np.array_equal(model.predict_proba(table)[:, 1:], probability)
    expected = (probability[:, 0] > threshold).astype(int)
    assert np.array_equal(model.predict(table), expected)
    scores = model.evaluate(table, y, metrics=["accuracy", "log_loss"])
    assert scores["accuracy"] == np.mean(expected == y)
    expected_loss = -np.log(
        np.where(y == 1, probability[:, 0], 1 - probability[:, 0])
    ).mean()
    assert scores["log_loss"] == pytest.approx(expected_loss)


def test_values_of_a_model_are_those_of_its_output_step():
    plain = small_model("regression")
    mean = plain.predict(small_table())

    model = with_output(plain, Output(level=Level(2.0, (1.0,))))

    assert np.array_equal(model.predict(small_table()), 2.0 * mean + 1.0)
    assert np.array_equal(model.in_memory().predict(small_table()), 2.0 * mean + 1.0)


def test_a_model_file_holds_the_output_step_where_there_is_one(tmp_path):
    plain = small_model("regression")
    model = with_output(plain, Output(level=Level(2.0)))

    save_model(plain, tmp_path / "plain", {"class": "AutoRegressor"})
    save_model(model, tmp_path / "level", {"class": "AutoRegressor"})

    assert "output.json" not in read_artifact(tmp_path / "plain").parts
    again = load_model(tmp_path / "level")[0]
    expected = model.predict(small_table())
    assert np.array_equal(again.predict(small_table()), expected)
