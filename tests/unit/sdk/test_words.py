"""Objectives and stopping metrics, in the words that the three libraries had."""

import pytest

from headstart.sdk import Objective, Task, TaskKind
from headstart.sdk.words import objective_word, stopping_words

CLASSES = {TaskKind.BINARY: 2, TaskKind.MULTICLASS: 4, TaskKind.REGRESSION: 0}
LIBRARIES = ("lightgbm", "xgboost", "catboost")


def task_of(kind, metric):
    return Task(kind, 100, 3, 0, CLASSES[kind], metric)


@pytest.mark.parametrize(
    ("kind", "metric", "words"),
    [
        (TaskKind.REGRESSION, "rmse", ("regression", "reg:squarederror", "RMSE")),
        (TaskKind.REGRESSION, "r2", ("regression", "reg:squarederror", "RMSE")),
        (TaskKind.REGRESSION, "mae", ("regression_l1", "reg:absoluteerror", "MAE")),
        (TaskKind.REGRESSION, "mape", ("regression_l1", "reg:absoluteerror", "MAE")),
        (TaskKind.BINARY, "roc_auc", ("binary", "binary:logistic", "Logloss")),
        (TaskKind.MULTICLASS, "f1", ("multiclass", "multi:softprob", "MultiClass")),
    ],
)
def test_each_library_has_a_word_for_the_objective_of_a_metric(kind, metric, words):
    objective = task_of(kind, metric).objective
    assert tuple(objective_word(name, objective) for name in LIBRARIES) == words


def test_catboost_names_the_level_of_a_quantile():
    objective = Objective("quantile", 0.25)
    assert objective_word("catboost", objective) == "Quantile:alpha=0.25"
    assert objective_word("xgboost", objective) == "reg:quantileerror"


@pytest.mark.parametrize(
    ("kind", "metric", "n_classes", "words"),
    [
        (TaskKind.REGRESSION, "rmse", 9, ("rmse", "rmse", "RMSE")),
        (TaskKind.REGRESSION, "medae", 9, ("l1", "mae", "MAE")),
        (TaskKind.BINARY, "f1", 2, ("binary_logloss", "logloss", "Logloss")),
        (TaskKind.BINARY, "roc_auc", 1, ("binary_logloss", "logloss", "Logloss")),
        (
            TaskKind.MULTICLASS,
            "log_loss",
            4,
            ("multi_logloss", "mlogloss", "MultiClass"),
        ),
        (
            TaskKind.MULTICLASS,
            "roc_auc",
            4,
            ("multi_logloss", "mlogloss", "MultiClass"),
        ),
    ],
)
def test_one_metric_stops(kind, metric, n_classes, words):
    task = task_of(kind, metric)
    for library, word in zip(LIBRARIES, words, strict=True):
        assert stopping_words(library, task, n_classes) == {word: 1.0}


def test_a_ranking_has_log_loss_beside_it_where_the_library_can_compute_it():
    auc = task_of(TaskKind.BINARY, "roc_auc")
    assert stopping_words("lightgbm", auc, 2) == {"auc": -1.0, "binary_logloss": 0.5}
    assert stopping_words("catboost", auc, 2) == {"AUC": -1.0, "Logloss": 0.5}
    precision = task_of(TaskKind.BINARY, "average_precision")
    assert stopping_words("xgboost", precision, 2) == {"aucpr": -1.0, "logloss": 0.5}
    assert stopping_words("catboost", precision, 2) == {"Logloss": 1.0}


def test_a_fold_of_two_of_many_classes_stops_by_ranking():
    fold = task_of(TaskKind.MULTICLASS, "roc_auc").with_classes(2)
    assert stopping_words("lightgbm", fold, 2) == {"auc": -1.0, "binary_logloss": 0.5}
