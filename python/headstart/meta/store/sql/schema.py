"""The tables of a knowledge base for SQLAlchemy, to make and write them.

Only this subpackage needs SQLAlchemy. `headstart.meta.store.reader` reads SQLite files
without it.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

__all__ = ["metadata"]

metadata = MetaData()


def _text_id(name: str) -> Column[Any]:
    return Column(name, Integer, ForeignKey("texts.id"), nullable=False)


def _big(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False)


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False)


def _records(name: str, *columns: Column[Any]) -> Table:
    """Return a table of records, unique by content and indexed by subject."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("content", LargeBinary(32), nullable=False, unique=True),
        _big("key_hash"),
        _text("origin"),
        *columns,
        Index(f"{name}_by_key", "key_hash"),
    )


Table("meta", metadata, Column("name", Text, primary_key=True), _text("value"))

# Unique by digest: indexes of PostgreSQL cannot have long texts.
Table(
    "texts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    _text("text"),
)

Table(
    "configurations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content", LargeBinary(32), nullable=False, unique=True),
    _text("learner"),
    _big("space_version"),
    _text("json"),
)

_records(
    "datasets",
    _text_id("dataset"),
    _text("name"),
    _text("family"),
    _text("source"),
    _text("kind"),
    _big("n_rows"),
    _big("n_features"),
    _big("n_classes"),
    _text("licence"),
)

_records(
    "meta_features",
    _text_id("dataset"),
    _text("source"),
    _big("version"),
    _text_id("names"),
    # float64, little-endian, in the order of names
    Column("numbers", LargeBinary, nullable=False),
)

_records(
    "evaluations",
    _text_id("dataset"),
    Column("configuration", Integer, ForeignKey("configurations.id"), nullable=False),
    _text_id("metrics"),
    # float32, little-endian, folds by metrics
    Column("scores", LargeBinary, nullable=False),
    Column("fit_seconds", Double),
    Column("predict_seconds", Double),
    _text("status"),
    _text("reason"),
    _text_id("scheme"),
    _big("n_rows"),
    _text_id("engine_version"),
    _text_id("machine"),
    _big("seed"),
)

_records(
    "foreign_evaluations",
    _text_id("dataset"),
    _big("run_id"),
    _big("task_id"),
    _big("flow_id"),
    _text_id("flow_name"),
    _big("setup_id"),
    _text_id("function"),
    Column("value", Double),
    _text("upload_time"),
    _text_id("server"),
)

_records(
    "foreign_setups",
    _big("setup_id"),
    _big("flow_id"),
    _text_id("flow_name"),
    _text_id("server"),
    _text("parameters"),
    Column("configuration", Integer, ForeignKey("configurations.id")),
)

_records(
    "fetch_log",
    _text_id("server"),
    _text("request"),
    _text("fetched_at"),
    _text("sha256"),
    _text("outcome"),
)
