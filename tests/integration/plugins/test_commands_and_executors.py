"""What plugins bring beside the search: commands, and places where fold fits run."""

import os
import subprocess
import sys

import numpy as np
import pytest

from headstart import AutoClassifier, Validation
from headstart.exceptions import PluginError
from headstart.plugins import load_commands, load_plugins, use

PLUGIN = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from headstart.sdk import CommandRecord, ExecutorRecord, PluginError, hookimpl

HEADSTART_API_VERSION = 2


def say_hello(
    name: Annotated[str, typer.Argument(help="Whom to greet.")],
    *,
    loud: Annotated[bool, typer.Option(help="Shout.")] = False,
) -> None:
    \"\"\"Greet somebody.\"\"\"
    if name == "nobody":
        raise PluginError("There is nobody.")
    print(name.upper() if loud else name)


class Noted(ThreadPoolExecutor):
    def __init__(self, place, n_jobs):
        super().__init__(n_jobs)
        self.place = place

    def submit(self, *arguments, **more):
        Path(self.place, "submitted").touch()
        return super().submit(*arguments, **more)

    def shutdown(self, *arguments, **more):
        Path(self.place, "shut").touch()
        super().shutdown(*arguments, **more)


@hookimpl
def register_commands(register):
    register(CommandRecord("say_hello", say_hello))


@hookimpl
def register_executors(register):
    register(ExecutorRecord("noted", Noted))
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    folder = tmp_path / "plugins"
    folder.mkdir()
    path = folder / "greeting.py"
    path.write_text(PLUGIN)
    monkeypatch.setenv("HEADSTART_PLUGIN_FOLDER", str(folder))
    use()  # what is installed is asked anew
    yield path
    monkeypatch.undo()
    use()


def headstart(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "headstart", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "100"},
        **more,
    )


@pytest.mark.usefixtures("plugin")
def test_a_command_is_listed_and_runs():
    listed = headstart("--help").stdout
    assert listed.index("  plugins ") < listed.index("  say-hello    Greet somebody.")
    assert "--loud" in headstart("say-hello", "--help").stdout
    assert headstart("say-hello", "ann", "--loud").stdout == "ANN\n"


@pytest.mark.usefixtures("plugin")
def test_what_a_command_raises_is_told_as_of_any_other():
    done = headstart("say-hello", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "headstart: There is nobody.\n"
    assert "Traceback" in headstart("say-hello", "nobody", "--debug").stderr


@pytest.mark.usefixtures("plugin")
def test_a_command_that_nobody_brings_is_wrong_usage():
    assert headstart("say-goodbye").returncode == 2


def test_plugins_without_commands_are_not_imported_for_the_help(plugin):
    plugin.write_text("raise SystemExit('imported')")
    use()
    assert load_commands() == {}
    assert headstart("--help").returncode == 0


def table():
    X = np.random.default_rng(0).normal(size=(60, 2))
    return X, X[:, 0] > 0


@pytest.mark.usefixtures("plugin")
def test_an_executor_is_used_by_name_and_shut_down(tmp_path):
    X, y = table()
    model = AutoClassifier(
        time_limit=None,
        max_trials=1,
        learners=["logistic"],
        n_jobs=2,
        executor=f"noted://{tmp_path}",
        validation=Validation(folds=3, repeats=1),
        random_state=0,
    ).fit(X, y, listeners=[])

    assert (tmp_path / "submitted").exists()
    assert (tmp_path / "shut").exists()
    assert model.score(X, y) > 0.9


@pytest.mark.usefixtures("plugin")
def test_the_command_line_names_an_executor(tmp_path):
    X, y = table()
    path = tmp_path / "data.csv"
    rows = (f"{a},{b},{int(c)}" for (a, b), c in zip(X, y, strict=True))
    path.write_text("a,b,y\n" + "\n".join(rows))
    done = headstart(
        *("train", str(path), "--target", "y"),
        *("--output", str(tmp_path / "m.headstart")),
        *("--max-trials", "1", "--time-limit", "none", "--learner", "logistic"),
        *("--n-jobs", "1", "--executor", f"noted://{tmp_path}", "--quiet"),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "shut").exists()


def test_an_executor_that_nobody_brings_is_refused_before_the_fit():
    X, y = table()
    with pytest.raises(PluginError, match=r"Unknown executor 'dusk'. Installed: none"):
        AutoClassifier(executor="dusk://here").fit(X, y)


@pytest.mark.usefixtures("plugin")
def test_the_registry_has_both():
    registry = load_plugins()
    assert list(registry.commands) == ["say_hello"]
    record, address = registry.executor("noted://a:1")
    assert (record.name, address) == ("noted", "a:1")
    (plugin,) = (p for p in registry.plugins if p.name == "greeting")
    assert plugin.provides == {"commands": ("say_hello",), "executors": ("noted",)}
