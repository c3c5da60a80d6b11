"""Scores of predictions of held-out rows, and the noise of their differences."""

import numpy as np
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score

from datasets import Split

N_BOOTSTRAP = 1_000


def score(task: str, y: np.ndarray, prediction: np.ndarray) -> float:
    """Return the score, higher is better: AUC, -log loss or -RMSE."""
    if task == "regression":
        return -float(np.sqrt(mean_squared_error(y, prediction)))
    if task == "binary":
        return float(roc_auc_score(y, prediction[:, 1]))
    return -float(log_loss(y, prediction, labels=np.arange(prediction.shape[1])))


def aligned(data: Split, prediction: np.ndarray, classes: np.ndarray | None):
    """Return codes of the test labels and predictions in one order of classes."""
    if data.task == "regression":
        return data.y_test, np.asarray(prediction, dtype=float)
    labels = np.unique(data.y_train.astype(str))
    place = {label: i for i, label in enumerate(labels)}
    probabilities = np.zeros((len(prediction), len(labels)))
    probabilities[:, [place[str(c)] for c in classes]] = prediction
    probabilities = np.clip(probabilities, 1e-15, None)
    codes = np.array([place[str(v)] for v in data.y_test])
    return codes, probabilities / probabilities.sum(axis=1, keepdims=True)


def constant_score(data: Split, y: np.ndarray) -> float:
    """Return the score of the prediction that ignores the features."""
    if data.task == "binary":
        return 0.5
    n = len(data.y_test)
    if data.task == "regression":
        return score(data.task, y, np.full(n, data.y_train.mean()))
    _, counts = np.unique(data.y_train.astype(str), return_counts=True)
    return score(data.task, y, np.tile(counts / counts.sum(), (n, 1)))


def normalised(data: Split, y: np.ndarray, scores: dict) -> dict:
    """Return scores on a scale from the constant prediction, 0, to the best, 1."""
    flat, top = constant_score(data, y), max(scores.values())
    return {
        who: max(0.0, (value - flat) / max(top - flat, 1e-12))
        for who, value in scores.items()
    }


def beyond_noise(task: str, y: np.ndarray, mine: np.ndarray, other: np.ndarray) -> str:
    """Return whether mine are better or worse in 95 of 100 paired bootstrap samples.

    A missing prediction is worse than any other.
    """
    if not len(other):
        return "better"
    random = np.random.default_rng(0)
    differences: list[float] = []
    while len(differences) < N_BOOTSTRAP:
        rows = random.integers(len(y), size=len(y))
        if task == "binary" and len(np.unique(y[rows])) < 2:
            continue
        differences.append(
            score(task, y[rows], mine[rows]) - score(task, y[rows], other[rows])
        )
    low, high = np.quantile(differences, [0.05, 0.95])
    return "worse" if high < 0 else "better" if low > 0 else "level"
