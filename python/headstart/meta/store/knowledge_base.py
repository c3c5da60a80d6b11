"""A knowledge base: one SQLite file, or one PostgreSQL database."""

import json
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from headstart.base import TaskKind
from headstart.exceptions import KnowledgeBaseError
from headstart.machine.atomic import replacing
from headstart.machine.places import is_url, show_place
from headstart.meta.evidence import Evidence
from headstart.meta.records import (
    DatasetRecord,
    EvaluationRecord,
    FetchRecord,
    ForeignEvaluation,
    ForeignSetup,
    MetaFeatures,
    Record,
)
from headstart.meta.store.changes import Added, Conflict
from headstart.meta.store.evidence import (
    DIAGNOSIS,
    LOOKUP,
    Bounds,
    Gathered,
    Gathering,
)
from headstart.meta.store.export import digest_of, read_export, write_export
from headstart.meta.store.lines import KINDS, Line
from headstart.meta.store.reader import Reader, SqliteReader
from headstart.meta.store.rows import TABLES, Fetch, read_rows

if TYPE_CHECKING:
    from headstart.meta.store.sql.database import Database
    from headstart.meta.store.sql.writing import Writer

__all__ = ["KnowledgeBase"]


class KnowledgeBase:
    """Records of datasets and of the scores of configurations on them.

    Rows are never changed: an equal record is not added again, and a contradicting
    record is stored beside the first one. Any number of processes may read while one
    writes; a second writer waits. Use `open` to get one.

    Examples
    --------
    >>> import tempfile
    >>> from headstart.meta.records import DatasetRecord
    >>> record = DatasetRecord(
    ...     "0" * 64, "iris", "iris", "local", TaskKind.MULTICLASS, 150, 4, 3
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with KnowledgeBase.open(f"{folder}/base.db") as base:
    ...         first, again = base.add([record]), base.add([record])
    ...         names = [dataset.name for dataset in base.datasets()]
    >>> first.n_new, again.n_known, names
    (1, 1, ['iris'])
    """

    def __init__(
        self, place: str, reader: Reader, database: "Database | None" = None
    ) -> None:
        self._place = place
        self._reader = reader
        self._database = database
        self._writer: Writer | None = None
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls,
        where: str | Path,
        *,
        read_only: bool = False,
        immutable: bool = False,
        deadline: float | None = None,
    ) -> Self:
        """Return an open base; for writing, it is made if it does not exist.

        Parameters
        ----------
        where : str or Path
            Path of an SQLite file, or a URL ``postgresql://user@host/database``.
        read_only : bool, default=False
        immutable : bool, default=False
            Whether no process writes to the file while it is open, as for a file of an
            installed package. No locks are taken then. Implies `read_only`.
        deadline : float or None, default=None
            Time of `time.monotonic` by which a busy file or a server must answer.
            None: half a minute per wait, and no limit for a server that has answered
            once.

        Raises
        ------
        KnowledgeBaseError
            If the base does not exist (read only), is not a base, is damaged, has a
            newer schema, or cannot be reached.
        MissingPluginError
            If the base is in PostgreSQL, and its driver is not installed.
        """
        read_only = read_only or immutable
        if isinstance(where, str) and is_url(where):
            return cls._open_url(where, read_only=read_only, deadline=deadline)
        path = Path(where)
        place = show_place(path)
        if read_only:
            reader = SqliteReader(path, immutable=immutable, deadline=deadline)
            return cls(place, reader)
        database = _open_database(path, deadline=deadline)
        try:
            return cls(place, SqliteReader(path, deadline=deadline), database)
        except BaseException:
            database.close()
            raise

    @classmethod
    def _open_url(cls, url: str, *, read_only: bool, deadline: float | None) -> Self:
        if not url.startswith(("postgresql://", "postgresql+psycopg://")):
            raise KnowledgeBaseError(
                "The place of a knowledge base must be the path of a file or a URL "
                "like postgresql://user@host/database. Got a URL that begins with "
                f"{url.partition(':')[0]!r:.40}."
            )
        database = _open_database(url, deadline=deadline, is_prepared=read_only)
        try:
            reader = database.reader()
        except BaseException:
            database.close()
            raise
        return cls(database.place, reader, None if read_only else database)

    @property
    def place(self) -> str:
        """The place of the base: a path, or a URL without its password."""
        return self._place

    def close(self) -> None:
        """Close the base."""
        self._reader.close()
        if self._database is not None:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run several calls of `add` in one transaction.

        A nested transaction is part of the outermost one. An error in a nested
        transaction undoes that part only, if it is caught outside of it.

        Raises
        ------
        KnowledgeBaseError
            If the base is read only, or another process is writing for too long.
        """
        if self._database is None:
            raise KnowledgeBaseError(
                f"The knowledge base {self._place} is open for reading only. hint: "
                "write to your own base, and merge."
            )
        with self._lock:
            if self._writer is not None:
                writer = self._writer
                try:
                    with writer.connection.begin_nested():
                        yield
                except BaseException:
                    writer.forget()
                    raise
                return
            with self._database.writing() as writer:
                self._writer = writer
                try:
                    yield
                finally:
                    self._writer = None

    def add(self, records: Iterable[Record], *, origin: str | None = None) -> Added:
        """Add records in one transaction, and return the numbers of them.

        Parameters
        ----------
        records : iterable of Record
        origin : str or None
            Origin of the records; by default that of each evaluation, and ``"local"``
            for other records.

        Raises
        ------
        KnowledgeBaseError
            If a field of a record has an invalid value (the message names it), or the
            base cannot be written. Nothing is added then.
        """
        return self.add_lines(Line.of(record, origin) for record in records)

    def add_lines(self, lines: Iterable[Line]) -> Added:
        """Add checked records with their origins."""
        with self.transaction():
            assert self._writer is not None  # set by transaction
            return self._writer.add(lines)

    def merge(self, other: "KnowledgeBase", *, origin: str | None = None) -> Added:
        """Add all records of another base, including its fetches.

        Parameters
        ----------
        other : KnowledgeBase
        origin : str or None
            Origin of the records; by default that in the other base.
        """
        # Spooled to disk: the records may exceed memory, and neither base waits for the
        # other.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
            with other.snapshot() as fetch:
                for kind in KINDS:
                    for row in read_rows(fetch, kind):
                        line = row.line
                        spool.write(json.dumps([kind, line.fields, line.origin]) + "\n")
            spool.seek(0)
            return self.add_lines(_spooled(spool, origin))

    def import_lines(
        self, path: str | Path, *, origin: str | None = None, sha256: str | None = None
    ) -> Added:
        """Add the records of an export, all or none.

        Parameters
        ----------
        path : str or Path
        origin : str or None
            Origin of the records; by default that in the lines.
        sha256 : str or None
            Expected hash of the file; None: it is not checked.

        Raises
        ------
        KnowledgeBaseError
            If a line is invalid (the message has its number), or the hash differs.
            Nothing is added then.
        """
        return self.add_lines(read_export(Path(path), origin=origin, sha256=sha256))

    # Reading

    def export(self, path: str | Path) -> str:
        """Write all records as canonical JSON lines, and return the file's SHA-256.

        Equal bases give equal bytes, in whatever order their records were added. The
        log of fetches is left out, because it describes this machine only. The file
        appears at its path only when it is complete.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        with self.snapshot() as fetch:
            return write_export(fetch, Path(path))

    def digest(self) -> str:
        """Return the SHA-256 that `export` returns: the identity of the base."""
        with self.snapshot() as fetch:
            return digest_of(fetch)

    def pack(self, path: str | Path) -> None:
        """Write a compact, read-only copy to a path; a file at the path is replaced.

        Raises
        ------
        KnowledgeBaseError
            If the base is not an SQLite file, or the copy cannot be written.
        """
        if not isinstance(self._reader, SqliteReader):
            raise KnowledgeBaseError(
                f"Only a base in a file can be packed. Got {self._place}. hint: merge "
                "it into a file first."
            )
        with replacing(Path(path)) as new:
            self._reader.pack_into(new)

    def datasets(self) -> list[DatasetRecord]:
        """Return the datasets, one per uid: of conflicting ones the first by hash."""
        records: list[Any] = self._first_of_each("dataset")
        return sorted(records, key=lambda record: (record.name, record.uid))

    def meta_features(self, source: str | None = None) -> list[MetaFeatures]:
        """Return all meta-features, or those of one source.

        There is one record per dataset, source and version: of conflicting records the
        first by hash.
        """
        records: list[Any] = self._first_of_each("meta_features")
        return [r for r in records if source is None or r.source == source]

    def evaluations(
        self, *, dataset_uid: str | None = None, learner: str | None = None
    ) -> Iterator[EvaluationRecord]:
        """Return all evaluations, or those of one dataset or learner."""
        for record in self._records("evaluation"):
            if dataset_uid is not None and record.dataset_uid != dataset_uid:
                continue
            if learner is None or record.configuration.learner == learner:
                yield record

    def foreign_evaluations(self) -> list[ForeignEvaluation]:
        """Return the scores of runs on OpenML."""
        return list(self._records("foreign_evaluation"))

    def foreign_setups(self) -> list[ForeignSetup]:
        """Return the setups of flows on OpenML."""
        return list(self._records("foreign_setup"))

    def fetches(self, server: str | None = None) -> list[FetchRecord]:
        """Return all fetches, or those from one server, oldest first."""
        records = [
            r for r in self._records("fetch") if server is None or r.server == server
        ]
        return sorted(records, key=lambda r: (r.fetched_at, r.key))

    def conflicts(self) -> list[Conflict]:
        """Return the records that contradict each other."""
        conflicting = []
        with self.snapshot() as fetch:
            for kind, table in TABLES.items():
                where = (
                    f"where key_hash in (select key_hash from {table} "
                    "group by key_hash having count(*) > 1)"
                )
                groups: dict[int, list[Line]] = {}
                for row in read_rows(fetch, kind, where):
                    groups.setdefault(row.key_hash, []).append(row.line)
                conflicting += [
                    Conflict(lines[0].about, tuple(line.origin for line in lines))
                    for lines in groups.values()
                ]
        return conflicting

    def evidence(
        self,
        kinds: frozenset[TaskKind],
        metric: str,
        *,
        learners: Mapping[str, int] | None = None,
        source: str = "headstart",
    ) -> Evidence:
        """Return the evidence of the base for a task.

        Of several evaluations of a cell, successes take precedence over failures, and
        then those on most rows; the remaining ones are averaged. Datasets without a
        success are left out. If too few datasets have the metric, the closest metric
        with enough datasets replaces it (see `candidate_metrics`). Of a large base,
        the part within the bounds of `LOOKUP` is read.

        Parameters
        ----------
        kinds : frozenset of TaskKind
        metric : str
        learners : mapping of str to int, or None
            Installed learners, with the version of their space; configurations of
            other learners are left out. None: all are read.
        source : str, default="headstart"
            Source of the meta-features; those of two sources are never mixed.

        Raises
        ------
        KnowledgeBaseError
            If the base is damaged.
        """
        return self.gathered(
            kinds, metric, learners=learners, source=source, bounds=LOOKUP
        ).evidence

    def gathered(
        self,
        kinds: frozenset[TaskKind],
        metric: str,
        *,
        learners: Mapping[str, int] | None = None,
        source: str = "headstart",
        bounds: Bounds = DIAGNOSIS,
    ) -> Gathered:
        """Return evidence with the uids of its datasets, within bounds.

        Parameters
        ----------
        kinds, metric, learners, source
            As for `evidence`.
        bounds : Bounds
        """
        gathering = Gathering(kinds, metric, learners, source, bounds)
        with self.snapshot() as fetch:
            gathering.take(fetch, self._place)
        return gathering.gathered()

    @contextmanager
    def snapshot(self) -> Iterator[Fetch]:
        """Yield a function that runs queries on a snapshot of the base.

        Within a `transaction`, the snapshot includes its changes so far.
        """
        with self._lock:
            if self._writer is None:
                with self._reader.snapshot() as fetch:
                    yield fetch
                return
            connection = self._writer.connection
            yield lambda query: [tuple(r) for r in connection.exec_driver_sql(query)]

    def _records(self, kind: str) -> Iterator[Any]:
        with self.snapshot() as fetch:
            rows = list(read_rows(fetch, kind))
        return iter([row.line.record for row in rows])

    def _first_of_each(self, kind: str) -> list[Any]:
        """Return one record of each group with the same subject."""
        with self.snapshot() as fetch:
            first: dict[int, Line] = {}
            for row in read_rows(fetch, kind):
                first.setdefault(row.key_hash, row.line)
        return [line.record for line in first.values()]


def _spooled(spool: Iterable[str], origin: str | None) -> Iterator[Line]:
    """Yield spooled lines, which were checked when they were written."""
    for text in spool:
        name, fields, of = json.loads(text)
        yield (
            Line(KINDS[name], fields, of)
            if origin is None
            else Line.checked(KINDS[name], fields, origin)
        )


def _open_database(
    where: Path | str, *, deadline: float | None, is_prepared: bool = False
) -> "Database":
    # SQLAlchemy is imported for writing and for PostgreSQL only: see `reader`.
    from headstart.meta.store.sql.database import Database

    return Database.open(where, deadline=deadline, is_prepared=is_prepared)
