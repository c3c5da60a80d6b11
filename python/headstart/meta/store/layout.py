"""Names of a knowledge base's tables and columns, without a library.

`sql.schema` builds the same tables with SQLAlchemy; a test compares the two. Reading
an SQLite file needs the names only.

Repeated texts (uids of datasets, lists of metrics, schemes, servers) are stored once in
`texts`; other tables have their ids. Every row of the six tables of records has

``content``
    SHA-256 of the record's canonical line, which is unique;
``key_hash``
    64 bits of the hash of the fields that identify the record's subject: different rows
    with the same key contradict each other;
``origin``
    source of the record.
"""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["COLUMNS", "SCHEMA_VERSION"]

SCHEMA_VERSION = 1

_IDENTITY = ("id", "content", "key_hash", "origin")

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "meta": ("name", "value"),
        "texts": ("id", "digest", "text"),
        "configurations": ("id", "content", "learner", "space_version", "json"),
        "datasets": (
            *_IDENTITY,
            "dataset",
            "name",
            "family",
            "source",
            "kind",
            "n_rows",
            "n_features",
            "n_classes",
            "licence",
        ),
        "meta_features": (
            *_IDENTITY,
            "dataset",
            "source",
            "version",
            "names",
            "numbers",
        ),
        "evaluations": (
            *_IDENTITY,
            "dataset",
            "configuration",
            "metrics",
            "scores",
            "fit_seconds",
            "predict_seconds",
            "status",
            "reason",
            "scheme",
            "n_rows",
            "engine_version",
            "machine",
            "seed",
        ),
        "foreign_evaluations": (
            *_IDENTITY,
            "dataset",
            "run_id",
            "task_id",
            "flow_id",
            "flow_name",
            "setup_id",
            "function",
            "value",
            "upload_time",
            "server",
        ),
        "foreign_setups": (
            *_IDENTITY,
            "setup_id",
            "flow_id",
            "flow_name",
            "server",
            "parameters",
            "configuration",
        ),
        "fetch_log": (
            *_IDENTITY,
            "server",
            "request",
            "fetched_at",
            "sha256",
            "outcome",
        ),
    }
)
"""Columns of each table, in order."""
