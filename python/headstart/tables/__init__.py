"""The one seam to pandas, polars, Arrow, NumPy and files; column kinds, schema, views.

`to_frame` takes what the user has, `Schema` learns its columns and brings any later
table to one canonical form, `ViewEncoder` gives learners the matrix they ask for, and
`TargetEncoder` turns labels into codes and back.
"""

from headstart.tables.encode.target import TargetEncoder, name_of_target, to_target
from headstart.tables.encode.views import ViewEncoder
from headstart.tables.kinds.inference import ColumnKind
from headstart.tables.read.files import read_table
from headstart.tables.read.frames import (
    feature_names,
    split_target,
    to_frame,
    to_frame_like,
    with_known_target,
)
from headstart.tables.read.storage import read_frame, write_frame
from headstart.tables.read.vectors import to_series
from headstart.tables.schema.columns import Column
from headstart.tables.schema.distinct import count_distinct
from headstart.tables.schema.schema import Schema
from headstart.tables.schema.summary import summarize
from headstart.tables.schema.unseen import describe_unseen

__all__ = [
    "Column",
    "ColumnKind",
    "Schema",
    "TargetEncoder",
    "ViewEncoder",
    "count_distinct",
    "describe_unseen",
    "feature_names",
    "name_of_target",
    "read_frame",
    "read_table",
    "split_target",
    "summarize",
    "to_frame",
    "to_frame_like",
    "to_series",
    "to_target",
    "with_known_target",
    "write_frame",
]
