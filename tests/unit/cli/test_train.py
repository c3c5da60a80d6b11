import json
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from typer.testing import CliRunner

import headstart
from headstart.base import Configuration
from headstart.base.events import RunFinished
from headstart.cli.app import app

ROWS = [
    {
        "rank": 1,
        "learner": "ridge",
        "score": 0.75,
        "configuration": Configuration("ridge", {"alpha": 0.5}).to_json(),
    }
]


class FakeModel:
    task_kind_ = "binary"
    metric_ = "roc_auc"

    def leaderboard(self):
        return pl.DataFrame(ROWS)

    def evaluate(self, table, target):
        return {"roc_auc": 0.5, "table": str(table), "target": target}

    def save(self, path):
        Path(path).write_bytes(b"model")


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """Return the recorded arguments of `headstart.train`, which gives a fake model."""
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": [1, 2], "churn": ["a", "b"]}).write_csv("new.csv")
    recorded = SimpleNamespace(data=None, options={}, end="time limit")

    def train(data, **options):
        recorded.data, recorded.options = data, options
        for listener in options["listeners"]:
            listener(RunFinished(1.0, 1, 0, 0.75, recorded.end))
        return FakeModel()

    monkeypatch.setattr(headstart, "train", train)
    return recorded


def run(*arguments: str):
    return CliRunner().invoke(app, ["train", "churn.csv", "-t", "churn", *arguments])


def test_options_reach_the_constructor(calls):
    result = run(
        *("--time-limit", "2m", "--max-trials", "7", "--metric", "f1"),
        *("--learner", "ridge", "--learner", "-svm", "--column", "zip=categorical"),
        *("--transform", "-text_svd"),
        *("--n-jobs", "2", "--memory-limit", "1G", "--random-state", "3"),
        *("--run-dir", "run", "--resume", "--refit", "--learn", "--groups", "g"),
        *("--weight", "w", "--task", "classification"),
    )

    assert result.exit_code == 0, result.output
    options = {k: v for k, v in calls.options.items() if k != "listeners"}
    assert str(calls.data) == "churn.csv"
    assert options == {
        "target": "churn",
        "task": "classification",
        "groups": "g",
        "sample_weight": "w",
        "time_limit": 120.0,
        "max_trials": 7,
        "metric": "f1",
        "learners": ["ridge", "-svm"],
        "transforms": ["-text_svd"],
        "columns": {"zip": "categorical"},
        "n_jobs": 2,
        "executor": None,
        "memory_limit": 10**9,
        "random_state": 3,
        "run_dir": Path("run"),
        "resume": True,
        "refit": True,
        "learn": True,
        "reading": {},
    }


def test_defaults_are_those_of_the_python_interface(calls):
    run()

    set_ = {k for k, v in calls.options.items() if v not in (None, False, {})}
    assert set_ == {"target", "time_limit", "refit", "listeners"}
    assert calls.options["time_limit"] == 300.0
    assert calls.options["refit"] == "auto"


def test_a_refit_can_be_left_out(calls):
    run("--no-refit")

    assert calls.options["refit"] is False


def test_folds_and_time_column_make_a_validation(calls):
    run("--folds", "4", "--time-column", "day")

    validation = calls.options["validation"]
    assert (validation.folds, validation.time_column) == (4, "day")


def test_the_leaderboard_is_all_of_standard_output(calls):
    result = run()

    assert result.stdout.split()[:3] == ["rank", "learner", "score"]
    _, _, last = result.stdout.splitlines()
    assert last.startswith("1 trial with parameters and reasons: headstart leaderboard")
    assert "the model is in churn.headstart" in result.stderr
    assert Path("churn.headstart").read_bytes() == b"model"


def test_json_is_all_of_standard_output(calls):
    record = json.loads(run("--json", "-o", "m.headstart").stdout)

    assert record["model"] == "m.headstart"
    assert record["metric"] == "roc_auc"
    assert record["leaderboard"] == ROWS


def test_a_test_table_is_scored(calls):
    assert run().stdout.count("roc_auc") == 0
    options = ("-o", "churn.headstart", "--test", "new.csv")
    Path("churn.headstart").unlink()
    assert "roc_auc  0.5" in run(*options).stdout

    Path("churn.headstart").unlink()
    scores = json.loads(run("--json", *options).stdout)["test_scores"]
    assert scores == {"roc_auc": 0.5, "table": "new.csv", "target": "churn"}


