"""What every learner must do, asked of each one that is installed."""

import dataclasses
import functools
import math
import time

import numpy as np
import pytest

from headstart.base import (
    Configuration,
    Matrix,
    Resources,
    Rows,
    Task,
    TaskKind,
    View,
)
from headstart.exceptions import ArtifactError
from headstart.plugins import load_plugins

LEARNERS = load_plugins().learners
CASES = [
    pytest.param(name, kind, id=f"{name}-{kind}")
    for name, learner in LEARNERS.items()
    for kind in sorted(learner.tasks)
]
each_case = pytest.mark.parametrize(("name", "kind"), CASES)


def cases_where(condition):
    return pytest.mark.parametrize(
        ("name", "kind"),
        [case for case in CASES if condition(LEARNERS[case.values[0]], case.values[1])],
    )


N_ROWS = 120
N_TRAIN = 90
N_LEVELS = 4


def make_task(kind, n_rows=N_ROWS, n_classes=None):
    usual = {TaskKind.BINARY: 2, TaskKind.MULTICLASS: 3, TaskKind.REGRESSION: 0}
    metric = {
        TaskKind.BINARY: "roc_auc",
        TaskKind.MULTICLASS: "log_loss",
        TaskKind.REGRESSION: "rmse",
    }[kind]
    return Task(
        kind, n_rows, 3, 1, usual[kind] if n_classes is None else n_classes, metric
    )


def make_matrix(view, n_rows=N_ROWS, seed=0):
    """Three numeric columns and a categorical one, in the form of `view`."""
    rng = np.random.default_rng(seed)
    numeric = rng.normal(size=(n_rows, 3))
    codes = rng.integers(0, N_LEVELS, n_rows).astype(float)
    numeric[:, 2] = np.round(numeric[:, 2])
    if view.missing == "native":
        numeric[rng.random(n_rows) < 0.1, 1] = np.nan
        codes[rng.random(n_rows) < 0.1] = np.nan
    if view.categorical == "one_hot":
        columns = (codes[:, None] == np.arange(N_LEVELS)).astype(float)
    else:
        columns = codes[:, None]
    values = np.ascontiguousarray(np.hstack([numeric, columns]))
    names = tuple(f"c{i}" for i in range(values.shape[1]))
    if view.categorical == "native":
        return Matrix(values, names, (3,), (N_LEVELS,))
    return Matrix(values, names)


def make_target(kind, X, seed=0):
    """A target that depends on the first columns, with noise."""
    rng = np.random.default_rng(seed + 1)
    values = np.nan_to_num(X.values)
    signal = 2 * values[:, 0] + values[:, 1] + 0.3 * rng.normal(size=X.n_rows)
    if kind is TaskKind.REGRESSION:
        return 50.0 + 10.0 * signal
    cuts = [0.0] if kind is TaskKind.BINARY else [-1.0, 1.0]
    return np.searchsorted(cuts, signal).astype(np.int64)


def freeze(rows):
    """Views come from memory-mapped files: nothing may be written to them."""
    for array in (rows.X.values, rows.y, rows.weight):
        if array is not None:
            array.setflags(write=False)
    return rows


def make_rows(name, kind, n_rows=N_ROWS, n_train=N_TRAIN):
    X = make_matrix(LEARNERS[name].view, n_rows)
    y = make_target(kind, X)
    train, held = np.arange(n_train), np.arange(n_train, n_rows)
    return (
        freeze(Rows(X.take(train), y[train])),
        freeze(Rows(X.take(held), y[held])),
    )


def fit(name, kind, train, validation, *, task=None, parameters=None, **resources):
    return LEARNERS[name].fit(
        task or make_task(kind),
        parameters or {},
        train,
        validation,
        Resources(**{"threads": 1, "seed": 7, **resources}),
    )


@functools.cache
def fitted(name, kind):
    """One model of each case, for all tests that only look at it."""
    train, validation = make_rows(name, kind)
    return fit(name, kind, train, validation), train, validation


def predict(name, kind, model, X, task=None):
    return LEARNERS[name].predict(model, X, task or make_task(kind))


def loss(kind, y, prediction):
    if kind is TaskKind.REGRESSION:
        return float(np.mean((y - prediction) ** 2))
    picked = prediction[np.arange(len(y)), y]
    return float(-np.mean(np.log(np.clip(picked, 1e-12, 1))))


