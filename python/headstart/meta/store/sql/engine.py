"""Engines of SQLAlchemy: connections, write transactions, reading of PostgreSQL."""

import contextlib
import importlib.util
import math
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, StaticPool

from headstart.exceptions import KnowledgeBaseError, MissingPluginError
from headstart.machine.places import hide_secrets, show_place
from headstart.meta.store.layout import COLUMNS
from headstart.meta.store.reader import (
    VERSION_QUERY,
    check_version,
    no_database,
    patience,
)
from headstart.meta.store.rows import Fetch

__all__ = ["EngineReader", "open_postgresql", "open_sqlite", "place_of", "writing"]

_WRITERS = 0x6865_6164_7374  # "headst": id of the lock of writers to PostgreSQL
# Share of the remaining seconds to wait for another writer, so that the server can
# report the wait before the connection is closed.
_LOCK_SHARE = 0.8


class EngineReader:
    """Reads a PostgreSQL base.

    Raises
    ------
    KnowledgeBaseError
        If there is no base, or it has another schema.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with explained(engine), self._reading() as connection:
            tables = set(sqlalchemy.inspect(connection).get_table_names())
            missing = set(COLUMNS) - tables
            if missing:
                raise KnowledgeBaseError(
                    f"{place_of(engine)} is not a knowledge base: it has no table "
                    f"{sorted(missing)[0]!r}. hint: open it for writing once, which "
                    "makes the tables."
                )
            version = connection.exec_driver_sql(VERSION_QUERY).scalar()
            check_version(version, place_of(engine))

    @contextmanager
    def snapshot(self) -> Iterator[Fetch]:
        """Yield a function that runs queries on a snapshot of the base."""
        with explained(self._engine), self._reading() as connection:
            yield lambda query: [tuple(r) for r in connection.exec_driver_sql(query)]

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )


def open_sqlite(path: Path, *, deadline: float | None = None) -> Engine:
    """Return an engine that writes to a file; file and folder are made if missing.

    Parameters
    ----------
    path : Path
    deadline : float or None, default=None
        Time of `time.monotonic` until which to wait for another writer.

    Raises
    ------
    KnowledgeBaseError
        If the file is not a base, or the folder cannot be made or is not writable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KnowledgeBaseError(
            f"The folder of {show_place(path)} cannot be made: "
            f"{error.strerror or error}. "
            "hint: choose another place (HEADSTART_META_DB for your own base)."
        ) from error

    def connect() -> sqlite3.Connection:
        db = sqlite3.connect(
            path,
            isolation_level=None,
            timeout=patience(deadline),
            check_same_thread=False,
        )
        try:
            db.execute("pragma trusted_schema = off")
            _use_write_ahead_log(db, time.monotonic() + patience(deadline))
            # The log is synced at checkpoints: a kill loses nothing, and a power cut
            # may lose the last transactions but does not damage the file.
            db.execute("pragma synchronous = normal")
        except sqlite3.Error:
            db.close()
            raise
        return db

    engine = sqlalchemy.create_engine(
        "sqlite://",
        creator=connect,
        poolclass=StaticPool,
        execution_options={"headstart_place": show_place(path)},
    )

    # sqlite3 takes the write lock at the first write only, when another writer may have
    # it. A writer must take it at the start.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if deadline is not None:
            milliseconds = round(1000 * patience(deadline))
            connection.exec_driver_sql(f"pragma busy_timeout = {milliseconds}")
        connection.exec_driver_sql("begin immediate")

    return engine


