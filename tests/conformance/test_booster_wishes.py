"""What a user may want of any booster: a quantile, monotone columns."""

import numpy as np
import pytest
from headstart_catboost import CatBoost
from headstart_lightgbm import LightGBM
from headstart_xgboost import XGBoost
from sklearn.metrics import make_scorer, mean_pinball_loss

from headstart import AutoRegressor, load
from headstart.base import (
    Matrix,
    Resources,
    Rows,
    Task,
    TaskKind,
    known_configurations,
)
from headstart.exceptions import HeadstartWarning

each = pytest.mark.parametrize("booster", [CatBoost, LightGBM, XGBoost])
RESOURCES = Resources(threads=1, seed=3)


def make_task(kind, metric):
    return Task(kind, 400, 2, 1, 2 if kind.is_classification else 0, metric)


def wishes_rows(n_rows=400, seed=0):
    """A value that rises with a column, by a noise that is skewed."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 3))
    values[:, 2] = rng.integers(0, 4, n_rows)
    X = Matrix(values, ("a", "b", "c"), categorical=(2,), n_levels=(4,))
    y = values[:, 0] + np.sin(3 * values[:, 1]) + rng.exponential(1.0, n_rows)
    return Rows(X, y)


def fit_wish(learner, train, validation=None, kind=TaskKind.REGRESSION, **parameters):
    task = make_task(kind, "rmse" if kind is TaskKind.REGRESSION else "log_loss")
    space = learner.search_space(task).default
    return learner.fit(task, {**space, **parameters}, train, validation, RESOURCES)


@each
@pytest.mark.parametrize("level", [0.1, 0.9])
def test_a_quantile_lies_above_its_share_of_the_rows(booster, level):
    learner = booster(quantile=level)
    train, validation = wishes_rows(), wishes_rows(200, seed=1)
    model = fit_wish(learner, train, validation)
    # A model file has no more to go by than the plugin's own learner.
    again = booster().load(learner.dump(model))
    test = wishes_rows(400, seed=2)
    quantiles = booster().predict(again, test.X, make_task(TaskKind.REGRESSION, "rmse"))
    assert np.mean(test.y <= quantiles) == pytest.approx(level, abs=0.1)


@each
@pytest.mark.parametrize("kind", [TaskKind.REGRESSION, TaskKind.BINARY])
def test_a_monotone_column_only_raises_or_lowers_the_prediction(booster, kind):
    train = wishes_rows()
    if kind is TaskKind.BINARY:
        train = Rows(train.X, (train.y > 1).astype(np.int64))
    model = fit_wish(booster(monotone={"b": -1}), train, kind=kind, n_rounds=30)
    values = np.repeat(train.X.values[:20], 50, axis=0)
    values[:, 1] = np.tile(np.linspace(-2, 2, 50), 20)
    X = Matrix(values, train.X.names, train.X.categorical, train.X.n_levels)
    predicted = booster().predict(model, X, make_task(kind, "rmse"))
    curves = (predicted if predicted.ndim == 1 else predicted[:, 1]).reshape(20, 50)
    assert np.diff(curves, axis=1).max() <= 1e-9
    assert np.ptp(curves, axis=1).max() > 0


@each
@pytest.mark.parametrize("metric", ["mae", "medae", "mape", "pinball"])
def test_monotone_columns_hold_where_the_metric_asks_for_the_median(booster, metric):
    rng = np.random.default_rng(0)
    x, z = rng.uniform(-2, 2, 300), rng.normal(size=300)
    y = np.sin(2 * x) + 0.5 * z + 0.3 * rng.exponential(size=300)
    X = Matrix(np.column_stack([x, z]), ("x", "z"))
    task = Task(TaskKind.REGRESSION, 300, 2, 0, 0, metric)
    learner = booster(monotone={"x": 1})
    parameters = {"learning_rate_scale": 4.0, "n_rounds": 20}
    model = learner.fit(task, parameters, Rows(X, y), None, RESOURCES)
    grid = np.column_stack(
        [np.tile(np.linspace(-2, 2, 100), 9), np.repeat(np.linspace(-2, 2, 9), 100)]
    )
    curves = learner.predict(model, Matrix(grid, X.names), task).reshape(9, 100)
    assert np.diff(curves, axis=1).min() >= -1e-6
    assert np.ptp(curves, axis=1).max() > 0.1


@pytest.mark.parametrize("level", [0.1, 0.9])
def test_a_quantile_of_catboost_holds_its_monotone_columns(level):
    train = wishes_rows()
    model = fit_wish(CatBoost(monotone={"b": -1}, quantile=level), train, n_rounds=30)
    values = np.repeat(train.X.values[:20], 50, axis=0)
    values[:, 1] = np.tile(np.linspace(-2, 2, 50), 20)
    X = Matrix(values, train.X.names, train.X.categorical, train.X.n_levels)
    task = make_task(TaskKind.REGRESSION, "pinball")
    curves = CatBoost().predict(model, X, task).reshape(20, 50)
    assert np.diff(curves, axis=1).max() <= 1e-6
    assert np.ptp(curves, axis=1).max() > 0


@pytest.mark.parametrize("booster", [LightGBM, XGBoost])
def test_a_quantile_with_monotone_columns_is_refused_with_the_remedy(booster):
    with pytest.raises(ValueError, match=rf"{booster.__name__} .* hint: CatBoost can"):
        booster(quantile=0.5, monotone={"a": 1})


@each
def test_what_a_user_wants_is_part_of_every_configuration(booster):
    task = make_task(TaskKind.REGRESSION, "rmse")
    learner = booster(monotone={"b": -1, "a": 1})
    for configuration in known_configurations(task, learner):
        assert configuration.parameters["monotone"] == '{"a": 1, "b": -1}'
    quantile = known_configurations(task, booster(quantile=0.9))[0]
    assert quantile.parameters["quantile"] == 0.9
    assert "quantile" not in known_configurations(task, booster())[0].parameters


@each
@pytest.mark.parametrize(
    ("monotone", "message"),
    [({"aa": 1}, "did you mean 'a'"), ({"c": 1}, "holds categories")],
)
def test_a_column_that_cannot_be_monotone_is_named(booster, monotone, message):
    with pytest.raises(ValueError, match=message):
        fit_wish(booster(monotone=monotone), wishes_rows(50))


@pytest.mark.workers
def test_wishes_reach_workers_and_model_files(tmp_path):
    rows = wishes_rows(120)
    table = rows.X.values
    model = AutoRegressor(
        time_limit=None,
        max_trials=1,
        learners=[LightGBM(quantile=0.9)],
        metric=make_scorer(mean_pinball_loss, alpha=0.9, greater_is_better=False),
        random_state=0,
        n_jobs=1,
    ).fit(table, rows.y)
    assert np.mean(rows.y <= model.predict(table)) > 0.75
    # The file names a learner that is installed: nothing has to be told again.
    with pytest.warns(
        HeadstartWarning, match="without its parameters learners, metric"
    ):
        path = model.save(tmp_path / "model.headstart")
    again = load(path)
    np.testing.assert_array_equal(again.predict(table), model.predict(table))
    assert again.info()["members"][0]["parameters"]["quantile"] == 0.9
