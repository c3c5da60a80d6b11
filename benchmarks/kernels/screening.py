"""Rows 10, 11 and 21: candidate features, made and scored."""

from functools import partial

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from headstart.features.operators.catalogue import OPERATORS
from headstart.features.screening.stages import Screening, score_first, union_of_ranks
from headstart.features.screening.table import ScreenedTable
from headstart.features.screening.values import make_values

from .row import Row, Timed

_OPERATORS = (
    "add",
    "subtract",
    "multiply",
    "divide",
    "minimum",
    "maximum",
    "absolute_difference",
    "normalised_difference",
)
_N_COLUMNS = 20
_N_JUDGED = 150  # candidates with a LightGBM of their own, and as many shuffled


def data(n_rows: int):
    """Return a table with planted interactions, its target's residual and candidates.

    Planted are x0 * x1, |x2 - x3| and x10 / x11 of log-normal ones, as in RUST_CORE's
    honesty test.
    """
    random = np.random.default_rng(0)
    X = random.normal(size=(n_rows, _N_COLUMNS))
    X[:, 10:14] = np.exp(0.5 * X[:, 10:14])
    y = X[:, 0] * X[:, 1] + np.abs(X[:, 2] - X[:, 3]) + X[:, 10] / X[:, 11]
    y += random.normal(size=n_rows)
    model = HistGradientBoostingRegressor(max_iter=60, max_leaf_nodes=16)
    residual = y - cross_val_predict(model, X, y, cv=3)
    names = tuple(f"x{i}" for i in range(_N_COLUMNS))
    no_codes = np.empty((0, n_rows), dtype=np.uint32)
    numbers = np.ascontiguousarray(X.T)
    table = ScreenedTable(names, numbers, no_codes, np.empty(0, dtype=np.uint32))
    candidates = np.array(
        [
            (OPERATORS[name].code, i, j, -1)
            for i in range(_N_COLUMNS)
            for j in range(i + 1, _N_COLUMNS)
            for name in _OPERATORS
        ],
        dtype=np.int32,
    )
    parts = (np.arange(n_rows) % 2).astype(np.uint8)
    return table, residual, y, parts, candidates


def against_trees() -> Timed:
    """Fit a tree of depth 3 per candidate, on 2,500 rows, as mljar does."""
    table, residual, y, parts, candidates = data(10_000)
    target = (y > np.median(y)).astype(int)
    n_tried = 100
    some = candidates[:: len(candidates) // n_tried][:n_tried]
    left, right = table.numeric[some[:, 1], :5_000], table.numeric[some[:, 2], :5_000]
    formulas = [np.subtract, np.divide, np.add, np.multiply]

    def peer():
        scores = []
        for i in range(n_tried):
            values = formulas[i % 4](left[i], right[i])[:, np.newaxis]
            tree = DecisionTreeClassifier(max_depth=3)
            tree.fit(values[:2_500], target[:2_500])
            predicted = tree.predict_proba(values[2_500:])
            scores.append(log_loss(target[2_500:5_000], predicted))
        return scores

    return Timed(
        peer,
        lambda: score_first(
            table, residual[np.newaxis], parts, candidates, Screening()
        ),
        agree=lambda _, scores: recall_is_kept(table, residual, candidates, scores),
        share=n_tried / len(candidates),
    )


def against_lightgbm() -> Timed:
    """Fit a LightGBM a candidate on the baseline, as OpenFE's first stage does."""
    import lightgbm

    table, residual, y, parts, candidates = data(100_000)
    n_tried = 4
    some = candidates[:: len(candidates) // n_tried][:n_tried]
    everything = np.arange(table.n_rows)
    train, test = everything < 80_000, everything >= 80_000
    offset = y - residual

    def peer():
        gains = []
        targets = y[np.newaxis]
        for row in some:
            values = make_values(table, row[np.newaxis], everything, targets, parts).T
            known = lightgbm.Dataset(values[train], y[train], init_score=offset[train])
            validation = known.create_valid(
                values[test], y[test], init_score=offset[test]
            )
            model = lightgbm.train(
                {"num_leaves": 16, "num_threads": 1, "verbosity": -1},
                known,
                100,
                valid_sets=[validation],
                callbacks=[lightgbm.early_stopping(3, verbose=False)],
            )
            gains.append(model.best_score["valid_0"]["l2"])
        return gains

    return Timed(
        peer,
        lambda: score_first(
            table, residual[np.newaxis], parts, candidates, Screening()
        ),
        share=n_tried / len(candidates),
    )


def against_one_thread() -> Timed:
    """Use two threads instead of one, for the same bytes."""
    table, residual, _, parts, candidates = data(10_000)
    often = np.concatenate([candidates] * 8)

    def score(n_threads):
        how = Screening(n_threads=n_threads)
        return score_first(table, residual[np.newaxis], parts, often, how)

    return Timed(
        partial(score, 1),
        partial(score, 2),
        agree=lambda one, two: (
            ""
            if all(a.tobytes() == b.tobytes() for a, b in zip(one, two, strict=True))
            else "bytes differ"
        ),
    )


def recall_is_kept(table, residual, candidates, scores) -> str:
    """Compare with a LightGBM a candidate: nine in ten of what matters are kept."""
    import lightgbm

    random = np.random.default_rng(0)
    gains, correlations = scores
    planted = np.flatnonzero((candidates[:, 1:3] < 14).all(axis=1))
    judged = random.choice(planted, _N_JUDGED, replace=False)
    rows = np.arange(table.n_rows)
    values = make_values(
        table, candidates[judged], rows, residual[np.newaxis], np.zeros(len(rows), "u1")
    )
    half = rows % 2 == 0

    def gain(column):
        total = 0.0
        for train in (half, ~half):
            known = lightgbm.Dataset(column[train, np.newaxis], residual[train])
            options = {"num_leaves": 16, "num_threads": 1, "verbosity": -1}
            model = lightgbm.train(options, known, 15)
            remainder = residual[~train] - model.predict(column[~train, np.newaxis])
            total += (residual[~train] ** 2 - remainder**2).sum()
        return total

    null = [gain(random.permutation(column)) for column in values]
    matter = judged[[gain(column) > np.quantile(null, 0.99) for column in values]]
    kept = union_of_ranks(gains, correlations, len(candidates) // 10)
    recall = np.isin(matter, kept).mean() if len(matter) else 1.0
    return "" if recall >= 0.9 else f"recall {recall:.2f} of {len(matter)}"


ROWS = [
    Row(
        10,
        "candidates made and scored (16 bins, out of half), 9 in 10 that matter kept",
        "10k x 20, 1,520 candidates",
        "a tree of depth 3 each, as mljar",
        180,
        against_trees,
    ),
    Row(
        11,
        "candidates made and scored (16 bins, out of half)",
        "100k x 20, 1,520 candidates",
        "a LightGBM each, as OpenFE's first stage",
        300,
        against_lightgbm,
        peer_repeats=2,
        headstart_repeats=5,
    ),
    Row(
        21,
        "candidates made and scored on two threads",
        "10k x 20, 12,160 candidates",
        "own one thread",
        1.6,
        against_one_thread,
        peer_repeats=5,
        wall=True,
    ),
]
