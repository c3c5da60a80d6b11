"""The journal of a refresh, which keeps its results until they are added to the base.

It is an SQLite file with the finished steps: a refresh that was killed continues after
the last one. The folder must belong to the user, because its content goes into a base.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from headstart.meta.openml.errors import RefreshError

__all__ = ["Staging", "default_folder"]

_VERSION = 1
_SCHEMA = """
create table if not exists facts (name text primary key, value text not null);
create table if not exists steps (key text primary key, payload text not null);
"""


class Staging:
    """The journal of one refresh.

    Made by `open`, which also holds its lock.
    """

    def __init__(self, folder: Path, database: sqlite3.Connection) -> None:
        self.folder = folder
        self._database = database
        self.n_resumed = 0

    @classmethod
    @contextmanager
    def open(cls, folder: Path, identity: str) -> Iterator[Self]:
        """Yield the journal of a refresh, which is made if it does not exist.

        Parameters
        ----------
        folder : Path
            Made if it does not exist.
        identity : str
            Identity of the refresh; a journal with another identity is emptied.

        Raises
        ------
        RefreshError
            If the folder is another user's, cannot be written, or in use.
        """
        _claim(folder)
        path = folder / "journal.db"
        # Without waiting, since another refresh would hold the lock for minutes.
        database = sqlite3.connect(path, isolation_level=None, timeout=0.0)
        try:
            try:
                database.execute("pragma locking_mode = exclusive")
                database.execute("pragma synchronous = normal")
                database.execute("begin exclusive")
                for statement in _SCHEMA.strip().split("\n"):
                    database.execute(statement)
                staging = cls(folder, database)
                staging._begin(identity)
                database.execute("commit")
            except sqlite3.OperationalError as error:
                raise RefreshError(
                    f"The folder {folder} cannot be used: {error}. Expected a folder "
                    "that no other refresh is using. hint: wait for it to end, or "
                    "give another folder (staging)."
                ) from error
            except sqlite3.DatabaseError as error:
                raise RefreshError(
                    f"The journal {path} is damaged: {error}. "
                    f"hint: remove the folder {folder}; the refresh starts anew."
                ) from error
            yield staging
        finally:
            database.close()

    def step(self, key: str, make: Callable[[], Any]) -> Any:
        """Return the result of a step, from the journal if it was done before.

        Parameters
        ----------
        key : str
        make : callable
            Returns a value that can be written as JSON.
        """
        row = self._database.execute(
            "select payload from steps where key = ?", (key,)
        ).fetchone()
        if row is not None:
            self.n_resumed += 1
            return json.loads(row[0])
        text = json.dumps(make())
        try:
            self._database.execute("insert into steps values (?, ?)", (key, text))
        except sqlite3.Error as error:
            raise RefreshError(
                f"The journal in {self.folder} cannot be written: {error}. Nothing was "
                "added to the base. hint: is the disk full? Run the refresh again to "
                "continue."
            ) from error
        # The result equals the one that a resumed refresh would read.
        return json.loads(text)

    def drop(self, key: str) -> None:
        """Remove a step from the journal."""
        self._database.execute("delete from steps where key = ?", (key,))

    def n_steps(self) -> int:
        """Return the number of finished steps."""
        (count,) = self._database.execute("select count(*) from steps").fetchone()
        return int(count)

    def remove(self) -> None:
        """Remove the folder, after its records were added to the base."""
        self._database.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _begin(self, identity: str) -> None:
        expected = json.dumps([_VERSION, identity])
        row = self._database.execute(
            "select value from facts where name = 'identity'"
        ).fetchone()
        if row is not None and row[0] == expected:
            return
        self._database.execute("delete from steps")
        self._database.execute(
            "insert or replace into facts values ('identity', ?)", (expected,)
        )


def default_folder(identity: str) -> Path:
    """Return the folder for a refresh in the user's cache."""
    import platformdirs

    return platformdirs.user_cache_path("headstart") / "refresh" / identity[:16]


def _claim(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise RefreshError(
            f"The folder {folder} cannot be made: {error}. Expected a writable "
            "place. hint: give another folder (staging)."
        ) from error
    if os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        raise RefreshError(
            f"The folder {folder} belongs to another user, or others may write to it. "
            "Expected a folder of your own, because its content goes into the base. "
            "hint: give another folder (staging), or remove this one."
        )
