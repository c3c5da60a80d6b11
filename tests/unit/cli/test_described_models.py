"""Commands that tell of a model need no plugin of its learner."""

import json
from dataclasses import replace

import pytest
from sklearn.naive_bayes import GaussianNB
from tests.small_models import fitted, small_model
from tests.stored_facts import stored_facts
from typer.testing import CliRunner

from headstart.cli.app import app
from headstart.sdk import from_estimator

# The command tells them on standard error.
pytestmark = pytest.mark.filterwarnings(
    "default::headstart.exceptions.HeadstartWarning"
)


@pytest.fixture
def path(tmp_path):
    """Save a model of a learner that is not installed."""
    model = small_model("binary", from_estimator("not_here", GaussianNB))
    facts = stored_facts("binary")
    trial = replace(facts.trials[0], learner="not_here", parameters={})
    model = replace(model, facts=replace(facts, trials=(trial,)))
    return fitted(model).save(tmp_path / "m.headstart")


def run(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert "needs the learner 'not_here', which is not there" in result.stderr
    return result.stdout


def test_info_tells_its_members_and_names_the_plugin_on_standard_error(path):
    record = json.loads(run("info", path, "--json"))

    assert [member["learner"] for member in record["members"]] == ["not_here"]


def test_the_leaderboard_lists_its_trials(path):
    (row,) = json.loads(run("leaderboard", path, "--json"))

    assert row["learner"] == "not_here"
    assert "not_here" in run("leaderboard", path)


def test_the_report_is_written(path):
    assert run("report", path).startswith("# Predicting outcome\n")


def test_predicting_says_what_to_install(path, tmp_path):
    (tmp_path / "t.csv").write_text("x,city\n1,Bern\n")

    result = CliRunner().invoke(app, ["predict", str(path), str(tmp_path / "t.csv")])

    assert result.exit_code == 1
    assert "needs the learner 'not_here'" in result.stderr
