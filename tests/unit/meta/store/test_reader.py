"""Files that are no base, or no longer one, or were made to do harm."""

import itertools
import random
import shutil
import sqlite3
import subprocess
import sys

import pytest

from headstart.base import TaskKind
from headstart.exceptions import KnowledgeBaseError
from headstart.meta.store import SCHEMA_VERSION, KnowledgeBase, verify

BINARY = frozenset({TaskKind.BINARY})


@pytest.fixture
def packed(new_base, kit, tmp_path):
    """A packed base of some size."""
    base = new_base(kit.one_of_each())
    base.add(kit.evaluation(seed=i, machine=f"m{i}") for i in range(400))
    base.pack(tmp_path / "packed.db")
    return tmp_path / "packed.db"


def change(path, *statements):
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def read_all(path):
    with KnowledgeBase.open(path, read_only=True) as base:
        base.evidence(BINARY, "log_loss")
        return list(base.evaluations())


OTHER_FILES = b"SQLite", b"\x7fELF" + bytes(5000), b"uid,name\n1,iris\n", bytes(100_000)


@pytest.mark.parametrize(
    ("content", "read_only"),
    # To be written, an empty file is a place for a new base.
    [(b"", True), *itertools.product(OTHER_FILES, [True, False])],
)
def test_a_file_that_is_not_sqlite_is_refused_and_not_touched(
    tmp_path, content, read_only
):
    path = tmp_path / "other.db"
    path.write_bytes(content)

    with pytest.raises(KnowledgeBaseError, match=r"other\.db is not a knowledge base"):
        KnowledgeBase.open(path, read_only=read_only)

    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_base(tmp_path):
    (tmp_path / "new.db").touch()

    with KnowledgeBase.open(tmp_path / "new.db") as base:
        assert base.datasets() == []


def test_reading_what_is_not_there_makes_nothing(tmp_path):
    with pytest.raises(KnowledgeBaseError, match="There is no knowledge base"):
        KnowledgeBase.open(tmp_path / "absent.db", read_only=True)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read_only", [True, False])
def test_a_folder_is_no_base(tmp_path, read_only):
    with pytest.raises(KnowledgeBaseError):
        KnowledgeBase.open(tmp_path, read_only=read_only)


@pytest.mark.parametrize("read_only", [True, False])
def test_somebody_elses_database_is_refused_and_not_touched(tmp_path, read_only):
    change(tmp_path / "other.db", "create table people (name text)")
    before = (tmp_path / "other.db").read_bytes()

    with pytest.raises(KnowledgeBaseError, match="not a knowledge base"):
        KnowledgeBase.open(tmp_path / "other.db", read_only=read_only)

    db = sqlite3.connect(tmp_path / "other.db")
    assert db.execute("select name from sqlite_master").fetchall() == [("people",)]
    db.close()
    if read_only:
        assert (tmp_path / "other.db").read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_schema_is_refused_naming_both_versions(packed, read_only):
    change(packed, "update meta set value = '7' where name = 'schema_version'")

    with pytest.raises(KnowledgeBaseError, match=rf"version 7 .* {SCHEMA_VERSION}\."):
        KnowledgeBase.open(packed, read_only=read_only)


def test_an_older_schema_is_not_read_as_it_is(packed):
    change(packed, "update meta set value = '0' where name = 'schema_version'")

    with pytest.raises(KnowledgeBaseError, match=r"version 0 .* for writing once"):
        KnowledgeBase.open(packed, read_only=True)


@pytest.mark.parametrize(
    "statement",
    [
        "update meta set value = 'one'",
        "update meta set value = '-1'",
        "delete from meta",
        "drop table meta",
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_a_base_without_a_version_is_refused(packed, statement, read_only):
    change(packed, statement)

    with pytest.raises(KnowledgeBaseError, match=r"valid version|not a knowledge base"):
        KnowledgeBase.open(packed, read_only=read_only)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["drop table datasets", "create view datasets as select 1"], "'datasets'"),
        (["create view extra as select 1"], "'extra'"),
        (
            [
                "create trigger harm after insert on texts begin "
                "delete from evaluations; end"
            ],
            "'harm'",
        ),
        (["create virtual table search using fts5(text)"], "'search'"),
        (["drop table evaluations"], "'evaluations' .* has the columns"),
        (
            ["alter table datasets add column extra text"],
            "'datasets' .* has the columns",
        ),
        (
            ["alter table texts rename column text to words"],
            "'texts' .* has the columns",
        ),
        (
            [
                "drop table meta",
                "create table meta (name text, value text as ('1'))",
                "insert into meta values ('schema_version')",
            ],
            "'meta' .* has the columns",
        ),
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_tables_that_are_not_ours_are_refused(packed, statements, words, read_only):
    if "fts5" in statements[0]:
        try:
            change(packed, *statements)
        except sqlite3.OperationalError as error:
            pytest.skip(f"needs an SQLite with virtual tables: {error}")
    else:
        change(packed, *statements)

    with pytest.raises(KnowledgeBaseError, match=words):
        KnowledgeBase.open(packed, read_only=read_only)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_refused(packed, share):
    content = packed.read_bytes()
    packed.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(KnowledgeBaseError):
        read_all(packed)


def test_damage_anywhere_is_refused_or_harmless_and_never_another_error(
    packed, tmp_path
):
    chance = random.Random(0)
    whole = packed.read_bytes()
    n_refused = 0
    for i in range(40):
        content = bytearray(whole)
        n_bytes = chance.choice([1, 16, 256])
        at = chance.randrange(len(content) - n_bytes)
        content[at : at + n_bytes] = chance.randbytes(n_bytes)
        path = tmp_path / f"damaged{i}.db"
        path.write_bytes(content)
        try:
            read_all(path)
        except KnowledgeBaseError:
            n_refused += 1

    assert 0 < n_refused < 40, n_refused


def test_damage_to_a_score_is_found_by_verify(packed):
    change(packed, "update evaluations set scores = zeroblob(16) where seed = 3")

    with KnowledgeBase.open(packed, read_only=True) as base:
        (problem,) = verify(base)

    assert "the hash does not fit" in problem


def test_reading_needs_no_sqlalchemy(packed):
    code = """
        import sys
        from headstart.base import TaskKind
        from headstart.meta.store import LayeredBase
        with LayeredBase.open(sys.argv[1], sys.argv[2]) as base:
            assert base.evidence(frozenset({TaskKind.BINARY}), "log_loss").losses.size
        slow = {"sqlalchemy", "sklearn", "polars", "optuna", "platformdirs"}
        assert not slow & set(sys.modules), slow & set(sys.modules)
    """
    copy = shutil.copy(packed, packed.with_name("own.db"))
    source = "\n".join(line[8:] for line in code.splitlines())

    done = subprocess.run(
        [sys.executable, "-c", source, packed, copy],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
