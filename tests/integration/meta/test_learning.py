"""From a run to the user's own base, and from there to the next run."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_wine
from typer.testing import CliRunner

from headstart import AutoClassifier, Validation
from headstart.base import TaskKind
from headstart.base.events import Notice
from headstart.cli.app import app
from headstart.meta.identity import dataset_uid
from headstart.meta.records import CellStatus
from headstart.meta.store import KnowledgeBase

SMALL = {
    "time_limit": None,
    "max_trials": 3,
    "n_jobs": 1,
    "random_state": 0,
    "learners": ["logistic", "k_neighbors"],
    "validation": Validation(folds=3, repeats=1),
}


@pytest.fixture
def own_base(tmp_path, monkeypatch):
    path = tmp_path / "data" / "own.db"
    monkeypatch.setenv("HEADSTART_META_DB", str(path))
    monkeypatch.setattr("headstart.meta.shipped.shipped_base", lambda: None)
    return path


def wine():
    X, y = load_wine(return_X_y=True)
    return pl.DataFrame(X, schema=[f"x{i}" for i in range(13)]), y


def fit(**settings):
    notices = []

    def listen(event):
        if isinstance(event, Notice):
            notices.append(event.message)

    X, y = wine()
    model = AutoClassifier(**(SMALL | settings)).fit(X, y, listeners=[listen])
    return model, notices


def test_nothing_is_learnt_unless_asked(own_base):
    fit()

    assert not own_base.exists()


def test_a_run_that_was_learnt_from_is_in_the_base_and_said_to_be(own_base):
    model, notices = fit(learn=True)

    with KnowledgeBase.open(own_base, read_only=True) as base:
        (dataset,) = base.datasets()
        cells = list(base.evaluations())
        (features,) = base.meta_features("headstart")
    whole = model.leaderboard().filter(pl.col("status") == "done")
    X, y = wine()
    uid = dataset_uid(
        X.with_columns(pl.Series("target", y)), "target", TaskKind.MULTICLASS
    )
    assert any(f"Learnt from this run: {len(cells) + 2} records" in n for n in notices)
    assert dataset.uid == uid
    assert features.values["NumberOfInstances"] == 178
    assert len(cells) >= 2
    for cell in cells:
        assert cell.status is CellStatus.OK
        place = cell.metrics.index("log_loss")
        row = whole.filter(pl.col("configuration") == cell.configuration.to_json())
        # A repeat may follow; the base keeps the first.
        assert cell.scores[:, place].mean() == pytest.approx(row["score"][0], rel=0.3)
        assert np.isfinite(cell.scores).all()


def test_neither_rows_nor_names_of_columns_are_stored(own_base):
    X, y = wine()
    secret = X.rename({"x0": "very_secret_column"})
    labels = np.array(["class_of_secrets", "b", "c"])[y]

    AutoClassifier(**SMALL, learn=True).fit(secret, labels, listeners=[])

    content = own_base.read_bytes()
    assert b"secret" not in content


def test_the_next_run_starts_from_what_was_learnt(own_base):
    fit(learn=True)

    model, _ = fit(random_state=1)

    first = model.precedents()
    assert first.height >= 1
    assert "precedent" in set(model.leaderboard()["origin"])
    assert first["dataset"][0].startswith("table ")
    assert "(1 of" in "".join(model.leaderboard()["precedent"])


def test_a_kept_run_can_be_learnt_from_later(own_base, tmp_path):
    fit(run_dir=tmp_path / "run")
    runner = CliRunner()

    shown = runner.invoke(app, ["meta", "learn", str(tmp_path / "run"), "--show"])
    there_already = own_base.exists()
    result = runner.invoke(
        app, ["meta", "learn", str(tmp_path / "run"), "--name", "wine", "--json"]
    )

    assert shown.exit_code == 0, shown.output
    assert not there_already
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert json.loads(result.stdout)["new"] == len(lines)
    with KnowledgeBase.open(own_base, read_only=True) as base:
        assert base.datasets()[0].name == "wine"


def test_learning_twice_adds_nothing(own_base, tmp_path):
    fit(run_dir=tmp_path / "run", learn=True)

    result = CliRunner().invoke(app, ["meta", "learn", str(tmp_path / "run"), "--json"])

    assert json.loads(result.stdout)["new"] == 0


def test_a_base_that_cannot_be_written_costs_the_fit_nothing(own_base):
    own_base.parent.mkdir(parents=True)
    own_base.write_bytes(b"this is no base" * 100)

    model, notices = fit(learn=True)

    assert any("Nothing was learnt" in notice for notice in notices)
    assert model.leaderboard().height >= 3


def test_a_folder_without_a_run_is_named(own_base, tmp_path):
    result = CliRunner().invoke(app, ["meta", "learn", str(tmp_path)])

    assert result.exit_code == 1
    assert "holds no run to learn from" in result.output
