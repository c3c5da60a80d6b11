import hashlib

import pytest

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.store import doctor, verify


def test_the_hash_of_the_file_is_the_identity_of_the_base(base, kit, tmp_path):
    base.add(kit.one_of_each())

    said = base.export(tmp_path / "base.jsonl")

    assert said == base.digest()
    content = (tmp_path / "base.jsonl").read_bytes()
    assert said == hashlib.sha256(content).hexdigest()
    assert [p.name for p in tmp_path.glob("*.tmp")] == []


def test_the_first_line_says_what_the_file_is(base, tmp_path):
    base.export(tmp_path / "base.jsonl")

    content = (tmp_path / "base.jsonl").read_text()
    assert content == '{"headstart_knowledge_base":1}\n'


def test_a_base_is_the_same_whatever_the_order_it_was_filled_in(new_base, kit):
    records = [*kit.one_of_each(), kit.evaluation("wine"), kit.dataset("wine")]

    assert new_base(records).digest() == new_base(records[::-1]).digest()


def test_what_was_fetched_is_no_part_of_the_identity(new_base, kit):
    records = kit.one_of_each()

    assert new_base(records).digest() == new_base(records[:-1]).digest()


def test_an_export_is_taken_in_again(new_base, kit, tmp_path):
    old = new_base([*kit.one_of_each(), kit.dataset(family="f")], origin="team")
    digest = old.export(tmp_path / "base.jsonl")
    new = new_base()

    added = new.import_lines(tmp_path / "base.jsonl", sha256=digest)

    assert (added.n_new, len(added.conflicts)) == (7, 1)
    assert new.digest() == digest
    assert {r.origin for r in new.evaluations()} == {"team"}
    assert verify(new) == []
    assert new.import_lines(tmp_path / "base.jsonl").n_new == 0


def test_who_brings_an_export_can_be_told(new_base, kit, tmp_path):
    new_base([kit.evaluation()]).export(tmp_path / "base.jsonl")
    new = new_base()

    new.import_lines(tmp_path / "base.jsonl", origin="team")

    assert [r.origin for r in new.evaluations()] == ["team"]


@pytest.fixture
def exported(new_base, kit, tmp_path):
    """The lines of an export."""
    new_base(kit.one_of_each()).export(tmp_path / "base.jsonl")
    return (tmp_path / "base.jsonl").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [], "empty"),
        (lambda lines: lines[1:], "Line 1 .* first line"),
        (lambda lines: [lines[0].replace(b"1", b"2"), *lines[1:]], "Line 1 "),
        (lambda lines: [*lines[:-1], lines[-1][:-1]], "Line 7 .* no line end"),
        (lambda lines: [*lines[:3], lines[3][:40] + b"\n"], "Line 4 "),
        (lambda lines: [*lines[:2], b"\n", *lines[2:]], "Line 3 "),
        (lambda lines: [*lines[:4], b"\xff\n"], "Line 5 .* ASCII"),
        (lambda lines: [*lines[:4], b"x" * 4_000_001 + b"\n"], "Line 5 .* no line end"),
        (lambda lines: [b"PK\x03\x04\n", *lines[1:]], "Line 1 "),
    ],
)
def test_a_file_that_is_no_export_is_refused_whole(
    base, exported, tmp_path, change, words
):
    path = tmp_path / "other.jsonl"
    path.write_bytes(b"".join(change(exported)))
    empty = base.digest()

    with pytest.raises(KnowledgeBaseError, match=words):
        base.import_lines(path)

    assert base.digest() == empty


def test_another_hash_than_expected_is_refused(base, exported, tmp_path):
    with pytest.raises(KnowledgeBaseError, match="Expected 0000"):
        base.import_lines(tmp_path / "base.jsonl", sha256="0" * 64)

    assert base.datasets() == []


def test_an_export_that_is_not_there_is_named(base, tmp_path):
    with pytest.raises(KnowledgeBaseError, match=r"absent\.jsonl"):
        base.import_lines(tmp_path / "absent.jsonl")


def test_an_export_that_cannot_be_written_leaves_the_old_one(base, tmp_path):
    with pytest.raises(OSError, match="absent"):
        base.export(tmp_path / "absent" / "base.jsonl")

    assert not (tmp_path / "absent").exists()


def test_what_is_read_and_sorted_in_parts_is_the_same_export(
    new_base, kit, tmp_path, monkeypatch
):
    records = [*kit.one_of_each(), *(kit.evaluation(seed=i) for i in range(12))]
    base = new_base(records)
    base.export(tmp_path / "whole.jsonl")
    before = doctor(base)
    monkeypatch.setattr("headstart.meta.store.rows._AT_ONCE", 3)
    monkeypatch.setattr("headstart.meta.store.export._AT_ONCE", 2)

    base.export(tmp_path / "parts.jsonl")
    other = new_base()
    other.merge(base)

    whole = (tmp_path / "whole.jsonl").read_bytes()
    assert (tmp_path / "parts.jsonl").read_bytes() == whole
    assert other.digest() == base.digest()
    assert doctor(other) == before
    assert verify(other) == []
