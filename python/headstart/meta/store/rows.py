"""Conversion between records and the rows of tables."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.store import rules
from headstart.meta.store.layout import COLUMNS
from headstart.meta.store.lines import (
    KINDS,
    Line,
    NewerRecordError,
    RecordKind,
    canonical,
)

__all__ = [
    "TABLES",
    "Fetch",
    "Names",
    "StoredRow",
    "columns_of",
    "explaining_damage",
    "raw_blocks",
    "read_names",
    "read_rows",
    "read_texts",
    "stored_row",
]

Fetch = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs a query without parameters and returns all its rows."""

_AT_ONCE = 2_000

TABLES: Mapping[str, str] = {
    "dataset": "datasets",
    "meta_features": "meta_features",
    "evaluation": "evaluations",
    "foreign_evaluation": "foreign_evaluations",
    "foreign_setup": "foreign_setups",
    "fetch": "fetch_log",
}
"""The table of each kind of record."""

# Columns with another name than their field.
_COLUMN_OF = {
    ("dataset", "uid"): "dataset",
    ("meta_features", "dataset_uid"): "dataset",
    ("evaluation", "dataset_uid"): "dataset",
    ("foreign_evaluation", "dataset_uid"): "dataset",
    ("fetch", "key"): "request",
}

# Columns that hold the id of a text instead of the text.
_BY_ID = {
    "dataset": {"dataset"},
    "meta_features": {"dataset"},
    "evaluation": {"dataset", "scheme", "engine_version", "machine"},
    "foreign_evaluation": {"dataset", "flow_name", "function", "server"},
    "foreign_setup": {"flow_name", "server"},
    "fetch": {"server"},
}


