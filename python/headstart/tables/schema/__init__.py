"""The schema of a table: its columns, learnt from training rows and enforced later."""

from headstart.tables.schema.schema import Schema

__all__ = ["Schema"]