def test_progress_is_plain_lines_where_there_is_no_terminal(calls):
    assert "headstart: score 0.75 (out-of-fold)" in run().stderr


def test_quiet_says_only_where_the_model_is(calls):
    assert run("--quiet").stderr == "headstart: the model is in churn.headstart\n"


def test_an_interrupted_run_saves_its_model_and_exits_as_shells_say_it(calls):
    calls.end = "interrupted"

    result = run()

    assert result.exit_code == 130
    assert Path("churn.headstart").exists()


def test_a_folder_that_does_not_exist_is_refused_before_training(calls):
    result = run("--output", "nowhere/m.headstart")

    assert result.exit_code == 2
    assert "there is no folder 'nowhere'" in result.stderr
    assert calls.options == {}


def test_a_model_that_is_there_is_replaced_only_where_it_is_named(calls):
    headstart_model("churn.headstart")

    refused = run()

    assert refused.exit_code == 2
    assert "'churn.headstart' exists already" in refused.stderr
    assert calls.options == {}
    assert run("--output", "churn.headstart").exit_code == 0
    assert Path("churn.headstart").read_bytes() == b"model"


def test_a_run_that_is_resumed_replaces_its_own_model(calls):
    headstart_model("churn.headstart")

    assert run("--run-dir", "run", "--resume").exit_code == 0


def headstart_model(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "{}")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("notes.txt", "is no headstart model"),
        ("churn.csv", "is the file 'churn.csv' that the command reads"),
        ("link.headstart", "is the file 'churn.csv' that the command reads"),
        ("new.csv", "is the file 'new.csv' that the command reads"),
        ("/proc/m.headstart", "nothing can be written to the folder '/proc'"),
        (".", "is no headstart model"),
    ],
)
def test_an_output_that_must_not_be_written_is_refused_before_training(
    calls, output, words
):
    Path("notes.txt").write_text("mine")
    headstart_model("churn.csv")  # a model by content, so that only its role counts
    Path("link.headstart").symlink_to("churn.csv")

    result = run("--test", "new.csv", "--output", output)

    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert calls.options == {}
    assert Path("notes.txt").read_text() == "mine"


def test_names_that_differ_before_their_ending_give_different_models(calls):
    for name in ("sales.v1.csv", "sales.v2.csv.gz", ".hidden.parquet"):
        CliRunner().invoke(app, ["train", name, "-t", "churn"])

    models = {path.name for path in Path().glob("*.headstart")}
    models |= {path.name for path in Path().glob(".*.headstart")}
    assert models == {"sales.v1.headstart", "sales.v2.headstart", ".hidden.headstart"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent.csv", "absent.csv"),
        ("other.csv", "'other.csv' has no column 'churn'. It has: 'x'."),
        ("empty.csv", "empty.csv"),
    ],
)
def test_a_test_table_that_cannot_be_scored_on_is_refused_before_training(
    calls, name, words
):
    Path("other.csv").write_text("x\n1\n")
    Path("empty.csv").write_text("x,churn\n")

    result = run("--test", name)

    assert result.exit_code != 0
    assert words in " ".join(result.stderr.split())
    assert calls.options == {}


def test_a_model_that_cannot_be_saved_as_wished_is_saved_elsewhere(
    calls, monkeypatch, tmp_path
):
    wished = FakeModel.save

    def save(self, path):
        if path == Path("churn.headstart"):
            raise OSError(28, "the disk is full")
        wished(self, path)

    monkeypatch.setattr(FakeModel, "save", save)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    result = run("--json")

    place = Path(json.loads(result.stdout)["model"])
    assert result.exit_code == 1
    assert "the disk is full" in result.stderr
    assert str(place) in result.stderr
    assert place.read_bytes() == b"model"
    assert place.is_relative_to(tmp_path)


def test_resume_without_a_folder_is_wrong_usage(calls):
    result = run("--resume")

    assert result.exit_code == 2
    assert "--run-dir" in result.stderr


@pytest.mark.parametrize(
    "options", [["--max-trials", "0"], ["--folds", "1"], ["--n-jobs", "0"]]
)
def test_senseless_numbers_are_wrong_usage(calls, options):
    assert run(*options).exit_code == 2


def test_a_learner_to_leave_out_is_not_taken_for_an_option(calls):
    run("--learner", "-svm")

    assert calls.options["learners"] == ["-svm"]
