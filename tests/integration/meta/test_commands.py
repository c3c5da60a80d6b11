"""`headstart meta` from a table to a packed base, and what is asked of it."""

import contextlib
import json
import sqlite3

import polars as pl
import pytest
from sklearn.datasets import load_iris, load_wine
from typer.testing import CliRunner

from headstart.cli.app import app


def run(*arguments, code=0):
    result = CliRunner().invoke(app, ["meta", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    entries = []
    for name, load in (("wine", load_wine), ("iris", load_iris)):
        X, y = load(return_X_y=True)
        frame = pl.DataFrame(X, schema=[f"x{i}" for i in range(X.shape[1])])
        frame.with_columns(pl.Series("class", y)).write_csv(folder / f"{name}.csv")
        entries.append(
            {
                "name": name,
                "file": f"{name}.csv",
                "task": "multiclass",
                "target": "class",
                "source": "scikit-learn",
            }
        )
    (folder / "manifest.json").write_text(json.dumps(entries))
    (folder / "families.json").write_text(json.dumps({"plants": ["iris"]}))
    run(
        *("evaluate", folder / "manifest.json", "-o", folder / "out"),
        *("--families", folder / "families.json", "--configurations", 3),
        *("--n-jobs", 1, "--folds", 2),
    )
    return folder / "out"


@pytest.fixture
def base(shards, tmp_path):
    path = tmp_path / "base.db"
    run("pack", shards / "iris.jsonl", shards / "wine.jsonl", "-o", path)
    return path


def test_a_packed_base_tells_what_it_holds(base):
    facts = json.loads(run("info", base, "--json").stdout)

    assert facts["datasets"] == 2
    assert facts["families"] == 2
    assert facts["evaluations"] == 6
    assert facts["evaluations_by_status"] == {"ok": 6}
    assert "sound" in run("verify", base).stdout
    assert facts["sha256"] in run("verify", base).stdout


def test_the_doctor_shows_what_is_covered(base):
    report = json.loads(run("doctor", base, "--json").stdout)

    assert report["coverage"][0]["n_datasets"] == 2
    assert report["coverage"][0]["share"] == 1.0
    assert "2 datasets, 6 evaluations" in run("doctor", base).stdout


def test_a_base_travels_as_lines_and_stays_the_same(base, tmp_path):
    lines, copy = tmp_path / "base.jsonl", tmp_path / "own.db"

    digest = run("export", lines, "--base", base).stdout.strip()
    run("import", lines, "--base", copy)

    assert json.loads(run("info", copy, "--json").stdout)["sha256"] == digest
    assert "Both bases have the same records" in run("diff", base, copy).stdout


def test_merging_brings_what_was_missing(base, shards, tmp_path):
    small = tmp_path / "small.db"
    run("import", shards / "wine.jsonl", "--base", small)

    changes = json.loads(run("diff", small, base, "--json").stdout)["changes"]
    merged = json.loads(run("merge", base, "--base", small, "--json").stdout)

    assert {c["records"]: len(c["added"]) for c in changes}["datasets"] == 1
    assert merged["conflicts"] == []
    assert "Both bases have the same records" in run("diff", base, small).stdout


def test_evaluating_again_does_nothing_anew(shards, tmp_path):
    before = (shards / "wine.jsonl").read_bytes()

    run(
        *("evaluate", shards.parent / "manifest.json", "-o", shards),
        *("--configurations", 3, "--datasets", "wine", "--folds", 2),
    )

    assert (shards / "wine.jsonl").read_bytes() == before


def test_a_base_that_is_not_there_is_named(tmp_path):
    result = run("info", tmp_path / "none.db", code=1)

    assert "none.db" in result.output


def test_who_has_no_base_yet_is_told_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_META_DB", str(tmp_path / "own.db"))

    result = run("info", "own", code=1)

    assert "--learn" in result.output
    assert str(tmp_path / "own.db") in result.output


def test_the_shipped_base_is_never_written(shards):
    result = run("import", shards / "wine.jsonl", "--base", "shipped", code=1)

    assert "read-only" in result.output


def test_a_base_that_was_changed_behind_its_back_does_not_verify(base):
    with contextlib.closing(sqlite3.connect(base)) as database, database:
        database.execute("update datasets set n_rows = n_rows + 1")

    result = run("verify", base, "--json", code=1)

    assert json.loads(result.stdout)["problems"]
