import math

import numpy as np
import pytest

from headstart.base import TaskKind
from headstart.metrics import (
    BuiltInMetric,
    default_metric,
    metric_names,
    resolve_metric,
)


def metric(name, kind=TaskKind.BINARY):
    return resolve_metric(name, kind)


Y = np.array([0, 1, 1, 0])
P = np.array([0.1, 0.9, 0.4, 0.3])


@pytest.mark.parametrize("kind", TaskKind)
def test_the_default_is_one_of_the_names(kind):
    assert default_metric(kind) in metric_names(kind)


def test_every_name_is_listed_without_a_kind():
    assert set(metric_names()) == {n for kind in TaskKind for n in metric_names(kind)}


@pytest.mark.parametrize(("name", "loss"), [("roc_auc", -1.0), ("brier", 0.1175)])
def test_loss_is_lower_for_better(name, loss):
    assert metric(name).loss(Y, P) == pytest.approx(loss)


def test_two_columns_of_two_classes_are_as_good_as_one():
    both = np.column_stack([1 - P, P])
    assert metric("log_loss").score(Y, both) == metric("log_loss").score(Y, P)


def test_arrays_of_other_types_and_orders_are_taken():
    strided = np.asfortranarray(np.eye(3)[:, ::-1].astype(np.float32))
    accuracy = metric("accuracy", TaskKind.MULTICLASS).score(
        np.array([2, 1, 0], dtype=np.int8), strided
    )
    assert accuracy == 1.0


@pytest.mark.parametrize(
    ("name", "loss"), [("roc_auc", -0.5), ("average_precision", 0.0), ("kappa", 0.0)]
)
def test_one_class_leaves_the_score_undefined_but_not_the_loss(name, loss):
    y, prediction = np.zeros(3, dtype=np.int64), np.array([0.1, 0.2, 0.3])
    assert math.isnan(metric(name).score(y, prediction))
    assert metric(name).loss(y, prediction) == loss


def test_a_class_that_is_absent_is_left_out_of_the_mean():
    y = np.array([0, 1, 0, 1])
    prediction = np.array([[8, 1, 1], [2, 7, 1], [6, 3, 1], [1, 8, 1]]) / 10
    assert metric("roc_auc_ovr", TaskKind.MULTICLASS).score(y, prediction) == 1.0


@pytest.mark.parametrize(
    ("y", "prediction", "weight", "message"),
    [
        (Y, P[:3], None, "prediction must hold 4 values. Got 3"),
        (Y, np.append(P[:3], np.nan), None, "prediction must hold finite numbers"),
        (Y + 1, P, None, "class codes from 0 to 1. Got 2"),
        (Y - 1, P, None, "class codes from 0 to 1. Got -1"),
        (Y, P, np.ones(3), "weight must hold 4 values. Got 3"),
        (Y, P, -np.ones(4), "must not be negative"),
        (Y, P, np.zeros(4), "not all of them 0"),
        (Y, P, np.full(4, np.inf), "weight must hold finite"),
        (Y, np.ones((4, 3)) / 3, None, "roc_auc is for two classes"),
        (Y, np.ones((4, 1, 1)), None, "must have shape"),
        (Y[:0], P[:0], None, "at least one row"),
    ],
)
def test_what_can_not_be_scored_is_a_value_error(y, prediction, weight, message):
    with pytest.raises(ValueError, match=message):
        metric("roc_auc").score(y, prediction, weight)


def test_values_must_have_one_dimension():
    rmse = metric("rmse", TaskKind.REGRESSION)
    assert rmse.score(np.zeros(3), np.ones((3, 1))) == 1.0
    with pytest.raises(ValueError, match="Predicted values must have shape"):
        rmse.score(np.zeros(3), np.ones((3, 2)))


def test_rmsle_refuses_targets_only():
    rmsle = metric("rmsle", TaskKind.REGRESSION)
    with pytest.raises(ValueError, match=r"above -1\. Got -2"):
        rmsle.score(np.array([0.0, -2.0]), np.zeros(2))
    assert math.isfinite(rmsle.score(np.zeros(2), np.array([0.0, -2.0])))


def test_an_unknown_name_never_reaches_a_wrong_kernel():
    stranger = BuiltInMetric(
        "rmse", frozenset(TaskKind), greater_is_better=False, needs="label"
    )
    with pytest.raises(ValueError, match='no metric "rmse"'):
        stranger.score(Y, P)
