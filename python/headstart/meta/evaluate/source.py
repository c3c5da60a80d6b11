"""The datasets to evaluate on: a manifest next to their files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from headstart.base import TaskKind
from headstart.exceptions import KnowledgeBaseError, TableError
from headstart.meta.identity import dataset_uid
from headstart.meta.records import DatasetRecord
from headstart.tables import to_frame

__all__ = ["Source", "read_manifest"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file with a table, and its target.

    Parameters
    ----------
    name : str
    path : Path
        CSV or Parquet.
    target : str
    kind : TaskKind
    family : str
        By default the name, for a family of its own.
    licence : str
    origin : str
        Source of the table, which is stored in the base.
    """

    name: str
    path: Path
    target: str
    kind: TaskKind
    family: str = ""
    licence: str = ""
    origin: str = "local"

    def read(self) -> tuple[pl.DataFrame, pl.Series]:
        """Return features and target.

        Raises
        ------
        TableError
            If the file cannot be read, or has no such column.
        """
        frame = to_frame(self.path)
        if self.target not in frame.columns:
            raise TableError(
                f"{self.path.name} has no column {self.target!r}. "
                f"It has: {', '.join(frame.columns[:20])}."
            )
        y = frame[self.target]
        if self.kind is TaskKind.REGRESSION:
            y = y.cast(pl.Float64)
        elif isinstance(y.dtype, pl.Categorical | pl.Enum):
            y = y.cast(pl.String)
        return frame.drop(self.target), y

    def describe(self, X: pl.DataFrame, y: pl.Series) -> DatasetRecord:
        """Return the base's record of the table."""
        n_classes = 0
        if self.kind is not TaskKind.REGRESSION:
            n_classes = int(np.unique(y.to_numpy().astype(str)).size)
        return DatasetRecord(
            uid=dataset_uid(
                X.with_columns(y.alias(self.target)), self.target, self.kind
            ),
            name=self.name,
            family=self.family or self.name,
            source=self.origin,
            kind=self.kind,
            n_rows=X.height,
            n_features=X.width,
            n_classes=n_classes,
            licence=self.licence,
        )


def read_manifest(
    path: Path, families: Mapping[str, str] | None = None
) -> list[Source]:
    """Return the sources that a manifest lists.

    Parameters
    ----------
    path : Path
        A JSON list of objects with ``name``, ``file``, ``task`` (a `TaskKind`) and
        ``target``; ``source`` and ``licence`` where known.
    families : mapping of str to str, optional
        Family of a dataset by its name, where it has siblings.

    Raises
    ------
    KnowledgeBaseError
        If the file cannot be read or an entry lacks something.
    """
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_text())
        return [
            Source(
                name=entry["name"],
                path=path.parent / entry["file"],
                target=entry["target"],
                kind=TaskKind(entry["task"]),
                family=(families or {}).get(entry["name"], ""),
                licence=entry.get("licence") or "",
                origin=entry.get("source") or "local",
            )
            for entry in entries
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KnowledgeBaseError(
            f"The manifest {path} cannot be read: {type(error).__name__}: {error}. "
            "Expected a JSON list of objects with name, file, task and target."
        ) from error
