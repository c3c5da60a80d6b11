"""Where a refresh keeps what it has until all of it can land at once.

A journal of finished steps, in SQLite: a refresh that was killed goes on after the last
one. The folder is the user's own: nobody else may write what will go into a base.
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

    Made by `open`, which also holds the lock that keeps others out.
    """

    def __init__(self, folder: Path, database: sqlite3.Connection) -> None:
        self.folder = folder
        self._database = database
        self.n_resumed = 0

    @classmethod
    @contextmanager
    def open(cls, folder: Path, identity: str) -> Iterator[Self]:
        """Open the journal of a refresh, or begin one.

        Parameters
        ----------
        folder : Path
            Made where it is not there.
        identity : str
            Of what is refreshed: the journal of something else is thrown away.

        Raises
        ------
        RefreshError
            If the folder is another user's, cannot be written, or in use.
        """
        _claim(folder)
        path = folder / "journal.db"
        # Without waiting: whoever holds it will hold it for minutes.
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
        """Return what a step made, from the journal if it was done before.

        Parameters
        ----------
        key : str
        make : callable
            Returns what JSON can write.
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
                "go on."
            ) from error
        # What is returned is what a resumed refresh would be given.
        return json.loads(text)

    def drop(self, key: str) -> None:
        """Forget a step."""
        self._database.execute("delete from steps where key = ?", (key,))

    def n_steps(self) -> int:
        """Return how many steps are done."""
        (count,) = self._database.execute("select count(*) from steps").fetchone()
        return int(count)

    def remove(self) -> None:
        """Remove the folder: all has landed."""
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
        found = folder.stat()
    except OSError as error:
        raise RefreshError(
            f"The folder {folder} cannot be made: {error}. Expected a place that can "
            "be written. hint: give another folder (staging)."
        ) from error
    if os.name == "posix" and (found.st_uid != os.getuid() or found.st_mode & 0o022):
        raise RefreshError(
            f"The folder {folder} belongs to another user, or others may write it. "
            "Expected one of your own: what is in it goes into the base. hint: give "
            "another folder (staging), or remove that one."
        )