def open_postgresql(url: str, *, deadline: float | None = None) -> Engine:
    """Return an engine for a URL.

    Parameters
    ----------
    url : str
    deadline : float or None, default=None
        Time of `time.monotonic` by which all work must be done. Connections to a server
        that has not answered by then are closed.

    Raises
    ------
    MissingPluginError
        If the driver is not installed.
    KnowledgeBaseError
        If the URL is invalid.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise MissingPluginError(
            "A knowledge base in PostgreSQL needs the package psycopg, which is not "
            "installed. hint: pip install 'headstart[postgres]'"
        )
    try:
        parsed = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    except (SQLAlchemyError, ValueError):
        # The error quotes the URL, and with it the password.
        raise KnowledgeBaseError(
            "The place of a knowledge base must be the path of a file or a URL like "
            "postgresql://user@host/database. Got a URL that cannot be read. hint: "
            "write special characters of a password percent-encoded."
        ) from None
    engine = sqlalchemy.create_engine(
        parsed,
        execution_options={
            "headstart_place": show_place(url),
            "headstart_deadline": deadline,
        },
        # With a deadline, each connection has one task and is closed at the deadline.
        **({"pool_pre_ping": True} if deadline is None else {"poolclass": NullPool}),
    )

    @event.listens_for(engine, "do_connect")
    def connect(
        dialect: Dialect, record: ConnectionPoolEntry, arguments: Any, options: Any
    ) -> Any:
        seconds = patience(deadline)
        options.setdefault("connect_timeout", math.ceil(seconds))
        try:
            connection = _within(
                seconds, lambda: dialect.connect(*arguments, **options)
            )
        except (OSError, ValueError) as error:
            raise sqlalchemy.exc.OperationalError(None, None, error) from error
        if deadline is not None:
            record.info["hang_up"] = _HangUp(connection.fileno(), patience(deadline))
        return connection

    @event.listens_for(engine, "close")
    def close(_: Any, record: ConnectionPoolEntry) -> None:
        if "hang_up" in record.info:
            record.info.pop("hang_up").cancel()

    return engine


def _within(seconds: float, connect: Callable[[], Any]) -> Any:
    """Return the connection that `connect` makes within some seconds.

    The driver itself waits at least two seconds, and without limit for the name of a
    host.

    Raises
    ------
    TimeoutError
        If it takes longer. A connection that is made later is closed.
    """
    future: Future[Any] = Future()

    def work() -> None:
        try:
            connection = connect()
        except BaseException as error:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
        else:
            if future.set_running_or_notify_cancel():
                future.set_result(connection)
            else:
                connection.close()

    threading.Thread(target=work, name="headstart-connect", daemon=True).start()
    done, _ = wait([future], seconds)
    if not done and future.cancel():
        raise TimeoutError(f"no answer within {seconds:.1f} s")
    return future.result()


class _HangUp:
    """Closes a connection after some seconds, even while a call waits for the server.

    Parameters
    ----------
    number : int
        File descriptor of the connection's socket.
    seconds : float
    """

    def __init__(self, number: int, seconds: float) -> None:
        self._end = socket.socket(fileno=socket.dup(number))
        self._timer = threading.Timer(seconds, self._hang_up)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Keep the connection open, since its work is done."""
        self._timer.cancel()
        self._end.close()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)


def place_of(engine: Engine) -> str:
    """Return the place of an engine's base, without a password."""
    return str(engine.get_execution_options()["headstart_place"])


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that excludes other writers.

    It is committed at the end, and rolled back after an error.

    Raises
    ------
    KnowledgeBaseError
        If another process is writing for too long, or the database refuses.
    """
    with explained(engine, "written"), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # One writer at a time, as in SQLite: a writer looks up stored records
            # before it adds others, and they must not change in between.
            deadline = engine.get_execution_options().get("headstart_deadline")
            milliseconds = round(1000 * _LOCK_SHARE * patience(deadline))
            connection.exec_driver_sql(f"set local lock_timeout = {milliseconds}")
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({_WRITERS})")
        yield connection


@contextmanager
def explained(engine: Engine, done: str = "read") -> Iterator[None]:
    """Convert the database's errors to a KnowledgeBaseError with a hint."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        original = getattr(error, "orig", None) or error
        deadline = engine.get_execution_options().get("headstart_deadline")
        raw = str(original).strip()
        url = engine.url.render_as_string(hide_password=False)
        reason = hide_secrets(raw, url)
        hint = "check that it exists, your permissions, and the space on its disk"
        if "locked" in reason or "lock timeout" in reason:
            hint = "another process is writing to it; wait for it to end"
        elif deadline is not None and time.monotonic() >= deadline:
            reason = "it did not answer in time"
        failure = no_database(place_of(engine), original) or KnowledgeBaseError(
            f"The knowledge base {place_of(engine)} cannot be {done}: {reason}. "
            f"Its content is unchanged. hint: {hint}"
        )
        # The cause of an error is shown in tracebacks.
        raise failure from (error if reason == raw else None)


def _use_write_ahead_log(db: sqlite3.Connection, give_up: float) -> None:
    """Set the mode in which readers and a writer do not block each other.

    The change needs exclusive access to the file and, unlike other statements, does not
    wait for it. So two processes that make a base at the same time must retry.
    """
    while True:
        try:
            db.execute("pragma journal_mode = wal").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return
