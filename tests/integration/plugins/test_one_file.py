"""A booster and a transform are each added by one new file."""

import ast
from pathlib import Path

import numpy as np
import pytest

import headstart
from headstart import AutoClassifier, AutoRegressor, Validation
from headstart.plugins import load_plugins, use
from headstart.testing import learner_checks, transform_checks

FOLDER = Path(__file__).parents[2] / "one_file"
BOOSTER, TRANSFORM = FOLDER / "own_stumps.py", FOLDER / "own_distances.py"


@pytest.fixture(autouse=True)
def plugins():
    use(files=[BOOSTER, TRANSFORM])
    yield
    use()


def fitted(kind, X, y, **settings):
    model = kind(
        time_limit=None,
        n_jobs=1,
        validation=Validation(folds=3, repeats=1),
        random_state=0,
        **settings,
    )
    return model.fit(X, y, listeners=[])


@pytest.mark.parametrize("file", [BOOSTER, TRANSFORM], ids=lambda file: file.stem)
def test_the_file_imports_the_sdk_alone(file):
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {m for m in modules if m.startswith("headstart")} == {"headstart.sdk"}


@pytest.mark.parametrize("kind", [AutoClassifier, AutoRegressor])
def test_a_booster_is_searched_saved_and_loaded(tmp_path, kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    signal = np.where(X[:, 0] > 0, 2.0, -2.0) + (X[:, 1] > 1)
    noisy = signal + rng.normal(size=200)
    y = noisy > 0 if kind is AutoClassifier else noisy

    model = fitted(kind, X, y, learners=["own_stumps"], max_trials=2, refit=True)

    assert set(model.leaderboard()["learner"]) == {"own_stumps"}
    assert model.score(X, y) > 0.6
    path = model.save(tmp_path / "m.headstart")
    again = headstart.load(path)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_a_booster_keeps_to_the_wishes_of_its_base():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = X[:, 0] + np.sin(3 * X[:, 1]) + 0.1 * rng.normal(size=200)
    learner = type(load_plugins().learners["own_stumps"])(monotone={"x1": -1})

    model = fitted(AutoRegressor, X, y, learners=[learner], max_trials=1, transforms=[])

    line = np.column_stack([np.zeros(50), np.linspace(-2, 2, 50)])
    assert np.diff(model.predict(line)).max() <= 1e-9


def test_a_transform_is_searched_and_makes_what_no_line_follows():
    X = np.random.default_rng(0).normal(size=(200, 1))
    y = np.abs(X[:, 0])

    model = fitted(
        AutoRegressor,
        X,
        y,
        learners=["ridge"],
        transforms=["own_distances"],
        max_trials=4,
    )

    assert "ridge + own_distances" in model.leaderboard()["learner"].to_list()
    assert model.score(X, y) > 0.95


CHECKS = {
    *("declaration", "fits", "early-stopping", "monotone", "dump-load"),
    "damaged-parts",
}


def test_both_pass_the_kit():
    registry = load_plugins()
    cases = [
        *learner_checks(registry.learners["own_stumps"]),
        *transform_checks(registry.transforms["own_distances"]),
    ]
    chosen = [case for case in cases if str(case) in CHECKS]
    assert len(chosen) >= len(CHECKS)
    for case in chosen:
        case()
