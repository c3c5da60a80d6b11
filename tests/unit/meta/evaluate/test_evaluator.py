import json
import time

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_wine

from headstart.base import Configuration, TaskKind
from headstart.execution import open_executor
from headstart.meta.evaluate import (
    EvaluationLimits,
    LabelledTable,
    cell,
    evaluate_all,
    evaluate_dataset,
    read_manifest,
)
from headstart.meta.evaluate.grid import grid, grid_after
from headstart.meta.evaluate.shard import Shard
from headstart.meta.records import CellStatus, DatasetRecord
from headstart.plugins import load_plugins

LIMITS = EvaluationLimits(n_rows=120, seconds=30.0)


@pytest.fixture
def executor():
    executor = open_executor(1)
    yield executor
    executor.close()


def wine():
    X, y = load_wine(return_X_y=True)
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(X.shape[1])})
    return frame, pl.Series("class", [f"kind {v}" for v in y])


def record():
    return DatasetRecord(
        "ab" * 32, "wine", "wine", "local", TaskKind.MULTICLASS, 178, 13, 3
    )


def test_cells_have_a_score_a_fold_and_metric(executor):
    X, y = wine()
    configurations = [
        Configuration("logistic", {"C": 0.3, "n_knots": 0}),
        Configuration("logistic", {"C": 1e-4, "n_knots": 0}),
    ]

    cells = {
        cell.configuration.parameters["C"]: cell
        for cell in evaluate_dataset(
            LabelledTable(record(), X, y),
            configurations,
            load_plugins().learners,
            executor,
            LIMITS,
        )
    }

    good, poor = cells[0.3], cells[1e-4]
    assert good.status is CellStatus.OK
    assert good.n_rows == 120
    assert good.scores.shape == (3, len(good.metrics))
    accuracy = good.metrics.index("accuracy")
    assert good.scores[:, accuracy].mean() > 0.9
    loss = good.metrics.index("log_loss")
    assert good.scores[:, loss].mean() < poor.scores[:, loss].mean()
    assert good.fit_seconds > 0


def test_a_configuration_that_fails_is_evidence_with_its_reason(executor):
    X, y = wine()
    hopeless = Configuration("logistic", {"C": "much", "n_knots": 0})

    (cell,) = evaluate_dataset(
        LabelledTable(record(), X, y),
        [hopeless],
        load_plugins().learners,
        executor,
        LIMITS,
    )

    assert cell.status is CellStatus.ERROR
    assert "much" in cell.reason
    assert cell.scores.shape == (0, len(cell.metrics))


def test_a_cell_that_came_too_late_took_at_least_what_it_was_given(
    executor, monkeypatch
):
    X, y = wine()
    configuration = Configuration("logistic", {"C": 0.3, "n_knots": 0})
    limits = EvaluationLimits(n_rows=120, seconds=90.0)
    fit = cell.run_fold_fit

    def slow(folder, fold_fit, clock):
        # Allowed is a third of the seconds; by the clock the fit takes all of them.
        outcome = fit(folder, fold_fit, clock)
        moments[1] += 90.0
        return outcome

    moments = [0.0, 0.0]
    monkeypatch.setattr(cell, "run_fold_fit", slow)
    monkeypatch.setattr(cell.time, "process_time", lambda: moments[1])

    (late,) = evaluate_dataset(
        LabelledTable(record(), X, y),
        [configuration],
        load_plugins().learners,
        executor,
        limits,
    )

    assert late.status is CellStatus.TIMEOUT
    assert late.fit_seconds >= 30.0


def crossed(n):
    """Return a table whose target is a product, which a linear model cannot see."""
    random = np.random.default_rng(0)
    X = pl.DataFrame(random.normal(size=(n, 3)), schema=["a", "b", "c"])
    return X, (X["a"] * X["b"]).alias("y")


def test_a_step_that_applies_is_evaluated_with_what_it_costs(executor):
    X, y = crossed(600)
    registry = load_plugins()
    ridge = {"ridge": registry.learner("ridge")}
    steps = {"generated_features": registry.transforms["generated_features"]}
    configurations = [
        *grid(TaskKind.REGRESSION, ridge, 1),
        *grid_after(TaskKind.REGRESSION, ridge, steps),
    ]
    dataset = DatasetRecord(
        "ab" * 32, "crossed", "crossed", "local", TaskKind.REGRESSION, 600, 3, 0
    )

    cells = list(
        evaluate_dataset(
            LabelledTable(dataset, X, y),
            configurations,
            ridge,
            executor,
            EvaluationLimits(seconds=60.0),
            transforms=steps,
        )
    )

    plain, stepped = sorted(cells, key=lambda c: len(c.configuration.transforms))
    r2 = plain.metrics.index("r2")
    assert plain.scores[:, r2].mean() < 0.3
    assert stepped.scores[:, r2].mean() > 0.9
    assert stepped.fit_seconds > 5 * plain.fit_seconds


