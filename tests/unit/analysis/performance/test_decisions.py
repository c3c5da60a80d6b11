import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score

from headstart.analysis.performance.decisions import confusion_of, thresholds_of
from headstart.base import TaskKind
from headstart.metrics import resolve_metric

RANDOM = np.random.default_rng(1)
Y = RANDOM.integers(0, 2, 300)
P = np.clip(Y * 0.3 + RANDOM.random(300) * 0.7, 0, 1).round(3)
AUC = resolve_metric("roc_auc", TaskKind.BINARY)


def test_the_confusion_is_that_of_scikit_learn():
    confusion = confusion_of(("no", "yes"), Y, (P > 0.5).astype(np.int64))

    expected = confusion_matrix(Y, P > 0.5)
    assert confusion.counts == tuple(map(tuple, expected.tolist()))


def test_a_confusion_of_many_classes_is_left_out():
    labels = [str(i) for i in range(51)]

    assert confusion_of(labels, np.zeros(3, dtype=np.int64), np.arange(3)) is None


@pytest.mark.parametrize("place", [9, 49, 89])
def test_thresholds_agree_with_scikit_learn(place):
    thresholds = thresholds_of("yes", Y, P, None, AUC)

    above = thresholds.threshold[place] < P
    assert thresholds.precision[place] == pytest.approx(
        precision_score(Y, above, zero_division=1), abs=1e-5
    )
    assert thresholds.recall[place] == pytest.approx(recall_score(Y, above), abs=1e-5)
    assert thresholds.f1[place] == pytest.approx(f1_score(Y, above), abs=1e-5)
    assert thresholds.share_positive[place] == pytest.approx(above.mean(), abs=1e-5)


def test_the_best_threshold_is_as_good_as_any_shown():
    thresholds = thresholds_of("yes", Y, P, None, AUC)

    assert f1_score(Y, thresholds.best_f1 < P) >= max(thresholds.f1) - 1e-9
    assert thresholds.best_metric is None


def test_a_metric_of_labels_has_a_threshold_of_its_own():
    metric = resolve_metric("balanced_accuracy", TaskKind.BINARY)

    assert thresholds_of("yes", Y, P, None, metric).best_metric is not None


def test_one_class_alone_has_no_thresholds():
    assert thresholds_of("yes", np.ones_like(Y), P, None, AUC) is None


def test_precision_is_undefined_where_no_row_is_predicted_positive():
    probability = np.array([0.2, 0.4, 0.5, 0.5])

    thresholds = thresholds_of("yes", np.array([0, 1, 1, 0]), probability, None, AUC)

    shown = dict(zip(thresholds.threshold, thresholds.precision, strict=True))
    assert shown[0.49] == 0.5
    assert shown[0.5] is None  # rows of exactly 0.5 are not above it
    assert shown[0.99] is None
