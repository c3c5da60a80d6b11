from pathlib import Path

import pytest

from headstart.meta.shipped import open_bases, shipped_base
from headstart.meta.store import KnowledgeBase

FOLDER = Path(__file__).parents[3] / "meta_db"
MOST_BYTES = 8_000_000


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    monkeypatch.setenv("HEADSTART_META_DB", str(tmp_path / "none.db"))
    path = shipped_base()
    assert path is not None, "python/headstart/meta/data/base.db is missing"
    return path


@pytest.mark.slow
def test_the_shipped_base_is_made_of_the_shards_in_the_repository(shipped, tmp_path):
    digest = (FOLDER / "base.sha256").read_text().split()[0]
    with KnowledgeBase.open(tmp_path / "made.db") as made, made.transaction():
        for shard in sorted((FOLDER / "data").glob("*.jsonl")):
            assert not made.import_lines(shard).conflicts
    with KnowledgeBase.open(tmp_path / "made.db") as made:
        assert made.digest() == digest
    with KnowledgeBase.open(shipped, read_only=True) as packed:
        assert packed.digest() == digest


def test_the_shipped_base_is_small(shipped):
    assert shipped.stat().st_size <= MOST_BYTES


def test_no_dataset_of_the_shipped_base_has_few_configurations(shipped):
    with open_bases() as base:
        counts = {}
        for evaluation in base.evaluations():
            uid = evaluation.dataset_uid
            counts[uid] = counts.get(uid, 0) + 1
        names = {dataset.uid: dataset.name for dataset in base.datasets()}
    assert len(names) >= 110
    assert {names[uid] for uid, n in counts.items() if n < 50} == set()
    assert counts.keys() == names.keys()
