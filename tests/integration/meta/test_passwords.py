"""The password of a base's URL is nowhere in what commands print, log or write."""

import logging
from urllib.parse import quote

import polars as pl
import pytest
import typer
from sklearn.datasets import load_iris
from typer.testing import CliRunner

from headstart.cli.app import app
from headstart.meta.store import KnowledgeBase

PASSWORD = "s3cr:t/p@ss"
SPELLINGS = (PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), "s3cr")
ENCODED = quote(PASSWORD, safe="")
NOWHERE = f"postgresql://me:{ENCODED}@127.0.0.1:1/base"

# BASE stands for the place, FILE for another base, EXPORT for an export, RUN for a run
# folder, OUT for a file to write.
COMMANDS = [
    "doctor",
    "meta info BASE",
    "meta info own --json",
    "meta doctor BASE",
    "meta verify BASE",
    "meta diff FILE BASE",
    "meta diff BASE FILE --json",
    "meta export OUT --base BASE",
    "meta import EXPORT --base BASE",
    "meta merge BASE --base FILE",
    "meta merge FILE --base BASE --json",
    "meta learn RUN --base BASE --json",
    "meta learn RUN",
]
# With a base that can be written this one would ask its server.
ONLY_WITHOUT_A_BASE = ["meta refresh --base BASE"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A table, a run that could not be learnt from, a base of it and its export."""
    folder = tmp_path_factory.mktemp("files")
    X, y = load_iris(return_X_y=True)
    frame = pl.DataFrame(X, schema=["a", "b", "c", "d"])
    frame.with_columns(pl.Series("kind", y)).write_csv(folder / "iris.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADSTART_META_DB", NOWHERE)
        result = train(folder, folder)
        (folder / "printed.txt").write_text(result.output, encoding="utf-8")
    run(f"meta learn {folder}/run --base {folder}/own.db")
    run(f"meta export {folder}/export.jsonl --base {folder}/own.db")
    return folder


def train(files, folder):
    """Train on the table of `files` with its run and model in a folder."""
    result = run(
        f"train {files}/iris.csv --target kind --task classification --max-trials 1 "
        f"--n-jobs 1 --learner logistic --output {folder}/iris.model --learn "
        f"--run-dir {folder}/run"
    )
    assert result.exit_code == 0, result.output
    return result


def run(command):
    return CliRunner().invoke(app, command.split())


def assert_hidden(text):
    for spelling in SPELLINGS:
        assert spelling not in text


@pytest.fixture
def server(schema):
    """The URL of a base on a server, with a password that it does not ask for."""
    url = schema.replace("headstart@", f"headstart:{ENCODED}@")
    url += f"&password={ENCODED}"
    KnowledgeBase.open(url).close()
    return url


def assert_hidden_in(commands, place, files, tmp_path, monkeypatch, caplog):
    """Run commands with a base at a place; return their exit codes."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HEADSTART_META_DB", place)
    named = {
        "BASE": place,
        "FILE": str(files / "own.db"),
        "EXPORT": str(files / "export.jsonl"),
        "RUN": str(files / "run"),
        "OUT": str(tmp_path / "out.jsonl"),
    }
    codes = []
    for command in commands:
        words = [named.get(word, word) for word in command.split()]
        result = CliRunner().invoke(app, [*words, "--debug"])
        assert_hidden(result.output)
        codes.append(result.exit_code)
    assert_hidden(caplog.text)
    assert_hidden_in_files(tmp_path)
    return codes


def test_no_command_shows_the_password_of_a_base_that_works(
    server, files, tmp_path, monkeypatch, caplog
):
    codes = assert_hidden_in(COMMANDS, server, files, tmp_path, monkeypatch, caplog)

    assert codes == [0] * len(COMMANDS)


def test_no_command_shows_the_password_of_a_base_that_is_not_there(
    files, tmp_path, monkeypatch, caplog
):
    pytest.importorskip("psycopg", reason="needs the package psycopg")
    commands = COMMANDS + ONLY_WITHOUT_A_BASE

    codes = assert_hidden_in(commands, NOWHERE, files, tmp_path, monkeypatch, caplog)

    assert codes == [1] * len(commands)


@pytest.mark.parametrize(
    "place",
    [
        f"postgresql://127.0.0.1:1/base?user=me&password={ENCODED}",
        f"postgresql://me:{ENCODED}@127.0.0.1:port/base",
        f"postgresql://me:{ENCODED}@127.0.0.1/base?no_such_setting=1",
        f"postgresql:/me:{ENCODED}@127.0.0.1/base",
        f"mysql://me:{ENCODED}@127.0.0.1/base",
        f"host=127.0.0.1 password={ENCODED}",
    ],
)
def test_no_place_that_makes_no_sense_is_shown_with_its_password(
    place, files, tmp_path, monkeypatch, caplog
):
    pytest.importorskip("psycopg", reason="needs the package psycopg")
    commands = ["meta info own", "meta info BASE"]

    codes = assert_hidden_in(commands, place, files, tmp_path, monkeypatch, caplog)

    assert codes == [1, 1]


def assert_hidden_in_files(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            assert_hidden(path.read_bytes().decode(errors="replace"))


def test_no_fit_shows_nor_stores_the_password_of_a_base_that_works(
    server, files, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HEADSTART_META_DB", server)

    result = train(files, tmp_path)

    assert "Learnt from this run" in result.output
    assert_hidden(result.output + caplog.text)
    assert_hidden_in_files(tmp_path)


def test_no_fit_shows_nor_stores_the_password_of_a_base_that_is_not_there(files):
    printed = (files / "printed.txt").read_text(encoding="utf-8")

    assert "Nothing was learnt" in printed
    assert_hidden_in_files(files)


def test_every_command_that_can_name_a_base_is_among_those_above():
    meta = typer.main.get_command(app).commands["meta"]
    naming = {
        name
        for name, command in meta.commands.items()
        if {"base", "other", "before", "after"} & {p.name for p in command.params}
    }

    tried = {c.split()[1] for c in COMMANDS + ONLY_WITHOUT_A_BASE if "meta" in c}
    # `evaluate` names a transform by --after, and no base.
    assert naming - {"evaluate"} <= tried
