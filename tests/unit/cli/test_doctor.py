import json

from typer.testing import CliRunner

from headstart.cli.app import app
from headstart.meta.store import KnowledgeBase


def test_knowledge_bases_are_told(tmp_path, monkeypatch):
    place = tmp_path / "own.db"
    monkeypatch.setenv("HEADSTART_META_DB", str(place))
    before = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    KnowledgeBase.open(place).close()
    after = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)

    assert before["knowledge_bases"]["own"].startswith("none yet")
    assert after["knowledge_bases"]["own"] == f"0 datasets in {place}"


def test_a_knowledge_base_that_cannot_be_read_is_a_problem(tmp_path, monkeypatch):
    place = tmp_path / "own.db"
    place.write_bytes(b"no base" * 1_000)
    monkeypatch.setenv("HEADSTART_META_DB", str(place))

    result = CliRunner().invoke(app, ["doctor", "--json"])

    assert result.exit_code == 1
    assert any(str(place) in p for p in json.loads(result.stdout)["problems"])
