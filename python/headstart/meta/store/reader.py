"""Reading of an SQLite file with the standard library alone.

A lookup in a new process may take 0.3 s in all. Importing SQLAlchemy takes 0.27 s of
processor time. Opening a base of 110 datasets by 120 configurations with this module
and making evidence of it takes 0.08 s on the same machine. A base may come from
anywhere, so a file is checked before its content is used.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from headstart.exceptions import KnowledgeBaseError
from headstart.machine.places import show_place
from headstart.meta.store.layout import COLUMNS, SCHEMA_VERSION
from headstart.meta.store.rows import Fetch

__all__ = [
    "VERSION_QUERY",
    "Reader",
    "SqliteReader",
    "check_version",
    "no_database",
    "patience",
]

VERSION_QUERY = "select value from meta where name = 'schema_version'"
_LONGEST_VALUE = 16 * 2**20
_BUSY_SECONDS = 30.0
# Seconds to wait after a deadline, in which a server that is up answers.
_LEAST_SECONDS = 0.05


def patience(deadline: float | None) -> float:
    """Return the seconds to wait for a base that is busy or does not answer.

    Parameters
    ----------
    deadline : float or None
        Time of `time.monotonic` by which the base must answer; None: no deadline.
    """
    if deadline is None:
        return _BUSY_SECONDS
    remaining = max(_LEAST_SECONDS, deadline - time.monotonic())
    return min(_BUSY_SECONDS, remaining)


class Reader(Protocol):
    """Reads snapshots of a base, which writers do not change."""

    def snapshot(self) -> AbstractContextManager[Fetch]:
        """Yield a function that runs queries on a snapshot of the base."""

    def close(self) -> None:
        """Close the base."""


class SqliteReader:
    """Reads a base in an SQLite file.

    Parameters
    ----------
    path : Path
    immutable : bool, default=False
        Whether no process writes to the file while it is open. No locks are taken and
        no files are made beside it then.
    deadline : float or None, default=None
        Time of `time.monotonic` until which to wait for other processes.

    Raises
    ------
    KnowledgeBaseError
        If the file does not exist, is not a base, is damaged, or has another schema.
    """

    def __init__(
        self, path: Path, *, immutable: bool = False, deadline: float | None = None
    ) -> None:
        self._path = path
        self._place = show_place(path)
        self._deadline = deadline
        if not path.is_file():
            raise KnowledgeBaseError(
                f"There is no knowledge base at {self._place}. Expected the path of a "
                "file."
            )
        if path.stat().st_size == 0:
            raise KnowledgeBaseError(
                f"{self._place} is not a knowledge base: it is empty."
            )
        self._db = self._connect(immutable=immutable)
        try:
            with self.snapshot() as fetch:
                self._check(fetch)
        except KnowledgeBaseError:
            self._db.close()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Fetch]:
        """Yield a function that runs queries on a snapshot of the file."""
        with self._explained():
            if self._deadline is not None:
                milliseconds = round(1000 * patience(self._deadline))
                self._db.execute(f"pragma busy_timeout = {milliseconds}")
            self._db.execute("begin")
        try:
            yield self._fetch
        finally:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("rollback")

    def pack_into(self, path: Path) -> None:
        """Write a compact copy to a path without a file."""
        with self._explained():
            self._db.execute("vacuum into ?", (os.fspath(path),))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _fetch(self, query: str) -> list[tuple[Any, ...]]:
        with self._explained():
            return self._db.execute(query).fetchall()

    def _connect(self, *, immutable: bool) -> sqlite3.Connection:
        uri = f"{self._path.resolve().as_uri()}?mode=ro"
        with self._explained():
            db = sqlite3.connect(
                f"{uri}&immutable=1" if immutable else uri,
                uri=True,
                isolation_level=None,
                timeout=patience(self._deadline),
                check_same_thread=False,
            )
            try:
                db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
                db.execute("pragma trusted_schema = off")
                db.execute("pragma cell_size_check = on")
                db.execute("select 1 from sqlite_master").fetchone()
            except BaseException as error:
                db.close()
                # A file in write-ahead mode needs files beside it, and the folder may
                # allow none. Without such a file nobody is writing.
                beside = self._path.with_name(f"{self._path.name}-wal")
                if (
                    immutable
                    or not isinstance(error, sqlite3.OperationalError)
                    or beside.exists()
                    or os.access(self._path.parent, os.W_OK)
                ):
                    raise
                return self._connect(immutable=True)
        return db

    def _check(self, fetch: Fetch) -> None:
        """Raise KnowledgeBaseError unless the file is a base of this schema version."""
        entries = fetch("select type, name, rootpage from sqlite_master")
        # Views, triggers and virtual tables would run code of the file's author.
        foreign = [
            name
            for kind, name, page in entries
            if kind not in {"table", "index"} or (kind == "table" and not page)
        ]
        tables = {name for kind, name, _ in entries if kind == "table"}
        if foreign or "meta" not in tables:
            problem = (
                f"it has {foreign[0]!r:.80}" if foreign else "it has no such table"
            )
            raise KnowledgeBaseError(
                f"{self._place} is an SQLite file, but not a knowledge base: "
                f"{problem}. Expected plain tables, 'meta' among them."
            )
        values = fetch(VERSION_QUERY)
        check_version(values[0][0] if values else None, self._place)
        for table, columns in COLUMNS.items():
            stored_columns = tuple(r[1] for r in fetch(f"pragma table_info({table})"))
            if stored_columns != columns:
                raise KnowledgeBaseError(
                    f"The table {table!r} of {self._place} has the columns "
                    f"{stored_columns!s:.300}. Expected {columns}. hint: it was "
                    "changed by hand; restore it from a copy or an export."
                )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OverflowError, UnicodeDecodeError, MemoryError) as error:
            # sqlite3 raises the others, too, for a message with bytes of a damaged page
            # or a size that is read from one.
            raise no_database(self._place, error) or KnowledgeBaseError(
                f"The knowledge base {self._place} cannot be read: {error}. hint: "
                "restore it from a copy or an export if it is damaged."
            ) from error


def no_database(place: object, error: object) -> KnowledgeBaseError | None:
    """Return the error to raise if SQLite reports that a file is no database, or None.

    The file's header is not read here. With POSIX locks, a process that opens and
    closes the file itself loses the locks of all its connections to the database.
    Another process may then remove the write-ahead log, and later writes are lost.
    """
    if getattr(error, "sqlite_errorname", "") != "SQLITE_NOTADB":
        return None
    return KnowledgeBaseError(
        f"{place} is not a knowledge base: it is not an SQLite file, or cut off. hint: "
        "restore it from a copy or an export; nothing was changed."
    )


def check_version(stored: Any, where: str) -> None:
    """Raise KnowledgeBaseError if a base has another version of the schema.

    The message names both versions and a remedy.
    """
    version = int(stored) if isinstance(stored, str) and stored.isdecimal() else None
    if version is None:
        raise KnowledgeBaseError(
            f"{where} has no valid version of the schema. Expected a "
            f"number. Got {stored!r:.80}."
        )
    if version > SCHEMA_VERSION:
        raise KnowledgeBaseError(
            f"{where} has version {version} of the schema; this headstart reads "
            f"version {SCHEMA_VERSION}. hint: a newer headstart wrote it; upgrade."
        )
    if version < SCHEMA_VERSION:
        raise KnowledgeBaseError(
            f"{where} has version {version} of the schema; this headstart reads "
            f"version {SCHEMA_VERSION}. hint: open it for writing once (as `headstart "
            "meta learn` does), which brings it up to date."
        )
