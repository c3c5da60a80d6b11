"""The journal: the trials, fold fits and spent seconds of a run, in SQLite.

Results are written to files before their row is written here, so the files of a row
always exist. A run that is killed at any time loses no finished fold fit.
"""

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

from headstart.base import (
    Configuration,
    FoldOutcome,
    FoldStatus,
    Origin,
    Precedent,
    Trial,
    TrialStatus,
)
from headstart.exceptions import RunFolderError

__all__ = ["Journal"]

_VERSION = 4

_SCHEMA = """
create table if not exists facts (name text primary key, value text not null);
create table if not exists trials (
    number integer primary key,
    configuration text not null,
    origin text not null,
    precedents text not null,
    status text not null,
    loss real,
    reason text not null default ''
);
create table if not exists fits (
    trial integer not null references trials(number),
    repeat integer not null,
    fold integer not null,
    loss real,
    outcome text not null,
    primary key (trial, repeat, fold)
);
"""

_INSERT_FACT = """
insert into facts values (?, ?) on conflict (name) do update set value = excluded.value
"""
_INSERT_TRIAL = """
insert into trials values (?, ?, ?, ?, ?, ?, ?) on conflict (number)
do update set status = excluded.status, loss = excluded.loss, reason = excluded.reason
"""
_INSERT_FIT = "insert or replace into fits values (?, ?, ?, ?, ?)"


class Journal:
    """The journal of one run; only the run's own process writes it.

    Parameters
    ----------
    path : Path
        The database file; it is created if it does not exist.
    has_locks : bool
        Whether its file system has locks; otherwise only the run folder's lock is used.
    """

    def __init__(self, path: Path, *, has_locks: bool = True) -> None:
        self._path = path
        self._is_stopped = False
        try:
            # Only one thread writes at a time; the runner may move between threads.
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?nolock={int(not has_locks)}",
                uri=True,
                check_same_thread=False,
            )
            # The run folder's lock admits one process. With a single process the index
            # of the log needs no shared memory, which network file systems lack.
            self._db.execute("pragma locking_mode = exclusive")
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise RunFolderError(
                f"The journal {path} cannot be opened: {error}. Expected the journal "
                "of a run, on a disk with free space. hint: start in another folder "
                "(run_dir=...)."
            ) from error
        version = self.fact("journal_version")
        if version is None:
            self.record_fact("journal_version", _VERSION)
        elif version != _VERSION:
            raise RunFolderError(
                f"The journal {path} has version {version}; this headstart reads "
                f"version {_VERSION}. hint: start in another folder (run_dir=...)."
            )

    def record_fact(self, name: str, value: Any) -> None:
        """Store a JSON-serialisable fact under a name, and replace an existing one."""
        self._write((_INSERT_FACT, (name, json.dumps(value))))

    def fact(self, name: str) -> Any:
        """Return a stored fact, or None."""
        row = self._db.execute(
            "select value from facts where name = ?", (name,)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def record_trial(self, trial: Trial) -> None:
        """Store the present state of a trial, without its fold fits."""
        values = (
            trial.number,
            trial.configuration.to_json(),
            trial.origin.value,
            json.dumps([asdict(p) for p in trial.precedents]),
            trial.status.value,
            trial.loss,
            trial.reason,
        )
        self._write((_INSERT_TRIAL, values))

    def record_fit(
        self,
        trial: Trial,
        repeat: int,
        fold: int,
        outcome: FoldOutcome,
        loss: float | None,
        *,
        spent: float,
    ) -> None:
        """Store the outcome of a fold fit, and the seconds that the run has spent."""
        record = json.dumps(asdict(outcome))
        self._write(
            (_INSERT_FIT, (trial.number, repeat, fold, loss, record)),
            (_INSERT_FACT, ("spent", json.dumps(spent))),
        )

    def trials(self) -> list[Trial]:
        """Return all trials with their fold fits, in order of number."""
        trials: dict[int, Trial] = {}
        for number, text, origin, precedents, status, loss, reason in self._db.execute(
            "select number, configuration, origin, precedents, status, loss, reason "
            "from trials order by number"
        ):
            trials[number] = Trial(
                number,
                Configuration.from_json(text),
                Origin(origin),
                tuple(Precedent(**record) for record in json.loads(precedents)),
                TrialStatus(status),
                loss,
                reason=reason,
            )
        for number, repeat, fold, loss, text in self._db.execute(
            "select trial, repeat, fold, loss, outcome from fits"
        ):
            record = json.loads(text)
            outcome = FoldOutcome(**{**record, "status": FoldStatus(record["status"])})
            trials[number].outcomes[repeat, fold] = outcome
            if loss is not None:
                trials[number].fold_losses[repeat, fold] = loss
        return list(trials.values())

    def stop(self) -> None:
        """Ignore later writes: the disk is full, and the fit can end without them."""
        self._is_stopped = True

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _write(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        """Execute statements with their values: all of them, or none."""
        if self._is_stopped:
            return
        try:
            with self._db:
                for statement, values in statements:
                    self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise RunFolderError(
                f"The journal {self._path} cannot be written: {error}. "
                "hint: check whether the disk is full. Finished fold fits are kept."
            ) from error
