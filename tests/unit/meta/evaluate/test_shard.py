import os

import numpy as np
import pytest

from headstart.base import Configuration, TaskKind
from headstart.exceptions import KnowledgeBaseError
from headstart.meta.evaluate.shard import Shard, claimed
from headstart.meta.records import CellStatus, DatasetRecord, EvaluationRecord

UID = "ab" * 32


def cell(alpha, scheme="3 folds"):
    return EvaluationRecord(
        UID,
        Configuration("ridge", {"alpha": alpha}),
        ("rmse", "r2"),
        np.array([[1.5, 0.1], [1.25, np.nan]], dtype=np.float32),
        0.25,
        0.125,
        CellStatus.OK,
        scheme=scheme,
    )


def test_cells_are_known_again_by_their_scheme(tmp_path):
    shard = Shard(tmp_path / "a.jsonl", "shipped")
    shard.add(cell(1.0))
    shard.add(cell(2.0, scheme="5 folds"))

    again = Shard(tmp_path / "a.jsonl", "shipped")

    assert again.known(UID, "3 folds") == {cell(1.0).configuration.key}
    assert again.known("cd" * 32, "3 folds") == set()


def test_a_dataset_is_added_once(tmp_path):
    dataset = DatasetRecord(UID, "a", "a", "local", TaskKind.REGRESSION, 10, 2, 0)
    for _ in range(3):
        Shard(tmp_path / "a.jsonl", "shipped").add(dataset)

    # The first line says what the file is.
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 2


def test_a_line_that_was_cut_off_is_dropped(tmp_path):
    path = tmp_path / "a.jsonl"
    shard = Shard(path, "shipped")
    shard.add(cell(1.0))
    shard.add(cell(2.0))
    path.write_bytes(path.read_bytes()[:-20])

    again = Shard(path, "shipped")
    again.add(cell(3.0))

    keys = {cell(a).configuration.key for a in (1.0, 3.0)}
    assert Shard(path, "shipped").known(UID, "3 folds") == keys


def test_a_spoilt_line_is_named(tmp_path):
    path = tmp_path / "a.jsonl"
    Shard(path, "shipped").add(cell(1.0))
    path.write_text(path.read_text() + "{]\n")

    with pytest.raises(KnowledgeBaseError, match=r"Line 3 of the shard .*a\.jsonl"):
        Shard(path, "shipped")


def test_a_file_that_is_no_shard_is_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("something else\n")

    with pytest.raises(KnowledgeBaseError, match="must begin with"):
        Shard(path, "shipped")


def test_a_shard_with_a_cut_off_line_is_never_written_anew(tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl"
    Shard(path, "shipped").add(cell(1.0))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"cut')

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("headstart.meta.evaluate.shard.Line.read", killed)
    monkeypatch.setattr("pathlib.Path.write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        Shard(path, "shipped")

    assert path.read_bytes() == whole


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX locks")
def test_two_campaigns_do_not_add_to_one_shard(tmp_path):
    path = tmp_path / "a.jsonl"
    with (
        claimed(path),
        pytest.raises(KnowledgeBaseError, match="Another campaign"),
        claimed(path),
    ):
        pass
    with claimed(path):
        Shard(path, "shipped").add(cell(1.0))
