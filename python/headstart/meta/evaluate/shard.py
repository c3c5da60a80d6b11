"""Shards: the evaluations of one dataset, one line per record, as they finish."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.records import EvaluationRecord, Record
from headstart.meta.store.export import HEADER
from headstart.meta.store.lines import Line

__all__ = ["Shard", "claimed"]


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Lock a shard against other campaigns, if the system has locks.

    Raises
    ------
    KnowledgeBaseError
        If another one is adding to it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise KnowledgeBaseError(
                    f"Another campaign is adding to the shard {path}. hint: wait for "
                    "it to end, or give another folder."
                ) from error
        yield


class Shard:
    """The records of one dataset as lines of a file.

    An incomplete last line, after a kill, is dropped when the shard is opened, and its
    cell is evaluated again. Any other line that cannot be read is an error.

    Parameters
    ----------
    path : Path
        Made if it does not exist.
    origin : str
        Origin that is stored with the records.

    Raises
    ------
    KnowledgeBaseError
        If a line is not one of a knowledge base.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin
        self._known: set[tuple[str, str, str]] = set()
        self._others: set[bytes] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if "\n" not in text:
            path.write_text(f"{HEADER}\n", encoding="utf-8")
            return
        complete, incomplete = (
            text[: text.rfind("\n") + 1],
            text[text.rfind("\n") + 1 :],
        )
        if incomplete:
            # Truncated in place, so that a kill at this moment loses no complete line.
            os.truncate(path, len(complete.encode()))
        header, *lines = complete.splitlines()
        if header != HEADER:
            raise KnowledgeBaseError(
                f"The shard {path} must begin with the line {HEADER}. "
                f"Got {header[:80]!r}."
            )
        for number, line in enumerate(lines, start=2):
            try:
                self._take(Line.read(line))
            except KnowledgeBaseError as error:
                raise KnowledgeBaseError(
                    f"Line {number} of the shard {path} cannot be read. {error}"
                ) from error

    def known(self, dataset_uid: str, scheme: str) -> set[str]:
        """Return keys of the configurations that were evaluated with a scheme."""
        return {
            configuration
            for dataset, how, configuration in self._known
            if dataset == dataset_uid and how == scheme
        }

    def add(self, record: Record) -> None:
        """Add a record, unless it is stored already."""
        line = Line.of(record, self._origin)
        if line.content in self._others:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line.text + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._take(line)

    def _take(self, line: Line) -> None:
        record = line.record
        if isinstance(record, EvaluationRecord):
            self._known.add(
                (record.dataset_uid, record.scheme, record.configuration.key)
            )
        else:
            self._others.add(line.content)
