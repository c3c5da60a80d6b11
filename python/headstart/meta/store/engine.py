"""Engines of SQLAlchemy: connecting, writing, and reading PostgreSQL."""

import importlib.util
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from headstart.exceptions import KnowledgeBaseError, MissingPluginError
from headstart.meta.store.layout import COLUMNS
from headstart.meta.store.reader import VERSION_QUERY, check_version, no_database
from headstart.meta.store.rows import Fetch

__all__ = ["EngineReader", "open_postgresql", "open_sqlite", "place_of", "writing"]

_BUSY_SECONDS = 30.0
_WRITERS = 0x6865_6164_7374  # "headst": the lock that writers to PostgreSQL share


class EngineReader:
    """Reads a PostgreSQL base.

    Raises
    ------
    KnowledgeBaseError
        If there is no base, or it is of another schema.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with explained(engine), self.snapshot() as fetch:
            tables = set(sqlalchemy.inspect(engine).get_table_names())
            missing = set(COLUMNS) - tables
            if missing:
                raise KnowledgeBaseError(
                    f"{place_of(engine)} is not a knowledge base: it has no table "
                    f"{sorted(missing)[0]!r}. hint: open it for writing once, which "
                    "makes the tables."
                )
            found = fetch(VERSION_QUERY)
            check_version(found[0][0] if found else None, place_of(engine))

    @contextmanager
    def snapshot(self) -> Iterator[Fetch]:
        """Give what runs queries on one state of the base."""
        with explained(self._engine), self._engine.connect() as connection:
            reading = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            yield lambda query: [tuple(r) for r in reading.exec_driver_sql(query)]

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def open_sqlite(path: Path) -> Engine:
    """Return an engine that writes to a file, made with its folder if not there.

    Raises
    ------
    KnowledgeBaseError
        If something else is there, or the folder cannot be made or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KnowledgeBaseError(
            f"The folder of {path} cannot be made: {error.strerror or error}. "
            "hint: choose another place (HEADSTART_META_DB for your own base)."
        ) from error

    def connect() -> sqlite3.Connection:
        db = sqlite3.connect(
            path, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
        )
        try:
            db.execute("pragma trusted_schema = off")
            _use_write_ahead_log(db)
            # The log is synced at checkpoints: a kill loses nothing, a power cut at
            # most the last transactions, never the file.
            db.execute("pragma synchronous = normal")
        except sqlite3.Error:
            db.close()
            raise
        return db

    engine = sqlalchemy.create_engine(
        "sqlite://",
        creator=connect,
        poolclass=StaticPool,
        execution_options={"headstart_place": str(path)},
    )

    # sqlite3 begins a transaction at the first write only, as a reader who may find
    # another writer ahead; a writer has to say so from the start.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("begin immediate")

    return engine


def open_postgresql(url: str) -> Engine:
    """Return an engine for a URL.

    Raises
    ------
    MissingPluginError
        If the driver is not installed.
    KnowledgeBaseError
        If the URL makes no sense.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise MissingPluginError(
            "A knowledge base in PostgreSQL needs the package psycopg, which is not "
            "installed. hint: pip install 'headstart[postgres]'"
        )
    try:
        parsed = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    except (SQLAlchemyError, ValueError) as error:
        raise KnowledgeBaseError(
            "The place of a knowledge base must be the path of a file or a URL like "
            "postgresql://user@host/database. Got a URL that cannot be read."
        ) from error
    place = parsed.render_as_string(hide_password=True)
    return sqlalchemy.create_engine(
        parsed, pool_pre_ping=True, execution_options={"headstart_place": place}
    )


def place_of(engine: Engine) -> str:
    """Return where an engine's base is, in words without a password."""
    return str(engine.get_execution_options()["headstart_place"])


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that no other writer runs beside.

    It is committed at the end, undone after an error.

    Raises
    ------
    KnowledgeBaseError
        If another one has been writing for too long, or the database refuses.
    """
    with explained(engine, "written"), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # One writer at a time, as in SQLite: what is known is looked up before
            # it is written, and must not change in between.
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({_WRITERS})")
        yield connection


@contextmanager
def explained(engine: Engine, done: str = "read") -> Iterator[None]:
    """Say of the database's errors what they mean for the base."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        original = getattr(error, "orig", None) or error
        reason = str(original).strip()
        hint = (
            f"another process has been writing to it for {_BUSY_SECONDS:.0f} s; wait "
            "for it to end"
            if "locked" in reason
            else "is it there, are you allowed to, is there room on its disk?"
        )
        raise no_database(place_of(engine), original) or KnowledgeBaseError(
            f"The knowledge base {place_of(engine)} cannot be {done}: {reason}. "
            f"What it held is unchanged. hint: {hint}"
        ) from error


def _use_write_ahead_log(db: sqlite3.Connection) -> None:
    """Let readers and the writer work side by side.

    The change needs the file for itself for a moment and does not wait for it as
    other statements do, so that two processes that make a base must take turns.
    """
    give_up = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            db.execute("pragma journal_mode = wal").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return