def test_a_step_that_does_not_apply_is_left_out(executor):
    X, y = crossed(120)
    registry = load_plugins()
    ridge = {"ridge": registry.learner("ridge")}
    steps = {"generated_features": registry.transforms["generated_features"]}
    after = grid_after(TaskKind.REGRESSION, ridge, steps)
    dataset = DatasetRecord(
        "ab" * 32, "crossed", "crossed", "local", TaskKind.REGRESSION, 120, 3, 0
    )

    for known in (steps, {}):
        cells = evaluate_dataset(
            LabelledTable(dataset, X, y),
            after,
            ridge,
            executor,
            LIMITS,
            transforms=known,
        )
        assert list(cells) == []


@pytest.fixture
def manifest(tmp_path):
    X, y = wine()
    X.with_columns(y).write_parquet(tmp_path / "wine.parquet")
    X.with_columns(y.alias("class")).head(3).write_csv(tmp_path / "three.csv")
    entries = [
        {
            "name": "wine",
            "file": "wine.parquet",
            "task": "multiclass",
            "target": "class",
        },
        {"name": "three", "file": "three.csv", "task": "multiclass", "target": "class"},
        {"name": "gone", "file": "gone.csv", "task": "binary", "target": "class"},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    return tmp_path / "manifest.json"


def test_a_campaign_goes_on_where_it_was_stopped(manifest, executor, tmp_path):
    (source, *_) = read_manifest(manifest, {"wine": "drinks"})
    asked = iter([False] * 2 + [True] * 1_000)

    list(
        evaluate_all(
            [source], tmp_path / "out", 2, executor, LIMITS, stop=lambda: next(asked)
        )
    )
    X, y = source.read()
    uid = source.describe(X, y).uid
    first = Shard(tmp_path / "out" / "wine.jsonl", "shipped").known(uid, LIMITS.scheme)
    lines = list(evaluate_all([source], tmp_path / "out", 2, executor, LIMITS))
    whole = Shard(tmp_path / "out" / "wine.jsonl", "shipped").known(uid, LIMITS.scheme)

    assert 0 < len(first) < len(whole) == 2
    assert f"{len(first)} of 2 cells done before" in lines[0]
    assert source.describe(X, y).family == "drinks"


def test_a_table_that_cannot_be_used_is_left_out_and_named(
    manifest, executor, tmp_path
):
    lines = list(
        evaluate_all(read_manifest(manifest), tmp_path / "out", 1, executor, LIMITS)
    )

    left_out = [line for line in lines if "left out" in line]
    assert any("gone" in line for line in left_out)
    assert any("three" in line for line in left_out)
    assert any("wine" in line and "1 of 1 cells, 0" in line for line in lines)


def test_rows_drawn_depend_on_the_seed_only(executor):
    X, y = wine()
    ridge = [Configuration("logistic", {"C": 0.3, "n_knots": 0})]

    def scores(seed):
        limits = EvaluationLimits(n_rows=90, seed=seed)
        (cell,) = evaluate_dataset(
            LabelledTable(record(), X, y),
            ridge,
            load_plugins().learners,
            executor,
            limits,
        )
        return cell.scores

    np.testing.assert_array_equal(scores(0), scores(0))
    assert (scores(0) != scores(1)).any()


def test_cells_that_run_at_once_do_not_meet(executor, monkeypatch):
    X, y = wine()
    configurations = [
        Configuration("logistic", {"C": 10.0**-place, "n_knots": 0})
        for place in range(6)
    ]

    def scores(on):
        cells = evaluate_dataset(
            LabelledTable(record(), X, y),
            configurations,
            load_plugins().learners,
            on,
            LIMITS,
        )
        return {cell.configuration.key: cell.scores.tolist() for cell in cells}

    one = scores(executor)
    monkeypatch.delenv("HEADSTART_EXECUTION")
    processes = open_executor(2)
    try:
        assert processes.n_slots == 2
        assert scores(processes) == one
    finally:
        processes.close()


def test_waiting_for_the_processor_is_not_held_against_a_learner(executor, monkeypatch):
    learners = load_plugins().learners
    logistic = type(learners["logistic"])
    fit = logistic.fit

    def wait_and_fit(self, task, parameters, train, validation, resources):
        before = resources.seconds_left()
        time.sleep(0.5)
        assert resources.seconds_left() > before - 0.4
        return fit(self, task, parameters, train, validation, resources)

    monkeypatch.setattr(logistic, "fit", wait_and_fit)
    X, y = wine()
    (cell,) = evaluate_dataset(
        LabelledTable(record(), X, y),
        [Configuration("logistic", {"C": 0.3, "n_knots": 0})],
        learners,
        executor,
        EvaluationLimits(n_rows=120, seconds=1.5),
    )
    assert cell.status is CellStatus.OK, cell.reason
    assert cell.fit_seconds < 0.4
