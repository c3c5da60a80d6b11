"""The meta-features of a dataset, as stored in the base."""

import polars as pl

from headstart.base import TaskKind
from headstart.meta.features import VERSION, describe
from headstart.meta.records import MetaFeatures
from headstart.tables import Schema, TargetEncoder

__all__ = ["describe_dataset"]


def describe_dataset(
    uid: str, X: pl.DataFrame, y: pl.Series, kind: TaskKind
) -> MetaFeatures:
    """Return the meta-features of a whole table.

    Parameters
    ----------
    uid : str
    X : DataFrame
    y : Series
    kind : TaskKind

    Raises
    ------
    TableError
        If the table has no usable column.
    """
    target = TargetEncoder.learn(
        y, "classification" if kind.is_classification else "regression"
    )
    values = describe(X, Schema.learn(X), target.encode(y), target.kind)
    return MetaFeatures(uid, "headstart", VERSION, values)
