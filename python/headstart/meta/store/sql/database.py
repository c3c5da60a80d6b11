"""A knowledge base with SQLAlchemy, for writing and for PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from headstart.meta.store.reader import VERSION_QUERY, check_version
from headstart.meta.store.sql.engine import (
    EngineReader,
    open_postgresql,
    open_sqlite,
    place_of,
    writing,
)
from headstart.meta.store.sql.migration import prepare
from headstart.meta.store.sql.writing import Writer
from headstart.version import __version__

__all__ = ["Database"]


class Database:
    """An SQLite file or a PostgreSQL database, with its engine.

    Parameters
    ----------
    engine : Engine
        The result of `open_sqlite` or `open_postgresql`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(
        cls, where: Path | str, *, deadline: float | None, is_prepared: bool
    ) -> Self:
        """Return an open connection to a base.

        Parameters
        ----------
        where : Path or str
            Path of a file, or URL of PostgreSQL.
        deadline : float or None
            Time of `time.monotonic` until which to wait for a busy base.
        is_prepared : bool
            Whether the tables exist in this version; otherwise they are made or
            upgraded.

        Raises
        ------
        KnowledgeBaseError, MissingPluginError
            As `KnowledgeBase.open`.
        """
        database = cls(
            open_sqlite(where, deadline=deadline)
            if isinstance(where, Path)
            else open_postgresql(where, deadline=deadline)
        )
        if not is_prepared:
            try:
                database._prepare()
            except BaseException:
                database.close()
                raise
        return database

    @property
    def place(self) -> str:
        """The path, or the URL without its password."""
        return place_of(self._engine)

    def reader(self) -> EngineReader:
        """Return a reader that uses the same engine."""
        return EngineReader(self._engine)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Yield a writer in a transaction that excludes other writers.

        Raises
        ------
        KnowledgeBaseError
            If the schema is newer, or another process is writing for too long.
        """
        with writing(self._engine) as connection:
            # A newer version may have upgraded the base since it was opened.
            version = connection.exec_driver_sql(VERSION_QUERY).scalar()
            check_version(version, self.place)
            yield Writer(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _prepare(self) -> None:
        with writing(self._engine) as connection:
            prepare(connection, self.place, f"headstart {__version__}")
