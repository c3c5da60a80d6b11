"""Boosted trees against the libraries that grew them."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from kernels.row import Row, Timed

N_ROWS, N_COLUMNS, N_ROUNDS = 100_000, 50, 300


@functools.cache
def tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return training rows, their labels, and rows to predict; a tenth is missing."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4_000, N_COLUMNS))
    y = X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=len(X)) > 0
    rows = rng.normal(size=(N_ROWS, N_COLUMNS))
    for values in (X, rows):
        values[rng.random(values.shape) < 0.1] = np.nan
    return X, y.astype(np.int64), rows


def lightgbm_calls(options: dict[str, Any], n_rows: int) -> Timed:
    import lightgbm
    from headstart_lightgbm import trees

    X, y, rows = tables()
    rows = rows[:n_rows]
    options = {"objective": "binary", "num_threads": 1, "verbosity": -1, **options}
    booster = lightgbm.train(options, lightgbm.Dataset(X, y), N_ROUNDS)
    model = trees.from_text(booster.model_to_string())
    return Timed(
        lambda: booster.predict(rows, num_threads=1),
        lambda: model.apply(rows),
        agree,
    )


def xgboost_calls(options: dict[str, Any], n_rows: int) -> Timed:
    import xgboost
    from headstart_xgboost import trees

    X, y, rows = tables()
    rows = rows[:n_rows]
    options = {"objective": "binary:logistic", "nthread": 1, **options}
    booster = xgboost.train(options, xgboost.DMatrix(X, y, nthread=1), N_ROUNDS)
    booster.set_param({"nthread": 1})
    model = trees.from_json(bytes(booster.save_raw("json")))
    return Timed(
        # The quicker of its two ways: no matrix of its own is made.
        lambda: booster.inplace_predict(rows),
        lambda: model.apply(rows),
        agree,
    )


def agree(theirs: object, ours: object) -> str:
    same = np.allclose(theirs, ours, rtol=1e-6, atol=0)
    return "" if same else "predictions differ"


def row(
    number: int,
    trees: str,
    calls: Callable[[dict[str, Any], int], Timed],
    options: dict[str, Any],
    *,
    alone: bool = False,
) -> Row:
    library = trees.partition(" ")[0]
    return Row(
        number,
        f"{trees}, one row" if alone else trees,
        f"{'1' if alone else '100k'} x {N_COLUMNS}, {N_ROUNDS} trees",
        f"{library}'s predict, one thread",
        1.0 if alone else 2.0,
        functools.partial(calls, options, 1 if alone else N_ROWS),
        peer_repeats=50 if alone else 3,
        headstart_repeats=50 if alone else 5,
    )


ROWS = [
    row(22, "LightGBM trees of 31 leaves", lightgbm_calls, {"num_leaves": 31}),
    row(22, "LightGBM trees of 255 leaves", lightgbm_calls, {"num_leaves": 255}),
    row(22, "XGBoost trees of depth 4", xgboost_calls, {"max_depth": 4}),
    row(22, "XGBoost trees of depth 6", xgboost_calls, {"max_depth": 6}),
    row(23, "LightGBM trees", lightgbm_calls, {"num_leaves": 31}, alone=True),
    row(23, "XGBoost trees", xgboost_calls, {"max_depth": 4}, alone=True),
]
