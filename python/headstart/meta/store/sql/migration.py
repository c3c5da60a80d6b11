"""Making the tables of a new base, and bringing an older base up to date.

A change of the schema raises `SCHEMA_VERSION` by one and adds to `MIGRATIONS` the
function that turns a base of the version before into one of it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sqlalchemy
from sqlalchemy import Connection

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.store.layout import SCHEMA_VERSION
from headstart.meta.store.sql.schema import metadata

__all__ = ["MIGRATIONS", "prepare"]

Migration = Callable[[Connection], None]

MIGRATIONS: Mapping[int, Migration] = MappingProxyType({})
"""By version: what leads from it to the next. The first version is 1."""


def prepare(
    connection: Connection,
    place: str,
    created_by: str,
    *,
    version: int = SCHEMA_VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> None:
    """Make the tables where there are none; bring older ones up to date.

    Parameters
    ----------
    connection : Connection
        In a writer's transaction: all of it happens, or nothing.
    place : str
        Where the base is, for messages.
    created_by : str
        What makes the tables.
    version : int
        Of the schema that is wanted.
    migrations : mapping of int to callable

    Raises
    ------
    KnowledgeBaseError
        If the base is newer, there is no way from its version, or other tables are
        there.
    """
    meta = metadata.tables["meta"]
    there = set(sqlalchemy.inspect(connection).get_table_names())
    if "meta" not in there:
        others = (
            there if connection.dialect.name == "sqlite" else there & {*metadata.tables}
        )
        if others:
            raise KnowledgeBaseError(
                f"{place} is not a knowledge base: it has a table "
                f"{sorted(there)[0]!r:.80}, and no table 'meta'. hint: choose an empty "
                "place; nothing was changed."
            )
        metadata.create_all(connection, checkfirst=False)
        connection.execute(
            meta.insert(),
            [
                {"name": "schema_version", "value": str(version)},
                {"name": "created_by", "value": created_by},
            ],
        )
        return
    stored = connection.execute(
        sqlalchemy.select(meta.c.value).where(meta.c.name == "schema_version")
    ).scalar_one_or_none()
    if not isinstance(stored, str) or not stored.isdecimal():
        raise KnowledgeBaseError(
            f"{place} does not say which version of the schema it has. Expected a "
            f"number. Got {stored!r:.80}."
        )
    found = int(stored)
    if found > version:
        raise KnowledgeBaseError(
            f"{place} has version {found} of the schema; this headstart writes version "
            f"{version}. hint: a newer headstart wrote it; upgrade."
        )
    for step in range(found, version):
        if step not in migrations:
            raise KnowledgeBaseError(
                f"{place} has version {found} of the schema; this headstart writes "
                f"version {version} and knows no way from version {step}. hint: "
                "export it with the headstart that wrote it, and import that."
            )
        migrations[step](connection)
    if found < version:
        connection.execute(
            meta.update()
            .where(meta.c.name == "schema_version")
            .values(value=str(version))
        )
