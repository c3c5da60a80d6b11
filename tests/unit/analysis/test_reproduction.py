"""The call and the command line that the report gives make the model again."""

import shlex

import numpy as np
import polars as pl
import pytest
from sklearn.naive_bayes import GaussianNB
from typer.testing import CliRunner

import headstart
from headstart.analysis.reproduction import _call, _command_line
from headstart.cli.app import app
from headstart.sdk import from_estimator

RANDOM = np.random.default_rng(0)
N = 160
SHOPS = pl.DataFrame(
    {
        "shop": [f"s{i % 20}" for i in range(N)],
        "size": RANDOM.normal(size=N),
        "code": RANDOM.integers(1, 5, N),
        "mass": RANDOM.uniform(0.5, 2.0, N),
    }
).with_columns(stars=pl.Series(RANDOM.integers(0, 5, N)))


def test_the_command_line_that_is_told_makes_the_same_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SHOPS.write_csv("data.csv")
    model = headstart.train(
        "data.csv",
        target="stars",
        task="regression",
        groups="shop",
        sample_weight="mass",
        columns={"code": "categorical"},
        learners=["ridge"],
        transforms=["-generated_features"],
        validation=headstart.Validation(folds=3),
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        random_state=3,
        listeners=[],
    )
    reproduction = model.analysis().reproduce

    line = shlex.split(reproduction.cli)
    result = CliRunner().invoke(app, [*line[1:], "--quiet", "-o", "again.headstart"])

    assert result.exit_code == 0, result.output
    again = headstart.load("again.headstart")
    assert np.array_equal(model.predict("data.csv"), again.predict("data.csv"))
    assert again.analysis().reproduce == reproduction
    assert model.analysis().validation.groups == "shop"


def test_the_call_that_is_told_makes_the_same_model():
    model = headstart.AutoRegressor(
        learners=["ridge"],
        validation=headstart.Validation(folds=2, repeats=1),
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        random_state=0,
    ).fit(SHOPS.drop("stars"), SHOPS["stars"], groups="shop", listeners=[])
    names = {"data": SHOPS}

    exec(model.analysis().reproduce.call, names)

    rows = SHOPS.drop("stars")
    assert np.array_equal(model.predict(rows), names["model"].predict(rows))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learners", [from_estimator("bayes", GaussianNB)]),
        ("metric", lambda y, p: 0.0),
        ("validation", headstart.Validation(folds=3, repeats=2)),
        ("groups", np.arange(4)),
    ],
)
def test_what_the_command_line_cannot_say_is_named(name, value):
    line = _command_line("y", {name: value, "max_trials": 2})

    assert line.splitlines() == [
        f"# has no option for: {name}",
        "headstart train data.csv --target y --max-trials 2",
    ]


def test_objects_of_the_user_have_a_line_of_their_own_in_the_call():
    bayes = from_estimator("bayes", GaussianNB)

    call = _call("y", {"learners": ["ridge", bayes]})

    assert "own_1 = ...  # learners: your own bayes\n" in call
    assert "learners=['ridge', own_1]" in call
    compile(call, "call", "exec")


@pytest.mark.parametrize(
    ("value", "option"), [(True, " --refit"), (False, " --no-refit")]
)
def test_a_refit_or_none_is_an_option(value, option):
    line = _command_line("y", {"refit": value})

    assert line == f"headstart train data.csv --target y{option}"


def test_no_time_limit_is_an_option_of_its_own():
    assert "--time-limit none" in _command_line("y", {"time_limit": None})