@dataclass(frozen=True, slots=True)
class Names:
    """Texts and configurations by the ids in rows."""

    texts: Mapping[int, str]
    configurations: Mapping[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of a table of records: its stored hashes, and the line they belong to."""

    id: int
    content: bytes
    key_hash: int
    line: Line


def columns_of(
    line: Line,
    text_id: Callable[[str], int],
    configuration_id: Callable[[str], int],
) -> dict[str, Any]:
    """Return the columns of a record's row, without its ``id``.

    Parameters
    ----------
    line : Line
    text_id : callable
        Returns the id of a text.
    configuration_id : callable
        Returns the id of a configuration, given its canonical JSON.
    """
    kind = line.kind.name
    row: dict[str, Any] = {
        "content": line.content,
        "key_hash": line.key_hash,
        "origin": line.origin,
    }
    for field, value in line.fields.items():
        column = _COLUMN_OF.get((kind, field), field)
        if column in _BY_ID[kind]:
            row[column] = text_id(value)
        elif field == "configuration":
            row[column] = None if value is None else configuration_id(canonical(value))
        elif field == "metrics":
            row[column] = text_id(canonical(value))
        elif field == "scores":
            table = np.array(value, dtype=np.float64)  # None becomes NaN
            row[column] = table.astype("<f4").tobytes()
        elif field == "values":
            row["names"] = text_id(canonical(sorted(value)))
            numbers = np.array([value[name] for name in sorted(value)], np.float64)
            row["numbers"] = numbers.astype("<f8").tobytes()
        elif field == "parameters":
            row[column] = canonical(value)
        else:
            row[column] = value
    return row


def read_texts(fetch: Fetch) -> Mapping[int, str]:
    """Return all texts by id."""
    with explaining_damage("The table 'texts' is damaged"):
        return dict(fetch("select id, text from texts"))


def read_names(
    fetch: Fetch, texts: Mapping[int, str], rows: Iterable[Mapping[str, Any]]
) -> Names:
    """Return the texts and configurations of the ids in some rows.

    Parameters
    ----------
    fetch : callable
    texts : mapping of int to str
        All texts by id.
    rows : iterable of mapping
        Rows by column.
    """
    with explaining_damage("The table 'configurations' is damaged"):
        numbers = {row["configuration"] for row in rows if row.get("configuration")}
        listed = ", ".join(str(rules.integer(number)) for number in sorted(numbers))
        configurations = {
            number: rules.configuration(json.loads(text))
            for number, text in fetch(
                f"select id, json from configurations where id in ({listed or 'null'})"
            )
        }
    return Names(texts, configurations)


def raw_blocks(
    fetch: Fetch, kind: str, where: str = ""
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table of records by column, in the order of `content`.

    Each block has some thousand rows, since a base may exceed memory.

    Parameters
    ----------
    fetch : callable
    kind : str
        Name of the kind of record.
    where : str
        A condition in SQL.
    """
    table = TABLES[kind]
    columns = COLUMNS[table]
    numbers = [
        row[0] for row in fetch(f"select id from {table} {where} order by content")
    ]
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        listed = ", ".join(str(rules.integer(number)) for number in some)
        yield [
            dict(zip(columns, row, strict=True))
            for row in fetch(
                f"select {', '.join(columns)} from {table} where id in ({listed}) "
                "order by content"
            )
        ]


def stored_row(kind: RecordKind, row: Mapping[str, Any], names: Names) -> StoredRow:
    """Return a row with its checked record.

    Parameters
    ----------
    kind : RecordKind
    row : mapping of str to object
        Values by column.
    names : Names

    Raises
    ------
    KnowledgeBaseError
        If a value is invalid.
    """
    with explaining_damage(f"A row of the table {TABLES[kind.name]!r} is damaged"):
        values = {field: _value(kind.name, field, row, names) for field in kind.fields}
        line = Line.checked(kind, values, row["origin"])
        return StoredRow(
            rules.integer(row["id"]),
            _blob(row["content"]),
            rules.integer(row["key_hash"]),
            line,
        )


def read_rows(fetch: Fetch, kind: str, where: str = "") -> Iterator[StoredRow]:
    """Yield rows of a table of records, in the order of `content`.

    Parameters
    ----------
    fetch : callable
    kind : str
        Name of the kind of record.
    where : str
        A condition in SQL.

    Raises
    ------
    KnowledgeBaseError
        If a row has an invalid value.
    """
    texts = read_texts(fetch)
    for rows in raw_blocks(fetch, kind, where):
        names = read_names(fetch, texts, rows)
        for row in rows:
            yield stored_row(KINDS[kind], row, names)


@contextmanager
def explaining_damage(problem: str) -> Iterator[None]:
    """Convert errors to a KnowledgeBaseError on the content of a base.

    Only for code that parses stored values, where any wrong type, length or id is an
    error of the file. Values of a newer version are not reported as damage.
    """
    try:
        yield
    except NewerRecordError:
        raise
    except rules.UnknownValueError as error:
        raise NewerRecordError(f"A value in the base {error}") from error
    except KnowledgeBaseError as error:
        raise KnowledgeBaseError(f"{problem}. {error}") from error
    except (
        TypeError,
        ValueError,
        LookupError,
        OverflowError,
        RecursionError,
        AttributeError,
    ) as error:
        raise KnowledgeBaseError(
            f"{problem}. {type(error).__name__}: {error!s:.300} hint: restore the base "
            "from a copy or an export, or rebuild it."
        ) from error


def _blob(value: Any) -> bytes:
    if not isinstance(value, bytes | memoryview):
        raise TypeError(f"expected bytes, found {type(value).__name__}")
    return bytes(value)


def _value(kind: str, field: str, row: Mapping[str, Any], names: Names) -> Any:
    """Return a row's value of a field, before it is checked."""
    if field == "values":
        listed = json.loads(names.texts[row["names"]])
        numbers = np.frombuffer(row["numbers"], dtype="<f8")
        return dict(zip(listed, numbers.tolist(), strict=True))
    column = _COLUMN_OF.get((kind, field), field)
    value = row[column]
    if column in _BY_ID[kind]:
        return names.texts[value]
    if field == "configuration":
        return None if value is None else names.configurations[value]
    if field == "metrics":
        return json.loads(names.texts[value])
    if field == "parameters":
        return json.loads(value)
    if field == "scores":
        n_metrics = len(json.loads(names.texts[row["metrics"]]))
        return np.frombuffer(value, dtype="<f4").reshape(-1, n_metrics)
    return value
