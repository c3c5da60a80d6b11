"""The installed command, end to end, on files it has not seen.

`run` starts it as a shell does; `invoke` calls it here, where the start, the exit and
the streams have been seen before.
"""

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import headstart
from headstart.cli.app import app


def run(*arguments, cwd):
    result = subprocess.run(
        [sys.executable, "-m", "headstart", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result


def invoke(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


def table(n_rows: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    months = rng.integers(1, 60, n_rows)
    plan = rng.choice(["basic", "plus", "größer"], n_rows)
    chance = 0.9 / (1 + months / 12) + 0.3 * (plan == "basic")
    return pl.DataFrame(
        {
            "months": months,
            "plan": plan,
            "household": rng.integers(0, n_rows // 3, n_rows),
            "weight": rng.uniform(0.5, 2.0, n_rows),
            "churn": np.where(rng.random(n_rows) < chance, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with tables and a model trained from the shell."""
    folder = tmp_path_factory.mktemp("shop")
    table(300, 0).write_csv(folder / "churn.csv")
    table(80, 1).write_csv(folder / "new.csv")
    table(80, 1).write_parquet(folder / "new.parquet")
    trained = run(
        *("train", "churn.csv", "--target", "churn", "--max-trials", "3"),
        *("--weight", "weight", "--learner", "logistic", "--learner", "naive_bayes"),
        *("--random-state", "0", "--test", "new.csv", "--json"),
        cwd=folder,
    )
    return SimpleNamespace(folder=folder, trained=trained)


@pytest.mark.workers
def test_training_reports_json_and_nothing_else_on_standard_output(shop):
    record = json.loads(shop.trained.stdout)

    assert record["task"] == "binary"
    assert record["metric"] == "roc_auc"
    assert record["model"] == "churn.headstart"
    assert 0.6 < record["test_scores"]["roc_auc"] <= 1
    learners = {row["learner"] for row in record["leaderboard"]}
    assert learners <= {"logistic", "naive_bayes"}


def test_training_tells_its_progress_on_standard_error(shop):
    assert "best roc_auc" in shop.trained.stderr
    assert "the model is in churn.headstart" in shop.trained.stderr
    assert "Warning" not in shop.trained.stderr
    assert "Traceback" not in shop.trained.stderr


def test_prediction_of_the_shell_equals_that_of_python(shop):
    shown = run("predict", "churn.headstart", "new.csv", cwd=shop.folder).stdout

    model = headstart.load(shop.folder / "churn.headstart")
    expected = model.predict(shop.folder / "new.csv")
    assert shown.split() == ["prediction", *expected]


@pytest.mark.parametrize("data", ["new.csv", "new.parquet"])
def test_probabilities_are_written_beside_the_prediction(
    shop, data, tmp_path, monkeypatch
):
    monkeypatch.chdir(shop.folder)
    output = tmp_path / "out.parquet"
    invoke("predict", "churn.headstart", data, "--probabilities", "-o", output)

    frame = pl.read_parquet(output)
    assert frame.columns == ["prediction", "probability_no", "probability_yes"]
    assert frame.height == 80
    sums = frame["probability_no"] + frame["probability_yes"]
    assert np.allclose(sums, 1.0)
    yes = frame["prediction"] == "yes"
    assert (yes == (frame["probability_yes"] > 0.5)).all()


def test_the_leaderboard_is_ranked(shop, monkeypatch):
    monkeypatch.chdir(shop.folder)
    shown = invoke("leaderboard", "churn.headstart", "--json").stdout

    rows = json.loads(shown)
    scores = [row["score"] for row in rows if row["status"] == "done"]
    assert scores == sorted(scores, reverse=True)
    limited = invoke("leaderboard", "churn.headstart", "--limit", "1")
    assert len(limited.stdout.splitlines()) == 2


def test_info_names_task_columns_members_and_versions(shop, monkeypatch):
    monkeypatch.chdir(shop.folder)
    shown = invoke("info", "churn.headstart", "--json").stdout

    record = json.loads(shown)
    kinds = {column["name"]: column["kind"] for column in record["columns"]}
    assert kinds["plan"] == "categorical"
    assert kinds["months"] == "numeric"
    assert "weight" not in kinds
    assert record["target"] == "churn"
    assert sum(m["weight"] for m in record["members"]) == pytest.approx(1.0)
    assert record["versions"]["headstart"] == headstart.__version__
    text = invoke("info", "churn.headstart").stdout
    assert "months" in text


def test_doctor_finds_nothing_wrong(tmp_path):
    result = run("doctor", cwd=tmp_path)

    assert "no problems found" in result.stdout
    assert "usable_cores" in result.stdout
    record = json.loads(invoke("doctor", "--json").stdout)
    assert "random_forest" in [p["learner"] for p in record["plugins"]]


def test_groups_stay_together_and_regression_works_from_the_shell(
    tmp_path, monkeypatch
):
    table(200, 2).write_parquet(tmp_path / "t.parquet")

    result = run(
        *("train", "t.parquet", "--target", "months", "--max-trials", "1"),
        *("--time-limit", "none", "--learner", "ridge", "--groups", "household"),
        *("--folds", "3", "--random-state", "1", "--n-jobs", "1"),
        cwd=tmp_path,
    )

    assert result.stdout.split()[:2] == ["rank", "learner"]
    assert "3 folds" in result.stderr
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(
        app, ["predict", "t.headstart", "t.parquet", "--probabilities"]
    )
    assert refused.exit_code == 2
    assert "predicts a number" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "nowhere.csv", "-t", "churn"], "nowhere.csv"),
        (["train", "churn.csv", "-t", "chrn"], "'churn'"),
        (["train", "churn.csv", "-t", "churn", "--metric", "roc_acu"], "roc_auc"),
        (["train", "churn.csv", "-t", "churn", "--learner", "ridg"], "ridge"),
        (["train", "churn.csv", "-t", "churn", "--column", "plam=text"], "plan"),
        (["train", "churn.csv", "-t", "churn", "--column", "plan=txt"], "text"),
        (["train", "churn.csv", "-t", "churn", "--groups", "hous"], "household"),
        (["train", "churn.csv", "-t", "churn", "--time-limit", "0"], "time_limit"),
        (["train", "churn.csv", "-t", "churn", "--time-limit", "none"], "max_trials"),
        (["predict", "nothing.headstart", "new.csv"], "nothing.headstart"),
        (["predict", "churn.csv", "new.csv"], "churn.csv"),
        (["predict", "churn.headstart", "short.csv"], "plan"),
        (["info", "new.csv"], "new.csv"),
    ],
)
def test_a_mistake_is_one_clear_message(shop, arguments, said, monkeypatch):
    monkeypatch.chdir(shop.folder)
    table(5, 1).drop("plan").write_csv("short.csv")
    if arguments[0] == "train":
        arguments = [*arguments, "--output", "mistake.headstart"]

    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == 1, result.output
    assert said in result.stderr
    assert result.stderr.startswith("headstart: ")
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_closed_pipe_is_no_crash(shop):
    with subprocess.Popen(
        [sys.executable, "-m", "headstart", "info", "churn.headstart"],
        cwd=shop.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read()

    assert said == ""
    assert process.returncode == 1


@pytest.mark.workers
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_best_so_far_and_exits_with_130(shop, tmp_path, number):
    command = ["train", str(shop.folder / "churn.csv"), "--target", "churn"]
    limits = ["--time-limit", "120", "--output", str(tmp_path / "m.headstart")]
    process = subprocess.Popen(
        [sys.executable, "-m", "headstart", *command, *limits],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    heard = ""
    while "best roc_auc" not in heard and process.poll() is None:
        heard += process.stderr.readline()
    start = time.monotonic()
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)

    assert process.returncode == 130, heard + rest
    assert time.monotonic() - start < 30
    assert "interrupted" in rest
    assert len(headstart.load(tmp_path / "m.headstart").leaderboard()) >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["m.headstart"]


def test_predictions_do_not_replace_the_table_that_they_are_of(shop, tmp_path):
    table = shop.folder / "new.csv"
    before = table.read_bytes()
    link = tmp_path / "link.csv"
    link.symlink_to(table)

    for output in (table, link):
        arguments = ["predict", shop.folder / "churn.headstart", table, "-o", output]
        result = CliRunner().invoke(app, [*map(str, arguments)])
        assert result.exit_code == 2, result.output
        assert "is the file" in result.stderr

    assert table.read_bytes() == before


def test_predictions_in_batches_of_no_bytes_are_refused(shop):
    arguments = ["predict", "churn.headstart", "new.csv", "--batch", "0"]

    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == 2
    assert "--batch" in result.stderr


def test_inspect_tells_kinds_and_findings(tmp_path):
    table = tmp_path / "rides.csv"
    rows = [
        f"{n % 7} kg,{n},{n + n % 5},{n % 5 if n % 9 else ''}" for n in range(3, 240)
    ]
    table.write_text("load,fare,total,tip\n" + "\n".join(rows))

    report = json.loads(invoke("inspect", table, "-t", "tip", "--json").stdout)
    text = invoke("inspect", table, "-t", "tip", "--column", "load=text").stdout

    kinds = {c["name"]: c["kind"] for c in report["columns"]}
    assert kinds["load"] == "numeric"
    codes = [f["code"] for f in report["findings"]]
    assert {"missing_target", "numbers_in_text"} <= set(codes)
    assert "declared by the user" in text


@pytest.mark.filterwarnings("always::headstart.exceptions.HeadstartWarning")
def test_the_task_can_be_told(tmp_path):
    table = tmp_path / "stars.csv"
    rows = [f"{n / 7:.3f},{n % 5}" for n in range(60)]
    table.write_text("x,stars\n" + "\n".join([*rows, "0.5,"]))
    asked = (table, "-t", "stars", "--task", "regression")

    guessed = invoke("inspect", table, "-t", "stars").stdout
    declared = invoke("inspect", *asked).stdout
    fitted = run(
        *("train", *asked, "--time-limit", "none", "--max-trials", 1, "--folds", 3),
        *("--learner", "ridge", "-o", "m.headstart", "--json"),
        cwd=tmp_path,
    )

    assert "multiclass" in guessed
    assert "hint: --task regression" in guessed
    assert "regression" in declared
    assert "--task" not in declared
    assert json.loads(fitted.stdout)["task"] == "regression"
    assert fitted.stderr.count("are left out") == 1


@pytest.mark.filterwarnings("always::headstart.exceptions.HeadstartWarning")
def test_prediction_in_batches_counts_what_is_new(shop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    new = pl.read_csv(shop.folder / "new.csv").with_columns(plan=pl.lit("gold"))
    new.write_csv(tmp_path / "gold.csv")
    model = shop.folder / "churn.headstart"

    result = invoke(
        *("predict", model, "gold.csv", "-o", "p.csv", "--json", "--batch", "1K")
    )

    record = json.loads(result.stdout)
    assert record["rows"] == new.height
    assert record["unseen"]["plan"] == new.height
    assert "Values that the model does not know" in result.stderr
    assert pl.read_csv(tmp_path / "p.csv").height == new.height


def test_no_command_prints_control_characters_of_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, label = "pay\x1b]0;gone\x07\u202eload", "y\x9b2Jes"
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            name: rng.normal(size=60),
            f"{name} id": range(60),
            "target": np.where(rng.random(60) < 0.5, label, "no"),
        }
    )
    frame.write_csv("table.csv")
    frame.drop(name).write_csv("short.csv")
    options = ["--time-limit", "none", "--max-trials", "1", "--learner", "logistic"]

    said = ""
    for arguments in (
        ["inspect", "table.csv", "-t", "target"],
        ["inspect", "table.csv", "-t", "target", "--json"],
        ["inspect", "table.csv", "-t", name + "s"],
        ["train", "table.csv", "-t", "target", "--test", "table.csv", *options],
        ["info", "table.headstart"],
        ["info", "table.headstart", "--json"],
        ["leaderboard", "table.headstart"],
        ["report", "table.headstart"],
        ["predict", "table.headstart", "short.csv"],
    ):
        result = CliRunner().invoke(app, arguments)
        said += result.stdout + result.stderr

    assert r"pay\x1b]0;gone\x07\u202eload" in said
    assert not set("\x1b\x07\u202e\x9b") & set(said)
