"""Converted trees predict what XGBoost predicts: raw scores to the bit."""

import json

import numpy as np
import pytest
import xgboost
from headstart_xgboost import XGBoost, trees

from headstart.sdk import Matrix, Resources, Rows, Task, TaskKind

CATEGORICAL = [4, 5]
TYPES = ["q", "q", "q", "q", "c", "c"]
OBJECTIVES = [
    {"objective": "binary:logistic"},
    {"objective": "multi:softprob", "num_class": 4},
    {"objective": "reg:squarederror"},
    {"objective": "reg:absoluteerror"},
    {"objective": "reg:quantileerror", "quantile_alpha": 0.8},
]


def draw_table(rng, n_rows=400):
    """Draw numbers (one of them often 0, one with gaps) and two categories."""
    X = rng.normal(size=(n_rows, 6))
    X[rng.random(n_rows) < 0.5, 1] = 0.0
    X[:, 3] = rng.integers(-2, 3, n_rows) * 10.0 ** rng.integers(-40, 38)
    X[:, 4] = rng.integers(0, 70, n_rows)
    X[:, 5] = rng.integers(0, 4, n_rows)
    signal = X[:, 0] * (X[:, 1] > 0) + (X[:, 4] % 3) + 0.3 * rng.normal(size=n_rows)
    X[rng.random(n_rows) < 0.2, 2] = np.nan
    X[rng.random(n_rows) < 0.1, 4] = np.nan
    signal[np.isnan(X[:, 2])] += 1
    return X, signal


def matrix_of(X, y=None):
    # XGBoost refuses infinite values; the learner bounds all.
    bounded = np.clip(X, -trees.LARGEST, trees.LARGEST)
    return xgboost.DMatrix(
        bounded, y, feature_types=TYPES, enable_categorical=True, nthread=1
    )


def draw_booster(rng, objective):
    """Fit XGBoost to a table and parameters drawn at random."""
    X, signal = draw_table(rng)
    n_classes = {"b": 2, "m": 4}.get(objective["objective"][0], 0)
    y = signal
    if n_classes:
        y = np.digitize(
            signal, np.quantile(signal, np.arange(1, n_classes) / n_classes)
        )
    options = {
        **objective,
        "tree_method": "hist",
        "max_depth": int(rng.integers(1, 9)),
        "min_child_weight": float(rng.uniform(0, 3)),
        "max_cat_to_onehot": int(rng.integers(1, 9)),
        "grow_policy": str(rng.choice(["depthwise", "lossguide"])),
        "gamma": float(rng.choice([0.0, 1.0])),
        "nthread": 1,
        "seed": int(rng.integers(1000)),
    }
    return xgboost.train(options, matrix_of(X, y), int(rng.integers(1, 25))), X


def draw_odd_rows(rng, data, n_rows=500):
    """Draw rows of thresholds, their neighbours, and values that no table holds."""
    model = json.loads(data)["learner"]["gradient_booster"]["model"]
    thresholds = np.concatenate(
        [np.array(tree["split_conditions"], np.float32) for tree in model["trees"]]
    )
    up, down = (np.nextafter(thresholds, np.float32(way)) for way in (np.inf, -np.inf))
    single = np.concatenate([thresholds, up, down]).astype(float)
    numbers = np.concatenate(
        [
            single,
            np.nextafter(single, np.inf),
            np.nextafter(single, -np.inf),
            # Half-way between neighbours of single precision.
            (thresholds.astype(float) + up) / 2,
            [np.nan, 0.0, -0.0, 1e-40, -1e-40, 1e-46, 3e38, -3e38, 1e300, -1e300],
            [np.inf, -np.inf],
        ]
    )
    codes = [*range(75), np.nan, -1, -7, -0.5, 2.7, 1e10, 2.0**24 - 1, 2.0**24 + 1]
    X = rng.choice(numbers, (n_rows, 6))
    X[:, CATEGORICAL] = rng.choice(codes, (n_rows, 2))
    return X


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o["objective"])
@pytest.mark.parametrize("seed", range(8))
def test_raw_scores_have_the_bits_of_xgboost(objective, seed):
    rng = np.random.default_rng(seed)
    booster, X = draw_booster(rng, objective)
    data = bytes(booster.save_raw("json"))

    model = trees.from_json(data)

    rows = np.concatenate([X, draw_odd_rows(rng, data)])
    raw = booster.predict(matrix_of(rows), output_margin=True).reshape(len(rows), -1)
    np.testing.assert_array_equal(model.raw_predict(rows).astype(np.float32), raw)
    np.testing.assert_array_equal(model.raw_predict(rows), raw.astype(float))
    np.testing.assert_allclose(
        model.predict(rows), booster.predict(matrix_of(rows)), rtol=1e-6, atol=0
    )
    assert model.n_rounds == booster.num_boosted_rounds()


@pytest.mark.parametrize(
    ("kind", "n_classes", "metric", "wish"),
    [
        (TaskKind.BINARY, 2, "roc_auc", {}),
        (TaskKind.MULTICLASS, 3, "log_loss", {}),
        (TaskKind.REGRESSION, 0, "rmse", {}),
        (TaskKind.REGRESSION, 0, "mae", {}),
        (TaskKind.REGRESSION, 0, "pinball", {"quantile": 0.9}),
        (TaskKind.REGRESSION, 0, "rmse", {"monotone": {"a": 1}}),
    ],
)
def test_the_learner_keeps_the_best_rounds(monkeypatch, kind, n_classes, metric, wish):
    written = []
    monkeypatch.setattr(
        trees,
        "from_json",
        lambda data, convert=trees.from_json: written.append(data) or convert(data),
    )
    X, signal = draw_table(np.random.default_rng(0), 600)
    matrix = Matrix(X, tuple("abcdef"), tuple(CATEGORICAL), (70, 4))
    y = signal
    if n_classes:
        y = np.digitize(
            signal, np.quantile(signal, np.arange(1, n_classes) / n_classes)
        )
    task = Task(kind, 600, 4, 2, n_classes, metric)
    train, validation = (
        Rows(matrix.take(rows), y[rows])
        for rows in (np.arange(400), np.arange(400, 600))
    )

    fitted = XGBoost(**wish).fit(task, {}, train, validation, Resources(1, 0)).model

    booster = xgboost.Booster()
    booster.load_model(bytearray(written[0]))
    assert fitted.n_rounds == booster.num_boosted_rounds()
    np.testing.assert_array_equal(
        fitted.raw_predict(X),
        booster.predict(matrix_of(X), output_margin=True).reshape(600, -1),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "count:poisson"}, "objective"),
        ({"booster": "gblinear"}, "gblinear"),
        ({"booster": "dart"}, "dart"),
    ],
)
def test_what_cannot_be_converted_is_refused(options, message):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    data = xgboost.DMatrix(X, X[:, 0] > 0)
    booster = xgboost.train({"nthread": 1, "verbosity": 0, **options}, data, 2)

    with pytest.raises(ValueError, match=message):
        trees.from_json(bytes(booster.save_raw("json")))
