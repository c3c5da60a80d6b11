import numpy as np
import pytest

from headstart.analysis.performance.evaluation import Evaluated, evaluate
from headstart.base import TaskKind
from headstart.ensemble.output import Output
from headstart.metrics import Decision, resolve_metric

RANDOM = np.random.default_rng(3)
N = 600
CODES = (RANDOM.uniform(size=N) < 0.45).astype(np.int64)
VALUES = np.exp(RANDOM.normal(0, 1.2, N))


def rows(kind, labels, y, outputs, metric, **more):
    resolved = resolve_metric(metric, kind)
    settings = {"weight": None, "groups": None, "n_drawn": 100_000} | more
    return Evaluated(
        kind, labels, y, outputs, metric=resolved, classes=None, seed=0, **settings
    )


def binary(metric, **more):
    scores = RANDOM.uniform(size=(N, 1))
    return rows(TaskKind.BINARY, ("no", "yes"), CODES, scores, metric, **more)


def test_the_baseline_of_f1_is_that_of_always_predicting_the_positive_class():
    metrics = {m.name: m for m in evaluate(binary("f1"))["metrics"]}

    share = CODES.mean()
    assert metrics["f1"].baseline == pytest.approx(2 * share / (1 + share))
    assert metrics["f1"].constant == "“yes”"
    assert metrics["accuracy"].constant == "“no”"
    assert metrics["roc_auc"].baseline == 0.5


def test_the_baseline_of_the_absolute_error_is_that_of_the_median():
    median = np.full((N, 1), np.median(VALUES))
    some = rows(TaskKind.REGRESSION, (), VALUES, median, "mae")

    first, *others = evaluate(some)["metrics"]

    assert first.baseline == pytest.approx(first.value)
    assert first.constant == "the median"
    assert {m.name: m.constant for m in others}["rmse"] == "the mean"


def test_the_optimised_metric_alone_can_have_an_interval():
    first, *others = evaluate(binary("roc_auc"), only_optimised=True)["metrics"]

    assert first.low < first.value < first.high
    assert first.reason == ""
    for metric in others:
        assert (metric.low, metric.high) == (None, None)
        assert metric.reason == "there was no time for it"


def test_an_own_metric_of_many_rows_says_why_it_has_no_interval(monkeypatch):
    monkeypatch.setattr(
        "headstart.analysis.performance.intervals._MOST_ROWS_OF_PYTHON", 500
    )

    def hits(y_true, y_pred):
        return float(np.mean(y_true == y_pred))

    first = evaluate(binary(hits))["metrics"][0]

    assert first.value is not None
    assert first.low is None
    assert "a custom metric gets no interval above 500" in first.reason


def test_rows_of_one_group_have_no_interval():
    first = evaluate(binary("roc_auc", groups=np.zeros(N, dtype=int)))["metrics"][0]

    assert first.low is None
    assert "one group" in first.reason


def test_few_groups_have_wider_intervals_than_a_quantile_of_their_draws():
    widths = []
    for n_groups in (5, N // 2):
        groups = np.arange(N) % n_groups
        first = evaluate(binary("accuracy", groups=groups))["metrics"][0]
        widths.append(first.high - first.low)

    # Rows are independent here: only the number of groups makes the difference.
    assert widths[0] > 1.2 * widths[1]


def test_confusion_and_accuracy_are_those_of_the_decision():
    some = binary("log_loss", output=Output(decision=Decision(0.2, None, 0.0)))

    evaluation = evaluate(some)

    predicted = some.outputs[:, 0] > 0.2
    counts = np.array(evaluation["confusion"].counts)
    assert counts[:, 1].sum() == predicted.sum()
    accuracy = next(m.value for m in evaluation["metrics"] if m.name == "accuracy")
    assert accuracy == pytest.approx(np.mean(predicted == CODES))
    assert accuracy == pytest.approx(np.trace(counts) / N)
