"""Metrics, bootstrap and isotonic regression against scikit-learn."""

import functools

import numpy as np
from sklearn import metrics as theirs
from sklearn.isotonic import IsotonicRegression

from headstart import _core
from headstart.metrics import score, score_many
from headstart.validation import Bootstrap, bootstrap_interval
from kernels.row import Row, Timed

N_ROWS = 1_000_000
SET = ["accuracy", "balanced_accuracy", "mcc", "f1", "kappa"]
RESAMPLES = 1000
RESAMPLES_TIMED = 10


@functools.cache
def two_classes(n_rows: int = N_ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that know something of them."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n_rows)
    return y, 1 / (1 + np.exp(-(y - 0.5 + rng.normal(size=n_rows))))


def close(one: object, other: object) -> str:
    """Compare numbers to ten digits."""
    same = np.allclose(np.asarray(one), np.asarray(other), rtol=1e-10, atol=1e-12)
    return "" if same else "values differ"


def roc_auc() -> Timed:
    y, p = two_classes()
    return Timed(
        lambda: theirs.roc_auc_score(y, p), lambda: score("roc_auc", y, p), close
    )


def log_loss() -> Timed:
    y, p = two_classes()
    return Timed(lambda: theirs.log_loss(y, p), lambda: score("log_loss", y, p), close)


def label_set() -> Timed:
    y, p = two_classes()
    labels = (p > 0.5).astype(np.int64)

    def peer() -> list[float]:
        return [
            theirs.accuracy_score(y, labels),
            theirs.balanced_accuracy_score(y, labels),
            theirs.matthews_corrcoef(y, labels),
            theirs.f1_score(y, labels),
            theirs.cohen_kappa_score(y, labels),
        ]

    def headstart() -> list[float]:
        return list(score_many(SET, y, labels).values())

    return Timed(peer, headstart, close)


def bootstrap() -> Timed:
    y, p = two_classes(100_000)
    rng = np.random.default_rng(1)

    def peer() -> np.ndarray:
        scores = []
        for _ in range(RESAMPLES_TIMED):
            rows = rng.integers(0, y.size, y.size)
            scores.append(theirs.roc_auc_score(y[rows], p[rows]))
        return np.array(scores)

    def headstart() -> tuple[float, float]:
        interval = bootstrap_interval(
            "roc_auc", y, p, bootstrap=Bootstrap(n_resamples=RESAMPLES)
        )
        return interval.estimate, interval.standard_error

    def agree(scores: object, interval: object) -> str:
        # The draws differ: only their mean and spread must agree.
        estimate, error = interval
        far = abs(np.mean(scores) - estimate) > 6 * error / RESAMPLES_TIMED**0.5
        return "intervals differ" if far or not 0.2 < np.std(scores) / error < 3 else ""

    return Timed(peer, headstart, agree, share=RESAMPLES_TIMED / RESAMPLES)


def isotonic() -> Timed:
    y, p = two_classes()
    truth = y.astype(np.float64)

    def peer() -> IsotonicRegression:
        return IsotonicRegression(out_of_bounds="clip").fit(p, truth)

    def headstart() -> tuple[np.ndarray, np.ndarray]:
        return _core.fit_isotonic(p, truth, None)

    def agree(fitted: object, corners: object) -> str:
        at = np.linspace(0.01, 0.99, 10_001)
        same = np.allclose(fitted.predict(at), np.interp(at, *corners), atol=1e-9)
        return "" if same else "functions differ"

    return Timed(peer, headstart, agree)


ROWS = [
    Row(12, "ROC AUC, exact", "1M", "sklearn", 10, roc_auc),
    Row(13, "log loss", "1M", "sklearn", 30, log_loss),
    Row(
        14,
        "accuracy, balanced accuracy, MCC, F1, kappa",
        "1M",
        "sklearn, the sum",
        100,
        label_set,
    ),
    Row(
        19,
        "bootstrap of the ROC AUC, 1,000 resamples",
        "100k",
        "sklearn in a loop",
        60,
        bootstrap,
        peer_repeats=2,
        headstart_repeats=3,
    ),
    Row(20, "isotonic regression", "1M", "sklearn", 5, isotonic),
]