def check_form(kind, prediction, n_rows, n_classes):
    assert np.isfinite(prediction).all()
    assert prediction.dtype == np.float64
    if kind is TaskKind.REGRESSION:
        assert prediction.shape == (n_rows,)
        return
    assert prediction.shape == (n_rows, n_classes)
    assert prediction.min() >= 0
    np.testing.assert_allclose(prediction.sum(axis=1), 1.0, rtol=1e-9)


@each_case
def test_default_and_precedents_lie_in_the_space(name, kind):
    learner, task = LEARNERS[name], make_task(kind)
    space = learner.search_space(task)
    for precedent in ({}, *learner.precedents(task)):
        completed = {**space.default, **precedent}
        for parameter, value in completed.items():
            assert value in space.distributions[parameter]
        # What is stored in JSON must come back as the same configuration.
        configuration = Configuration(name, completed)
        assert Configuration.from_json(configuration.to_json()) == configuration


@each_case
def test_precedents_differ_from_each_other_and_from_the_default(name, kind):
    learner, task = LEARNERS[name], make_task(kind)
    default = learner.search_space(task).default
    all_of_them = [{**default, **p} for p in ({}, *learner.precedents(task))]
    assert len({Configuration(name, p).key for p in all_of_them}) == len(all_of_them)


@each_case
def test_predicted_cost_is_positive_and_grows_with_the_rows(name, kind):
    learner = LEARNERS[name]
    small = learner.cost(make_task(kind, 1_000), {}, 1_000)
    large = learner.cost(make_task(kind, 50_000), {}, 50_000)
    assert 0 < small < large < math.inf


@each_case
def test_predictions_have_the_form_of_the_task(name, kind):
    model, _, validation = fitted(name, kind)
    found = predict(name, kind, model, validation.X)
    check_form(kind, found, validation.X.n_rows, make_task(kind).n_classes)


@each_case
def test_what_can_be_learnt_is_learnt(name, kind):
    model, train, validation = fitted(name, kind)
    found = predict(name, kind, model, validation.X)
    if kind is TaskKind.REGRESSION:
        ignorant = np.full(len(validation.y), train.y.mean())
    else:
        shares = np.bincount(train.y) / len(train.y)
        ignorant = np.tile(shares, (len(validation.y), 1))
    reached = loss(kind, validation.y, found)
    assert reached < 0.8 * loss(kind, validation.y, ignorant)


@each_case
def test_a_row_alone_is_predicted_like_among_others(name, kind):
    model, _, validation = fitted(name, kind)
    whole = predict(name, kind, model, validation.X)
    for row in range(3):
        alone = predict(name, kind, model, validation.X.take(np.array([row])))
        np.testing.assert_allclose(alone[0], whole[row], rtol=1e-5, atol=1e-7)


@each_case
def test_no_rows_give_no_predictions(name, kind):
    model, _, validation = fitted(name, kind)
    found = predict(name, kind, model, validation.X.take(np.array([], dtype=int)))
    assert len(found) == 0


@each_case
def test_one_seed_gives_one_model(name, kind):
    model, train, validation = fitted(name, kind)
    again = fit(name, kind, train, validation)
    np.testing.assert_array_equal(
        predict(name, kind, model, validation.X),
        predict(name, kind, again, validation.X),
    )


@each_case
def test_a_dumped_model_predicts_the_same_bits(name, kind):
    model, train, _ = fitted(name, kind)
    parts = LEARNERS[name].dump(model)
    assert all(isinstance(part, bytes) for part in parts.values())
    loaded = LEARNERS[name].load(parts)
    np.testing.assert_array_equal(
        predict(name, kind, model, train.X), predict(name, kind, loaded, train.X)
    )


@each_case
def test_a_loaded_model_dumps_to_the_same_parts(name, kind):
    parts = LEARNERS[name].dump(fitted(name, kind)[0])
    assert LEARNERS[name].dump(LEARNERS[name].load(parts)) == parts


@cases_where(lambda learner, kind: learner.view.missing == "native")
def test_missing_values_that_training_did_not_have_are_predicted(name, kind):
    train, validation = make_rows(name, kind)
    clean = train.X.take(np.flatnonzero(~np.isnan(train.X.values).any(axis=1)))
    y = train.y[~np.isnan(train.X.values).any(axis=1)]
    model = fit(name, kind, Rows(clean, y), None)
    empty = dataclasses.replace(
        validation.X, values=np.full_like(validation.X.values, np.nan)
    )
    check_form(kind, predict(name, kind, model, empty), 30, make_task(kind).n_classes)


