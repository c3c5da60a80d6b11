import json
import re

import pytest
from typer.testing import CliRunner

from headstart.cli.app import app

FILE = """
from headstart.base import Learner
from headstart.plugins import hookimpl

class Own(Learner):
    name = "own"
    def fit(self, task, parameters, train, validation, resources):
        raise RuntimeError("the solver exploded")

@hookimpl
def register_learners(register):
    register(Own())
"""


@pytest.fixture
def run():
    def invoke(*arguments):
        return CliRunner().invoke(app, ["plugins", *map(str, arguments)])

    yield invoke
    from headstart.plugins import use

    use()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugins") / "own.py"
    path.write_text(FILE)
    return path


def test_the_list_says_what_is_loaded_and_what_is_not(run):
    rows = json.loads(run("list", "--json").stdout)

    forest = next(r for r in rows if r["name"] == "headstart.learners.forest")
    assert forest["status"] == "loaded"
    assert forest["hooks"] == ["register_learners"]
    assert "random_forest" in forest["provides"]["learners"]


def test_the_list_has_a_file_with_its_place(run, file):
    rows = json.loads(run("list", "--json", "--plugin", file).stdout)

    row = next(r for r in rows if r["name"] == "own")
    assert str(file) in row["distribution"]


def test_a_disabled_plugin_is_listed_with_the_reason(run, file):
    disabled = ("--plugin", file, "--disable-plugin", "own")
    rows = json.loads(run("list", "--json", *disabled).stdout)

    (row,) = [r for r in rows if r["name"] == "own"]
    assert (row["status"], row["reason"]) == ("disabled", "it is disabled.")


def test_a_check_that_fails_is_named_with_its_hint_and_exits_with_1(run, file):
    result = run("check", "own", "--plugin", file)

    assert result.exit_code == 1
    assert result.stderr == ""
    assert re.search(r"^fits +failed .*the solver exploded", result.stdout, re.M)
    assert re.search(r"^deterministic +skipped .*'output-form'", result.stdout, re.M)
    assert "hint for fits: Run fit(" in result.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os\nos.abort()", "was killed by SIGABRT"),
        ("import os\nos._exit(3)", "ended with exit code 3"),
        ("import time\ntime.sleep(600)", "topped at its deadline"),
    ],
)
def test_a_plugin_that_ends_the_process_that_imports_it_fails(
    run, tmp_path, text, words
):
    path = tmp_path / "harmful.py"
    path.write_text(text)

    result = run("check", "harmful", "--plugin", path, "--seconds", 2)

    assert result.exit_code == 1
    assert "'harmful' of harmful.py" in result.stderr
    assert words in result.stderr


def test_beside_a_plugin_that_ends_the_process_others_are_checked(run, tmp_path):
    path = tmp_path / "harmful.py"
    path.write_text("import os\nos.abort()")

    result = run("check", "rmse", "--plugin", path)

    assert result.exit_code == 0
    assert "harmful" in result.stderr
    assert "passed" in result.stdout


def test_checks_that_pass_exit_with_0_and_speak_json(run):
    result = run("check", "rmse", "--json")

    assert result.exit_code == 0
    (report,) = json.loads(result.stdout)
    assert report["ok"]
    assert report["results"][0]["id"] == "import-time"


def test_an_unknown_name_is_an_error_with_a_near_one(run):
    result = run("check", "rmze")

    assert result.exit_code == 1
    assert "hint: did you mean 'rmse'?" in result.output


def test_the_trace_has_each_hook_call(run):
    calls = json.loads(run("trace", "--json").stdout)

    linear = next(call for call in calls if "ridge" in call["registered"])
    assert linear["plugin"] == "headstart:headstart.learners.linear"
    assert linear["hook"] == "register_learners"
    assert linear["arguments"] == ["register"]
    assert linear["seconds"] >= 0
    assert linear["error"] == ""


def test_a_command_under_the_trace_tells_its_calls(capfd):
    result = CliRunner().invoke(app, ["plugins", "trace", "plugins", "list", "--json"])

    assert result.exit_code == 0
    printed = capfd.readouterr()
    assert "register_learners(register) registered ridge" in printed.err
    assert json.loads(printed.out)


@pytest.mark.parametrize("kind", ["learner", "transform", "metric"])
def test_a_new_plugin_is_a_whole_distribution(run, tmp_path, kind):
    result = run("new", "My-Own", "--kind", kind, "-o", tmp_path)

    assert result.exit_code == 0
    written = {
        str(path.relative_to(tmp_path / "headstart-my-own"))
        for path in (tmp_path / "headstart-my-own").rglob("*")
        if path.is_file()
    }
    module = {
        ".github/workflows/test.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "src/headstart_my_own/__init__.py",
        f"src/headstart_my_own/{kind}.py",
        "src/headstart_my_own/py.typed",
        "tests/test_headstart_my_own.py",
    }
    assert written == module


def test_a_new_plugin_takes_the_place_of_nothing(run, tmp_path):
    run("new", "own", "-o", tmp_path)
    result = run("new", "own", "-o", tmp_path)

    assert result.exit_code == 1
    assert "exists already" in result.output


@pytest.mark.parametrize("name", ["9lives", "a b", "-x-", "über"])
def test_a_name_that_no_module_can_have_is_refused(run, tmp_path, name):
    result = run("new", "-o", tmp_path, "--", name)

    assert result.exit_code == 1
    assert "lower-case letters, digits and hyphens" in result.output
