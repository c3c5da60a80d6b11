import json
from dataclasses import replace

import pytest
from tests.small_models import fitted, small_model
from tests.stored_facts import stored_facts
from typer.testing import CliRunner

from headstart.cli.app import app


@pytest.fixture
def run(monkeypatch, tmp_path, tmp_path_factory):
    """Run the command in an empty folder, on a model with stored facts."""
    model = replace(small_model(), facts=stored_facts("binary"))
    path = fitted(model).save(tmp_path_factory.mktemp("model") / "m.headstart")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["report", str(path), *arguments])


def test_a_card_goes_to_standard_output(run):
    result = run()

    assert result.exit_code == 0
    assert result.stdout.startswith("# Predicting outcome\n")


def test_the_format_can_be_named(run):
    assert set(json.loads(run("--format", "json").stdout)) == {"facts", "summary"}


def test_the_ending_of_the_file_names_the_format(run, tmp_path):
    result = run("--output", "out.json")

    assert result.stdout == ""
    assert "the report is in out.json" in result.stderr
    assert "facts" in json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--output", "out.pdf"], "out.pdf"),
        (["--format", "pdf"], "pdf"),
        (["--output", "out.html", "--format", "pdf"], "pdf"),
    ],
)
def test_what_cannot_be_written_is_wrong_usage(run, tmp_path, arguments, named):
    result = run(*arguments)

    assert result.exit_code == 2
    assert named in result.stderr
    assert "html" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_wrong_usage(run):
    result = run("--output", "nowhere/out.json")

    assert result.exit_code == 2
    assert "there is no folder 'nowhere'" in result.stderr
