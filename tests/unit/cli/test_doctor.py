import json

from typer.testing import CliRunner

from headstart.cli.app import app
from headstart.meta.store import KnowledgeBase


def test_knowledge_bases_are_told(tmp_path, monkeypatch):
    own = tmp_path / "own.db"
    monkeypatch.setenv("HEADSTART_META_DB", str(own))
    before = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    KnowledgeBase.open(own).close()
    after = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)

    assert before["knowledge_bases"]["own"].startswith("none yet")
    assert after["knowledge_bases"]["own"] == f"0 datasets in {own}"


def test_a_knowledge_base_that_cannot_be_read_is_a_problem(tmp_path, monkeypatch):
    own = tmp_path / "own.db"
    own.write_bytes(b"no base" * 1_000)
    monkeypatch.setenv("HEADSTART_META_DB", str(own))

    result = CliRunner().invoke(app, ["doctor", "--json"])

    assert result.exit_code == 1
    assert any(str(own) in p for p in json.loads(result.stdout)["problems"])
