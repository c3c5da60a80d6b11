import subprocess
import sys

import pytest
from typer.testing import CliRunner

from headstart.cli.app import app

COMMANDS = ("train", "predict", "leaderboard", "info", "doctor")
HEAVY = ("numpy", "polars", "sklearn", "optuna", "scipy", "pandas", "rich", "psutil")


def test_help_lists_every_command_and_the_exit_codes():
    text = CliRunner().invoke(app, ["--help"]).stdout

    for name in COMMANDS:
        assert f"  {name} " in text
    assert "0 done, 1 failed, 2 wrong usage, 130 interrupted" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name):
    result = CliRunner().invoke(app, [name, "-h"])

    assert result.exit_code == 0
    assert "--debug" in result.stdout


@pytest.mark.parametrize("name", ["train", "leaderboard", "info", "doctor"])
def test_each_command_that_reports_speaks_json(name):
    assert "--json" in CliRunner().invoke(app, [name, "-h"]).stdout


def test_the_help_of_train_groups_its_options_and_fits_100_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # a wide terminal does not make it wider

    lines = CliRunner().invoke(app, ["train", "--help"]).stdout.splitlines()

    titles = [line for line in lines if line.endswith(":") and line[0] != " "]
    assert titles == [
        *("Arguments:", "Task:", "Budget:", "Validation:", "Search:"),
        *("Output:", "Reading:", "Plugins:", "Other options:"),
    ]
    section = lines[lines.index("Budget:") + 1 : lines.index("Validation:")]
    options = [word for line in section for word in line.split()[:1] if "--" in word]
    assert options == [
        *("--time-limit", "--max-trials", "--n-jobs", "--executor"),
        "--memory-limit",
    ]
    assert max(map(len, lines)) <= 100


def test_own_options_come_before_those_of_plugins():
    text = CliRunner().invoke(app, ["predict", "--help"]).stdout

    assert text.index("Options:") < text.index("--batch") < text.index("Plugins:")
    assert "Other options:" not in text


def test_the_version_is_printed():
    result = CliRunner().invoke(app, ["--version"])

    assert result.exit_code == 0
    assert result.stdout.startswith("headstart ")


def test_help_loads_nothing_heavy():
    # What makes --help slow is imports; their absence holds on a busy machine too.
    code = (
        "import sys\n"
        "from headstart.cli.app import main\n"
        "sys.argv = ['headstart', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stderr.strip() == "[]"


def test_python_m_runs_the_same_command():
    result = subprocess.run(
        [sys.executable, "-m", "headstart", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.startswith("Usage: headstart ")


def test_without_a_command_the_help_is_shown_as_wrong_usage():
    result = CliRunner().invoke(app, [])

    assert result.exit_code == 2
    assert "Usage: headstart" in result.output


def test_an_unknown_command_is_wrong_usage():
    assert CliRunner().invoke(app, ["trian"]).exit_code == 2
