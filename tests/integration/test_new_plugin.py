"""From `headstart plugins new` to a wheel in a fresh environment that is searched."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from tests.integration.environment import make_environment

KINDS = ("learner", "transform", "metric")

FIT = """
import numpy as np
from headstart import AutoRegressor, Validation

x = np.random.default_rng(0).normal(size=(80, 3))
y = x @ [3.0, -2.0, 1.0]
model = AutoRegressor(
    time_limit=None, max_trials=3, n_jobs=2, random_state=0,
    learners=["own_learner", "k_neighbors"], metric="own_metric",
    validation=Validation(folds=3, repeats=1),
).fit(x, y)
board = model.leaderboard()
print(board["learner"][0], model.score(x, y) > 0.99)
model.save("model.headstart")
np.save("expected.npy", model.predict(x))
"""

LOAD = """
import numpy as np
import headstart

x = np.random.default_rng(0).normal(size=(80, 3))
predicted = headstart.load("model.headstart").predict(x)
print(np.array_equal(predicted, np.load("expected.npy")))
"""


def run(*command, cwd, check=True):
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=280
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """An environment with three new plugins as wheels, on top of this one."""
    folder = tmp_path_factory.mktemp("plugins")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    for kind in KINDS:
        new = ("plugins", "new", f"own-{kind}", "--kind", kind)
        run(sys.executable, "-m", "headstart", *new, cwd=folder)
    sources = [folder / f"headstart-own-{kind}" for kind in KINDS]
    offline = ("--no-deps", "--no-index")
    wheel = ("wheel", *offline, "--no-build-isolation", "--wheel-dir", "dist")
    run(*pip, *wheel, *sources, cwd=folder)
    python = make_environment(folder / "environment")
    wheels = sorted((folder / "dist").glob("*.whl"))
    run(*pip, "--python", python, "install", *offline, *wheels, cwd=folder)
    return SimpleNamespace(python=python, folder=folder, sources=sources)


@pytest.mark.slow
def test_their_tests_pass_as_written(fresh):
    tests = [source / "tests" for source in fresh.sources]

    done = run(
        fresh.python,
        *("-m", "pytest", "-q", "-W", "error", "--import-mode=importlib"),
        *("-p", "no:cacheprovider", *tests),
        cwd=fresh.folder,
    )

    assert "failed" not in done.stdout
    assert "passed" in done.stdout


@pytest.fixture(scope="module")
def fitted(fresh):
    """The end of a program that fits a model with the plugins and saves it."""
    return run(fresh.python, "-c", FIT, cwd=fresh.folder)


@pytest.mark.workers
def test_they_are_found_searched_saved_and_loaded_with_no_code_of_the_users(
    fresh, fitted
):
    assert fitted.stdout.split() == ["own_learner", "True"], fitted.stderr

    loaded = run(fresh.python, "-c", LOAD, cwd=fresh.folder)
    assert loaded.stdout.split() == ["True"]


def test_the_list_names_them_with_version_and_hook(fresh):
    listed = run(
        fresh.python,
        "-m",
        "headstart",
        "plugins",
        "list",
        "--json",
        cwd=fresh.folder,
    )

    rows = {row["distribution"]: row for row in json.loads(listed.stdout)}
    for kind in KINDS:
        row = rows[f"headstart-own-{kind}"]
        assert row["status"] == "loaded"
        assert row["version"] == "0.1.0"
        assert row["hooks"] == [f"register_{kind}s"]
        assert row["provides"] == {f"{kind}s": [f"own_{kind}"]}


@pytest.mark.usefixtures("fitted")
def test_without_the_wheel_loading_the_model_names_what_is_missing(fresh):
    done = subprocess.run(
        [str(fresh.python), "-c", LOAD],
        cwd=fresh.folder,
        env={**os.environ, "HEADSTART_DISABLE_PLUGINS": "headstart-own-learner"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "headstart-own-learner" in done.stderr
