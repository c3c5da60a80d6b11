"""Converted trees predict what LightGBM predicts: raw scores to the bit."""

import re

import lightgbm
import numpy as np
import pytest
from headstart_lightgbm import LightGBM, trees

from headstart.sdk import Matrix, Resources, Rows, Task, TaskKind

CATEGORICAL = [4, 5]
ZERO = float(np.float32(1e-35))
OBJECTIVES = [
    {"objective": "binary"},
    {"objective": "multiclass", "num_class": 4},
    {"objective": "regression"},
    {"objective": "regression_l1"},
    {"objective": "quantile", "alpha": 0.8},
]


def draw_table(rng, n_rows=400):
    """Draw numbers (one of them often 0, one with gaps) and two categories."""
    X = rng.normal(size=(n_rows, 6))
    X[rng.random(n_rows) < 0.5, 1] = 0.0
    X[:, 3] = rng.integers(-2, 3, n_rows) * 10.0 ** rng.integers(-40, 3)
    X[:, 4] = rng.integers(0, 70, n_rows)
    X[:, 5] = rng.integers(0, 4, n_rows)
    signal = X[:, 0] * (X[:, 1] > 0) + (X[:, 4] % 3) + 0.3 * rng.normal(size=n_rows)
    X[rng.random(n_rows) < 0.2, 2] = np.nan
    X[rng.random(n_rows) < 0.1, 4] = np.nan
    signal[np.isnan(X[:, 2])] += 1
    return X, signal


def draw_booster(rng, objective):
    """Fit LightGBM to a table and parameters drawn at random."""
    X, signal = draw_table(rng)
    n_classes = {"binary": 2, "multiclass": 4}.get(objective["objective"], 0)
    y = signal
    if n_classes:
        y = np.digitize(
            signal, np.quantile(signal, np.arange(1, n_classes) / n_classes)
        )
    options = {
        **objective,
        "num_leaves": int(rng.integers(2, 40)),
        "min_data_in_leaf": int(rng.integers(1, 20)),
        "max_cat_to_onehot": int(rng.integers(1, 6)),
        "min_data_per_group": 5,
        "cat_smooth": 1.0,
        "extra_trees": bool(rng.integers(2)),
        "use_missing": bool(rng.random() < 0.8),
        "verbosity": -1,
        "num_threads": 1,
        "seed": int(rng.integers(1000)),
    }
    data = lightgbm.Dataset(X, y, categorical_feature=CATEGORICAL, params=options)
    booster = lightgbm.Booster(options, data)
    for _ in range(int(rng.integers(1, 25))):
        booster.update()
    return booster, X


def draw_odd_rows(rng, text, n_rows=500):
    """Draw rows of thresholds, their neighbours, and values that no table holds."""
    lines = re.findall(r"^threshold=(.+)$", text, re.MULTILINE)
    thresholds = np.array(" ".join(lines).split(), dtype=float)
    numbers = np.concatenate(
        [
            thresholds,
            np.nextafter(thresholds, np.inf),
            np.nextafter(thresholds, -np.inf),
            [np.nan, 0.0, -0.0, 1e-40, -1e-40, ZERO, -ZERO, 1e300, -1e300],
            [np.nextafter(ZERO, 1), np.nextafter(-ZERO, -1), np.inf, -np.inf, 5e-324],
        ]
    )
    codes = [
        *range(75),
        np.nan,
        -1,
        -7,
        -0.5,
        2.7,
        1e10,
        -1e10,
        2.0**31,
        np.inf,
        -np.inf,
    ]
    X = rng.choice(numbers, (n_rows, 6))
    X[:, CATEGORICAL] = rng.choice(codes, (n_rows, 2))
    return X


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o["objective"])
@pytest.mark.parametrize("seed", range(8))
def test_raw_scores_have_the_bits_of_lightgbm(objective, seed):
    rng = np.random.default_rng(seed)
    booster, X = draw_booster(rng, objective)
    text = booster.model_to_string()

    model = trees.from_text(text)

    rows = np.concatenate([X, draw_odd_rows(rng, text)])
    raw = booster.predict(rows, raw_score=True).reshape(len(rows), -1)
    np.testing.assert_array_equal(model.raw_predict(rows), raw)
    np.testing.assert_allclose(
        model.predict(rows), booster.predict(rows), rtol=1e-12, atol=0
    )
    assert model.n_rounds == booster.current_iteration()


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
    texts = []
    monkeypatch.setattr(
        trees,
        "from_text",
        lambda text, convert=trees.from_text: texts.append(text) or convert(text),
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

    fitted = LightGBM(**wish).fit(task, {}, train, validation, Resources(1, 0)).model

    booster = lightgbm.Booster(model_str=texts[0])
    assert fitted.n_rounds == booster.current_iteration()
    np.testing.assert_array_equal(
        fitted.raw_predict(X), booster.predict(X, raw_score=True).reshape(600, -1)
    )


def test_a_round_without_a_split_is_a_value():
    data = lightgbm.Dataset(np.zeros((20, 2)), np.arange(20.0) % 2)
    booster = lightgbm.train({"verbosity": -1}, data, 3)

    model = trees.from_text(booster.model_to_string())

    X = np.zeros((3, 2))
    np.testing.assert_array_equal(model.predict(X), booster.predict(X))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "poisson"}, "objective"),
        ({"linear_tree": True}, "Linear trees"),
        ({"zero_as_missing": True}, "Zeros"),
        ({"objective": "binary", "sigmoid": 2.0}, "objective"),
    ],
)
def test_what_cannot_be_converted_is_refused(options, message):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    options = {"verbosity": -1, **options}
    data = lightgbm.Dataset(X, X[:, 0] > 0, params=options)
    booster = lightgbm.train(options, data, 2)

    with pytest.raises(ValueError, match=message):
        trees.from_text(booster.model_to_string())
