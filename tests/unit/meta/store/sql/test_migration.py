import re

import pytest
import sqlalchemy

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.store import SCHEMA_VERSION, KnowledgeBase
from headstart.meta.store.sql.engine import open_sqlite, writing
from headstart.meta.store.sql.migration import MIGRATIONS, prepare

NEXT = SCHEMA_VERSION + 1


@pytest.fixture
def engine(new_base, kit, tmp_path):
    """An engine on a base of this version that holds records."""
    new_base(kit.one_of_each()).close()
    engine = open_sqlite(tmp_path / "made0.db")
    yield engine
    engine.dispose()


def version_of(engine):
    with writing(engine) as connection:
        return connection.execute(
            sqlalchemy.text("select value from meta where name = 'schema_version'")
        ).scalar_one()


def columns_of(engine, table):
    return [column["name"] for column in sqlalchemy.inspect(engine).get_columns(table)]


def add_note(connection):
    connection.exec_driver_sql(
        "alter table datasets add column note text not null default 'none'"
    )


def rename_note(connection):
    connection.exec_driver_sql("alter table datasets rename column note to remark")


def migrate(engine, version, migrations):
    with writing(engine) as connection:
        prepare(connection, "here", "test", version=version, migrations=migrations)


def test_an_older_base_is_brought_up_to_date_step_by_step(engine):
    migrate(engine, NEXT + 1, {SCHEMA_VERSION: add_note, NEXT: rename_note})

    assert version_of(engine) == str(NEXT + 1)
    with writing(engine) as connection:
        rows = connection.exec_driver_sql("select name, remark from datasets").all()
    assert [tuple(row) for row in rows] == [("iris", "none")]


def test_a_migration_that_fails_leaves_the_base_as_it_was(engine):
    def fail(connection):
        raise RuntimeError("no room")

    with pytest.raises(RuntimeError, match="no room"):
        migrate(engine, NEXT + 1, {SCHEMA_VERSION: add_note, NEXT: fail})

    assert version_of(engine) == str(SCHEMA_VERSION)
    assert "note" not in columns_of(engine, "datasets")


def test_a_version_that_nothing_leads_from_is_refused(engine):
    with pytest.raises(KnowledgeBaseError, match=f"cannot upgrade from version {NEXT}"):
        migrate(engine, NEXT + 1, {SCHEMA_VERSION: add_note})

    assert version_of(engine) == str(SCHEMA_VERSION)


def test_a_base_that_is_up_to_date_is_left_alone(engine):
    migrate(engine, SCHEMA_VERSION, {SCHEMA_VERSION: add_note})

    assert "note" not in columns_of(engine, "datasets")


def test_a_migrated_base_is_newer_for_who_does_not_know_it(engine, tmp_path):
    migrate(engine, NEXT, {SCHEMA_VERSION: add_note})
    engine.dispose()

    both = re.escape(f"version {NEXT} of the schema") + f".*{SCHEMA_VERSION}"
    for read_only in (True, False):
        with pytest.raises(KnowledgeBaseError, match=both):
            KnowledgeBase.open(tmp_path / "made0.db", read_only=read_only)


def test_each_older_version_has_its_migration():
    assert set(MIGRATIONS) == set(range(1, SCHEMA_VERSION))
