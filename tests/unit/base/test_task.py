"""A task says what is wanted; what is not given follows from kind and metric."""

import json

import pytest

from headstart.base import Objective, Task, TaskKind


def make(kind=TaskKind.REGRESSION, metric="rmse", n_classes=0, **more):
    return Task(kind, 100, 3, 1, n_classes, metric, **more)


def test_what_is_not_given_follows_from_kind_and_metric():
    assert make().objective == Objective("squared_error")
    assert make(metric="pinball").stopping == ("mae",)
    binary = make(TaskKind.BINARY, "average_precision", 2)
    assert binary.objective == Objective("log_loss", link="logit")
    assert binary.stopping == ("average_precision", "log_loss")
    assert binary.n_outputs == 1
    assert make(TaskKind.MULTICLASS, "f1", 5).n_outputs == 5


def test_what_is_given_stays():
    wanted = Objective("quantile", 0.9)
    task = make(metric="mae", objective=wanted, stopping=("rmse",))
    assert task.objective == wanted
    assert task.stopping == ("rmse",)


def test_a_record_comes_back():
    task = make(
        objective=Objective("quantile", 0.9),
        constraints=(("age", 1), ("height", -1)),
        text_lengths=(10, 20),
    )
    assert Task.from_record(json.loads(json.dumps(task.to_record()))) == task


def test_a_record_from_before_there_were_objectives_is_read():
    record = make(metric="mae").to_record()
    for name in ("objective", "stopping", "n_outputs", "constraints"):
        del record[name]
    assert Task.from_record(record) == make(metric="mae")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_fold_has_the_classes_that_it_has(n_classes):
    task = make(TaskKind.MULTICLASS, "roc_auc", 4)
    fold = task.with_classes(n_classes)
    kind = TaskKind.BINARY if n_classes == 2 else TaskKind.MULTICLASS
    assert fold == make(kind, "roc_auc", n_classes)