@cases_where(lambda learner, kind: learner.uses_weights)
def test_predictions_follow_the_sample_weights(name, kind):
    train, validation = make_rows(name, kind)
    # Each row comes twice, with a low and a high target: only the weights tell.
    twice = train.X.take(np.tile(np.arange(N_TRAIN), 2))
    y = np.repeat(np.array([0, 1]), N_TRAIN)
    if kind is TaskKind.REGRESSION:
        y = y + 0.01 * np.random.default_rng(0).normal(size=2 * N_TRAIN)

    def highs(weight_of_high):
        weight = np.where(y > 0.5, weight_of_high, 1.0)
        # Validation rows weigh alike, or they would stop a model at its start.
        judged = Rows(validation.X, y[::6], weight[::6])
        model = fit(name, kind, freeze(Rows(twice, y, weight)), judged)
        found = predict(name, kind, model, validation.X)
        check_form(kind, found, len(found), make_task(kind).n_classes)
        return found if found.ndim == 1 else found[:, 1]

    assert highs(20.0).mean() > highs(0.05).mean() + 0.3


@cases_where(lambda learner, kind: kind.is_classification)
def test_a_fold_may_lack_a_class(name, kind):
    task = make_task(TaskKind.MULTICLASS, n_classes=4)
    train, validation = make_rows(name, TaskKind.MULTICLASS)
    if kind is TaskKind.BINARY:
        # Two classes of four: the estimator inside sees a binary problem.
        keep = train.y > 0
        train = Rows(train.X.take(np.flatnonzero(keep)), train.y[keep])
    # The validation rows have a class that training has not.
    other = validation.y.copy()
    other[:3] = 3
    model = fit(name, TaskKind.MULTICLASS, train, Rows(validation.X, other), task=task)
    found = predict(name, TaskKind.MULTICLASS, model, validation.X, task)
    check_form(TaskKind.MULTICLASS, found, len(found), 4)
    assert found[:, 3].max() < 0.2
    loaded = LEARNERS[name].load(LEARNERS[name].dump(model))
    np.testing.assert_array_equal(
        found, predict(name, TaskKind.MULTICLASS, loaded, validation.X, task)
    )


@each_case
def test_a_constant_target_is_predicted(name, kind):
    train, validation = make_rows(name, kind)
    constant = np.full_like(train.y, 1)
    model = fit(name, kind, Rows(train.X, constant), validation)
    found = predict(name, kind, model, validation.X)
    check_form(kind, found, len(found), make_task(kind).n_classes)
    if kind is TaskKind.REGRESSION:
        np.testing.assert_allclose(found, 1.0, rtol=1e-6)
    else:
        assert (found.argmax(axis=1) == 1).all()
    loaded = LEARNERS[name].load(LEARNERS[name].dump(model))
    np.testing.assert_array_equal(found, predict(name, kind, loaded, validation.X))


@each_case
@pytest.mark.parametrize("n_columns", [0, 1, 2])
def test_few_and_constant_columns_are_enough(name, kind, n_columns):
    train, validation = make_rows(name, kind)
    names = ("first", "constant")[:n_columns]

    def cut(rows):
        values = rows.X.values[:, :n_columns].copy()
        values[:, 1:] = 3.0
        return Rows(Matrix(values, names), rows.y)

    model = fit(name, kind, cut(train), cut(validation))
    found = predict(name, kind, model, cut(validation).X)
    check_form(kind, found, len(found), make_task(kind).n_classes)


@each_case
def test_two_rows_are_enough(name, kind):
    train, validation = make_rows(name, kind)
    rows = np.array([int(np.argmin(train.y)), int(np.argmax(train.y))])
    model = fit(name, kind, Rows(train.X.take(rows), train.y[rows]), validation)
    found = predict(name, kind, model, validation.X)
    check_form(kind, found, len(found), make_task(kind).n_classes)


