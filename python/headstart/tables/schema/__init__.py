"""The schema of a table: its columns, learnt once and enforced ever after."""

from headstart.tables.schema.schema import Schema

__all__ = ["Schema"]
