"""Adding of records: stored ones do not change, conflicting ones are added."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select

from headstart.meta.store.changes import Added, Conflict
from headstart.meta.store.lines import KINDS, Line
from headstart.meta.store.rows import TABLES, columns_of
from headstart.meta.store.sql.schema import metadata

__all__ = ["Writer"]

_AT_ONCE = 500


class Writer:
    """Adds records within one transaction, which excludes other writers.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._texts: dict[str, int] = {}
        self._configurations: dict[str, int] = {}

    def forget(self) -> None:
        """Forget cached ids, after a part of the transaction was rolled back."""
        self._texts.clear()
        self._configurations.clear()

    def add(self, lines: Iterable[Line]) -> Added:
        """Add checked records, a bounded number at a time."""
        n_new = n_known = 0
        conflicts: list[Conflict] = []
        remaining = iter(lines)
        while block := list(islice(remaining, _AT_ONCE)):
            for kind in KINDS:
                of_kind = [line for line in block if line.kind.name == kind]
                if of_kind:
                    added, against = self._add_block(TABLES[kind], of_kind)
                    n_new += added
                    n_known += len(of_kind) - added
                    conflicts += against
        return Added(n_new, n_known, tuple(conflicts))

    def _add_block(
        self, name: str, lines: Sequence[Line]
    ) -> tuple[int, list[Conflict]]:
        table = metadata.tables[name]
        new: dict[bytes, Line] = {}
        for line in lines:
            first = new.setdefault(line.content, line)
            if line.origin < first.origin:
                new[line.content] = line
        origins = self._origins(table, list(new))
        self._relabel(table, origins, new)
        for content in origins:
            del new[content]
        conflicts = self._conflicts(table, list(new.values()))
        self._insert(table, list(new.values()))
        return len(new), conflicts

    def _origins(self, table: Table, contents: list[bytes]) -> dict[bytes, str]:
        rows = self.connection.execute(
            select(table.c.content, table.c.origin).where(table.c.content.in_(contents))
        )
        return {bytes(content): origin for content, origin in rows}

    def _relabel(
        self, table: Table, origins: dict[bytes, str], lines: dict[bytes, Line]
    ) -> None:
        """Set the origin of stored records to the first one in alphabetical order.

        The result of merges does not depend on their order then.
        """
        changed = [
            {"of_row": content, "first": lines[content].origin}
            for content, origin in origins.items()
            if lines[content].origin < origin
        ]
        if changed:
            self.connection.execute(
                table.update()
                .where(table.c.content == bindparam("of_row"))
                .values(origin=bindparam("first")),
                changed,
            )

    def _conflicts(self, table: Table, lines: list[Line]) -> list[Conflict]:
        """Return conflicts of lines with stored rows, and among each other."""
        rows = self.connection.execute(
            select(table.c.key_hash, table.c.origin)
            .where(table.c.key_hash.in_([line.key_hash for line in lines]))
            .order_by(table.c.id)
        )
        first: dict[int, str] = {}
        for key, origin in rows:
            first.setdefault(key, origin)
        conflicts = []
        for line in lines:
            if line.key_hash in first:
                conflicts.append(
                    Conflict(line.about, (first[line.key_hash], line.origin))
                )
            else:
                first[line.key_hash] = line.origin
        return conflicts

    def _insert(self, table: Table, lines: list[Line]) -> None:
        if not lines:
            return
        texts: set[str] = set()
        configurations: set[str] = set()

        def note(into: set[str], text: str) -> int:
            into.add(text)
            return 0

        for line in lines:
            columns_of(
                line, lambda t: note(texts, t), lambda c: note(configurations, c)
            )
        self._store_texts(texts)
        self._store_configurations(configurations)
        self.connection.execute(
            table.insert(),
            [
                columns_of(
                    line, self._texts.__getitem__, self._configurations.__getitem__
                )
                for line in lines
            ],
        )

    def _store_texts(self, texts: set[str]) -> None:
        rows = {
            hashlib.sha256(text.encode()).digest(): {"text": text}
            for text in texts - self._texts.keys()
        }
        ids = self._store(metadata.tables["texts"], "digest", rows)
        self._texts |= {rows[digest]["text"]: ids[digest] for digest in rows}

    def _store_configurations(self, configurations: set[str]) -> None:
        rows = {}
        for text in configurations - self._configurations.keys():
            fields = json.loads(text)
            rows[hashlib.sha256(text.encode()).digest()] = {
                "learner": fields["learner"],
                "space_version": fields["space_version"],
                "json": text,
            }
        ids = self._store(metadata.tables["configurations"], "content", rows)
        self._configurations |= {rows[key]["json"]: ids[key] for key in rows}

    def _store(
        self, table: Table, by: str, rows: dict[bytes, dict[str, Any]]
    ) -> dict[bytes, int]:
        """Insert the rows that are not stored, and return the ids of all rows."""
        if not rows:
            return {}
        ids = self._ids(table, by, list(rows))
        missing = [{by: key, **row} for key, row in rows.items() if key not in ids]
        if missing:
            # Sorted, so that the same records make the same file.
            self.connection.execute(table.insert(), sorted(missing, key=itemgetter(by)))
            ids = self._ids(table, by, list(rows))
        return ids

    def _ids(self, table: Table, by: str, keys: list[bytes]) -> dict[bytes, int]:
        ids: dict[bytes, int] = {}
        for start in range(0, len(keys), _AT_ONCE):
            rows = self.connection.execute(
                select(table.c[by], table.c.id).where(
                    table.c[by].in_(keys[start : start + _AT_ONCE])
                )
            )
            ids |= {bytes(key): number for key, number in rows}
        return ids