@each_case
def test_huge_values_are_survived(name, kind):
    train, validation = make_rows(name, kind)
    # A scaled view is bounded by its encoder.
    largest = 1e300 if LEARNERS[name].view.numeric == "raw" else 50.0

    def swell(rows):
        values = rows.X.values.copy()
        values[::5, 0] = largest
        values[1::5, 0] = -largest
        return Rows(dataclasses.replace(rows.X, values=values), rows.y)

    model = fit(name, kind, swell(train), swell(validation))
    found = predict(name, kind, model, swell(validation).X)
    check_form(kind, found, len(found), make_task(kind).n_classes)


@cases_where(lambda learner, kind: kind is TaskKind.REGRESSION)
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_regression_does_not_depend_on_the_targets_unit(name, kind, scale):
    model, train, validation = fitted(name, kind)
    scaled = fit(
        name,
        kind,
        Rows(train.X, train.y * scale),
        Rows(validation.X, validation.y * scale),
    )
    np.testing.assert_allclose(
        predict(name, kind, scaled, validation.X) / scale,
        predict(name, kind, model, validation.X),
        rtol=0.1,
    )


@each_case
def test_a_deadline_that_has_passed_still_gives_a_model_soon(name, kind):
    train, validation = make_rows(name, kind, 2500, 2000)
    started = time.monotonic()
    model = fit(name, kind, train, validation, deadline=started)
    assert time.monotonic() - started < 5
    found = predict(name, kind, model, validation.X)
    check_form(kind, found, 500, make_task(kind).n_classes)


@each_case
def test_the_refit_on_all_rows_needs_no_validation_rows(name, kind):
    learner, task = LEARNERS[name], make_task(kind)
    model, train, validation = fitted(name, kind)
    default = dict(learner.search_space(task).default)
    parameters = learner.refit_parameters(default, [model, model])
    assert set(default) <= set(parameters)
    refitted = fit(name, kind, train, None, parameters=parameters)
    found = predict(name, kind, refitted, validation.X)
    check_form(kind, found, len(found), task.n_classes)


@each_case
def test_parameters_at_the_ends_of_the_space_work(name, kind):
    learner, task = LEARNERS[name], make_task(kind)
    space = learner.search_space(task)
    train, validation = make_rows(name, kind)
    for end in (0, -1):
        parameters = {
            key: (
                distribution.options[end]
                if hasattr(distribution, "options")
                else (distribution.low, distribution.high)[end]
            )
            for key, distribution in space.distributions.items()
        }
        active = {k: v for k, v in parameters.items() if space.is_active(k, parameters)}
        model = fit(name, kind, train, validation, parameters=active)
        found = predict(name, kind, model, validation.X)
        check_form(kind, found, len(found), task.n_classes)


def damaged(parts):
    """Parts that no `dump` has written."""
    yield {}
    for name, data in parts.items():
        yield {key: part for key, part in parts.items() if key != name}
        for other in (b"", b"\x00" * 64, data[: len(data) // 2], data[:-1]):
            yield {**parts, name: other}


@each_case
def test_damaged_parts_are_refused(name, kind):
    parts = LEARNERS[name].dump(fitted(name, kind)[0])
    for wrong in damaged(parts):
        with pytest.raises(ArtifactError):
            LEARNERS[name].load(wrong)


@each_case
def test_parts_of_another_learner_are_refused(name, kind):
    foreign = {"model.pickle": b"cos\nsystem\n(S'true'\ntR."}
    with pytest.raises(ArtifactError):
        LEARNERS[name].load(foreign)


@each_case
def test_a_flipped_byte_is_refused_or_harmless(name, kind):
    learner = LEARNERS[name]
    model, train, _ = fitted(name, kind)
    parts = learner.dump(model)
    rng = np.random.default_rng(0)
    few = train.X.take(np.arange(5))
    for part, data in parts.items():
        for position in rng.integers(0, len(data), 25):
            wrong = bytearray(data)
            wrong[position] ^= 0x81
            try:
                loaded = learner.load({**parts, part: bytes(wrong)})
                found = predict(name, kind, loaded, few)
            except ValueError:  # an ArtifactError is one
                continue
            assert np.isfinite(found).all()


def test_views_are_of_the_known_forms():
    for learner in LEARNERS.values():
        assert learner.view.key in {
            View(n, c, m).key
            for n in ("raw", "scaled", "quantile")
            for c in ("native", "ordinal", "one_hot")
            for m in ("native", "imputed")
        }
