"""Scores of features: binned information, ranks, variance, neighbours, selection."""

import warnings

import numpy as np

from kernels.row import Row, Timed


def classes(n_rows: int, n_columns: int, seed: int = 0):
    """Return normal columns, one in five of which knows of two classes."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, n_rows)
    X = random.normal(size=(n_rows, n_columns))
    X[:, ::5] += (
        0.3 * y[:, None] * random.uniform(0.2, 1, (1, len(range(0, n_columns, 5))))
    )
    return np.asfortranarray(X), y


def near(relative: float, absolute: float):
    """Return a comparison of arrays."""

    def agree(theirs, ours) -> str:
        gap = np.abs(np.asarray(theirs) - np.asarray(ours))
        allowed = absolute + relative * np.abs(np.asarray(theirs))
        return "" if (gap <= allowed).all() else f"largest gap {gap.max():.3g}"

    return agree


def score(X, y, method, task, *, n_neighbors=None, n_threads=1):
    from headstart.machine.compute import Compute
    from headstart.scoring import MethodOptions, score_features

    scores = score_features(
        X,
        y,
        method,
        task=task,
        options=MethodOptions(n_neighbors=n_neighbors),
        compute=Compute(n_threads=n_threads),
    )
    return scores["statistic"].to_numpy()


def binned(n_rows: int, n_columns: int, timed_columns: int):
    """Binned information of all columns, the peer's on some of them."""

    def prepare() -> Timed:
        from sklearn.metrics import mutual_info_score
        from sklearn.preprocessing import KBinsDiscretizer

        X, y = classes(n_rows, n_columns)

        def peer():
            bins = KBinsDiscretizer(
                256, encode="ordinal", strategy="quantile", subsample=200_000,
                quantile_method="averaged_inverted_cdf", random_state=0,
            )  # fmt: skip
            codes = bins.fit_transform(X[:, :timed_columns]).astype(np.int64)
            return [mutual_info_score(y, column) for column in codes.T]

        def agree(theirs, ours) -> str:
            # Ours is corrected for bias, by (bins - 1) / 2n nats.
            bias = 255 / (2 * n_rows)
            return near(0.05, 0.25 * bias + 1e-4)(
                np.maximum(np.array(theirs) - bias, 0), ours[:timed_columns]
            )

        return Timed(
            peer,
            lambda: score(X, y, "mutual_information", task="classification"),
            agree,
            timed_columns / n_columns,
        )

    return prepare


def against_default() -> Timed:
    from sklearn.feature_selection import mutual_info_classif

    X, y = classes(100_000, 50)
    return Timed(
        lambda: mutual_info_classif(X[:, :5], y, random_state=0),
        lambda: score(X, y, "mutual_information", task="classification"),
        lambda theirs, ours: near(0.1, 0.004)(theirs, ours[:5]),
        0.1,
    )


def neighbors() -> Timed:
    from sklearn.feature_selection import mutual_info_classif

    from headstart.scoring import neighbor_information

    X, y = classes(10_000, 100)
    return Timed(
        lambda: mutual_info_classif(X, y, random_state=0),
        lambda: neighbor_information(X, y, task="classification"),
        near(1e-6, 1e-6),
    )


def spearman() -> Timed:
    from scipy.stats import spearmanr

    X, y = classes(100_000, 50)
    target = X[:, 0] + np.random.default_rng(1).normal(size=len(y))
    return Timed(
        lambda: [spearmanr(column, target).statistic for column in X.T],
        lambda: score(X, target, "spearman", task="regression"),
        near(1e-9, 1e-12),
    )


def anova() -> Timed:
    from sklearn.feature_selection import f_classif

    X, y = classes(100_000, 50)
    return Timed(
        lambda: f_classif(X, y)[0],
        lambda: score(X, y, "f", task="classification"),
        near(1e-7, 1e-9),
    )


def mrmr() -> Timed:
    import pandas as pd
    from mrmr import mrmr_classif

    from headstart.scoring import select_features

    X, y = classes(10_000, 100)
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(100)])
    labels = pd.Series(y)

    def peer():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return mrmr_classif(frame, labels, K=20, n_jobs=1, show_progress=False)

    return Timed(
        peer,
        lambda: select_features(X, y, 20, "mrmr_f", task="classification")[
            "feature"
        ].to_list(),
        lambda theirs, ours: "" if theirs == ours else f"{theirs} {ours}",
    )


def relieff() -> Timed:
    from skrebate import ReliefF

    X, y = classes(2_000, 100)
    plain = np.ascontiguousarray(X)
    return Timed(
        lambda: ReliefF(n_neighbors=10, n_jobs=1).fit(plain, y).feature_importances_,
        lambda: score(
            X,
            y,
            "relieff",
            task="classification",
            n_neighbors=10,
        ),
        near(1e-9, 1e-12),
    )


def threads() -> Timed:
    X, y = classes(1_000_000, 20)

    def run(n_threads: int):
        return score(
            X, y, "mutual_information", task="classification", n_threads=n_threads
        )

    return Timed(
        lambda: run(1),
        lambda: run(2),
        lambda one, two: "" if one.tobytes() == two.tobytes() else "other bytes",
    )


_KBINS = "KBinsDiscretizer + mutual_info_score"

ROWS = [
    Row(1, "binned mutual information of float64, 255 bins", "100k x 50", _KBINS, 20,
        binned(100_000, 50, 50)),
    Row(2, "binned mutual information of float64, 255 bins", "1M x 20", _KBINS, 30,
        binned(1_000_000, 20, 5), peer_repeats=2),
    Row(3, "binned mutual information, against another estimator", "100k x 50",
        "mutual_info_classif", 300, against_default, peer_repeats=1),
    Row(4, "mutual information by neighbours, same estimator", "10k x 100",
        "mutual_info_classif", 8, neighbors, peer_repeats=2),
    Row(5, "Spearman of each column", "100k x 50", "scipy.stats.spearmanr", 10,
        spearman),
    Row(6, "ANOVA F", "100k x 50", "f_classif", 5, anova, peer_repeats=5,
        headstart_repeats=15),
    Row(8, "mRMR, 20 columns", "10k x 100", "mrmr_selection", 20, mrmr),
    Row(9, "ReliefF, 10 neighbours, exact", "2k x 100", "skrebate", 40, relieff,
        peer_repeats=1),
    Row(21, "binned mutual information, 2 threads", "1M x 20", "headstart, 1 thread",
        1.6, threads, peer_repeats=9, headstart_repeats=9, wall=True),
]  # fmt: skip
