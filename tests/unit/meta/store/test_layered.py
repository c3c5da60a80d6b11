from pathlib import Path

import numpy as np
import pytest

from headstart.base import TaskKind
from headstart.exceptions import KnowledgeBaseError
from headstart.meta.store import KnowledgeBase, LayeredBase, own_base_place

BINARY = frozenset({TaskKind.BINARY})


@pytest.fixture
def shipped(new_base, kit, tmp_path):
    base = new_base(
        [kit.dataset(family="flowers"), kit.features(x=1.0), kit.evaluation()],
        origin="shipped",
    )
    base.pack(tmp_path / "shipped.db")
    return tmp_path / "shipped.db"


@pytest.fixture
def own_base(kit, tmp_path):
    with KnowledgeBase.open(tmp_path / "own.db") as base:
        base.add([kit.dataset("sales"), kit.features("sales", x=2.0)])
        base.add([kit.evaluation("sales", kit.ridge(2.0)), kit.evaluation("sales")])
        base.add([kit.dataset(), kit.evaluation()])
    return tmp_path / "own.db"


def test_both_layers_speak_and_the_first_describes(shipped, own_base, kit):
    with LayeredBase.open(shipped, own_base) as base:
        evidence = base.evidence(BINARY, "log_loss")

        assert evidence.names == ("iris", "sales")
        assert evidence.families == ("flowers", "sales")
        assert evidence.features.tolist() == [[1.0], [2.0]]
        assert evidence.configurations == (kit.ridge(1.0), kit.ridge(2.0))
        assert np.isnan(evidence.losses).tolist() == [[False, True], [False, False]]
        assert [d.family for d in base.datasets()] == ["flowers", "sales"]
        assert len(base.meta_features("headstart")) == 2
        assert len(list(base.evaluations())) == 3
        assert len(list(base.evaluations(dataset_uid=kit.uid("iris")))) == 1
        assert base.problems == []


def test_foreign_records_of_both_are_read_once(new_base, kit, tmp_path):
    new_base(kit.one_of_each())

    with LayeredBase.open(tmp_path / "made0.db", tmp_path / "made0.db") as base:
        assert len(base.foreign_evaluations()) == 1
        assert len(base.foreign_setups()) == 1


def test_an_own_base_that_is_not_there_is_not_made(shipped, tmp_path):
    with LayeredBase.open(shipped, tmp_path / "none" / "own.db") as base:
        assert len(base.datasets()) == 1
        assert base.problems == []

    assert not (tmp_path / "none").exists()


def test_no_base_at_all_gives_empty_evidence(tmp_path):
    with LayeredBase.open(None, tmp_path / "own.db") as base:
        assert base.evidence(BINARY, "log_loss").names == ()
        assert base.datasets() == []


def test_an_own_base_that_cannot_be_read_is_left_out_and_told(shipped, tmp_path):
    (tmp_path / "own.db").write_bytes(b"scrambled")

    with LayeredBase.open(shipped, tmp_path / "own.db") as base:
        assert base.evidence(BINARY, "log_loss").names == ("iris",)
        (problem,) = base.problems

    assert "own.db" in str(problem)


def test_a_layer_whose_pages_are_damaged_is_left_out_and_told(shipped, own_base):
    content = bytearray(own_base.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    own_base.write_bytes(content)

    with LayeredBase.open(shipped, own_base) as base:
        assert base.evidence(BINARY, "log_loss").names == ("iris",)
        assert len(base.problems) == 1
        assert base.evidence(BINARY, "log_loss").names == ("iris",)
        assert len(base.problems) == 1


def test_when_nothing_can_be_read_one_error_says_why(tmp_path):
    for name in ("shipped.db", "own.db"):
        (tmp_path / name).write_bytes(b"scrambled")

    with pytest.raises(KnowledgeBaseError, match=r"shipped\.db.*own\.db"):
        LayeredBase.open(tmp_path / "shipped.db", tmp_path / "own.db")


def test_a_driver_that_is_missing_costs_its_layer_only(shipped, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with LayeredBase.open(shipped, "postgresql://nobody@localhost/none") as base:
        assert len(base.datasets()) == 1
        assert "headstart[postgres]" in str(base.problems[0])


def test_the_environment_says_where_the_own_base_is(monkeypatch, tmp_path, own_base):
    monkeypatch.setenv("HEADSTART_META_DB", str(own_base))
    assert own_base_place() == own_base
    with LayeredBase.open(None) as base:
        assert len(base.datasets()) == 2

    monkeypatch.setenv("HEADSTART_META_DB", "postgresql://me@host/base")
    assert own_base_place() == "postgresql://me@host/base"


def test_by_default_the_own_base_is_in_the_platforms_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("HEADSTART_META_DB", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    place = own_base_place()

    assert isinstance(place, Path)
    assert place.parts[-2:] == ("headstart", "knowledge.db")
    assert not (tmp_path / "data").exists()


@pytest.fixture
def _no_home(monkeypatch):
    """Be a user of a container: no HOME, and no entry in the file of users."""

    def unknown(_):
        raise KeyError

    for name in ("HOME", "XDG_DATA_HOME", "HEADSTART_META_DB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.mark.usefixtures("_no_home")
def test_without_a_home_there_is_no_own_base_and_no_folder_called_tilde(
    shipped, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(KnowledgeBaseError, match="no home folder"):
        own_base_place()
    with LayeredBase.open(shipped) as base:
        assert len(base.layers) == 1
        assert base.problems == []

    monkeypatch.setenv("HEADSTART_META_DB", "~/mine.db")
    with LayeredBase.open(shipped) as base:
        assert "no home folder" in str(base.problems[0])
    assert not (tmp_path / "~").exists()
