"""Creation of the tables of a new base, and upgrades of older bases.

A change of the schema increases `SCHEMA_VERSION` by one and adds a function to
`MIGRATIONS`, which upgrades a base from the previous version.
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
"""The upgrade of each version to the next one. The first version is 1."""


def prepare(
    connection: Connection,
    place: str,
    created_by: str,
    *,
    version: int = SCHEMA_VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> None:
    """Make the tables of a new base, or upgrade those of an older one.

    Parameters
    ----------
    connection : Connection
        In a writer's transaction, so that all changes are made or none.
    place : str
        Place of the base, for messages.
    created_by : str
        Name and version of the program that makes the tables.
    version : int
        Requested version of the schema.
    migrations : mapping of int to callable

    Raises
    ------
    KnowledgeBaseError
        If the base is newer, cannot be upgraded from its version, or has other tables.
    """
    meta = metadata.tables["meta"]
    tables = set(sqlalchemy.inspect(connection).get_table_names())
    if "meta" not in tables:
        others = (
            tables
            if connection.dialect.name == "sqlite"
            else tables & {*metadata.tables}
        )
        if others:
            raise KnowledgeBaseError(
                f"{place} is not a knowledge base: it has a table "
                f"{sorted(tables)[0]!r:.80}, and no table 'meta'. hint: choose an "
                "empty place; nothing was changed."
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
            f"{place} has no valid version of the schema. Expected a "
            f"number. Got {stored!r:.80}."
        )
    current = int(stored)
    if current > version:
        raise KnowledgeBaseError(
            f"{place} has version {current} of the schema; this headstart writes "
            f"version {version}. hint: a newer headstart wrote it; upgrade."
        )
    for step in range(current, version):
        if step not in migrations:
            raise KnowledgeBaseError(
                f"{place} has version {current} of the schema; this headstart writes "
                f"version {version} and cannot upgrade from version {step}. hint: "
                "export it with the headstart that wrote it, and import the export."
            )
        migrations[step](connection)
    if current < version:
        connection.execute(
            meta.update()
            .where(meta.c.name == "schema_version")
            .values(value=str(version))
        )
