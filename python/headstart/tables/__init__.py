"""Tables of pandas, polars, Arrow, NumPy and files; column kinds, schemas and views.

`to_frame` converts a user's table, `Schema` learns its columns and converts later
tables to the same canonical form, `ViewEncoder` makes the matrix that a learner asks
for, and `TargetEncoder` converts labels to codes and back.
"""

from headstart.tables.encode.target import TargetEncoder, name_of_target, to_target
from headstart.tables.encode.views import ViewEncoder
from headstart.tables.kinds.inference import ColumnKind, texts_declared
from headstart.tables.kinds.levels import OTHER_LEVEL, known_levels, level_words
from headstart.tables.read.frames import (
    feature_names,
    split_target,
    to_frame,
    to_frame_like,
    to_table,
    with_known_target,
)
from headstart.tables.read.from_pandas import indexes_differ
from headstart.tables.read.reading import ANY_READING, Reading
from headstart.tables.read.storage import read_frame, write_frame
from headstart.tables.read.vectors import to_series
from headstart.tables.schema.columns import Column
from headstart.tables.schema.distinct import count_distinct
from headstart.tables.schema.examples import examples_of
from headstart.tables.schema.schema import Schema
from headstart.tables.schema.summary import summarize
from headstart.tables.schema.unseen import Unseen

__all__ = [
    "ANY_READING",
    "OTHER_LEVEL",
    "Column",
    "ColumnKind",
    "Reading",
    "Schema",
    "TargetEncoder",
    "Unseen",
    "ViewEncoder",
    "count_distinct",
    "examples_of",
    "feature_names",
    "indexes_differ",
    "known_levels",
    "level_words",
    "name_of_target",
    "read_frame",
    "split_target",
    "summarize",
    "texts_declared",
    "to_frame",
    "to_frame_like",
    "to_series",
    "to_table",
    "to_target",
    "with_known_target",
    "write_frame",
]
