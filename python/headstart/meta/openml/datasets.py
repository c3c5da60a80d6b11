"""The checked dataset of a task of a suite, as records.

Cheap calls come first: nothing is downloaded before the description, the columns and
the number of rows have been checked.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from headstart.base import TaskKind
from headstart.exceptions import TableError
from headstart.meta.identity import dataset_uid
from headstart.meta.openml.errors import (
    MalformedReplyError,
    ServerRefusalError,
    UnusableDatasetError,
)
from headstart.meta.openml.options import RefreshOptions
from headstart.meta.openml.plan import reason_to_leave_out, too_large
from headstart.meta.openml.replies import (
    CLASSIFICATION,
    DescriptionReply,
    FeatureReply,
    TaskReply,
)
from headstart.meta.openml.session import Session
from headstart.meta.openml.text import clean_name, family_of
from headstart.meta.records import DatasetRecord, MetaFeatures
from headstart.tables import to_frame

__all__ = ["FetchedDataset", "fetch_dataset", "fetch_description"]

T = TypeVar("T")

# Unknown dataset, private dataset, no such features: errors of this dataset only.
_NO_DATASET = frozenset({110, 111, 112, 113, 131})
_NO_FEATURES = frozenset({270, 271, 272, 273, 274})
_NO_QUALITIES = frozenset({360, 361, 362, 363, 364})
_QUALITY_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
_MOST_QUALITIES = 500
_LONGEST_COLUMN_NAME = 1_000
# Bytes that are searched at a time.
_CHUNK = 1 << 20
# Separators in a file per allowed value of the table; texts have some, too.
_SEPARATORS = 2


@dataclass(frozen=True, eq=False)
class FetchedDataset:
    """A dataset with its record and qualities.

    Parameters
    ----------
    record : DatasetRecord
    qualities : MetaFeatures or None
        Those of the server, None without any.
    table : polars.DataFrame
        With its target, which is Float64 for a regression.
    target : str
    """

    record: DatasetRecord
    qualities: MetaFeatures | None
    table: pl.DataFrame
    target: str


def fetch_description(
    session: Session, task: TaskReply, options: RefreshOptions
) -> DescriptionReply:
    """Return the server's description of the dataset of a task. 1 call.

    Parameters
    ----------
    session : Session
    task : TaskReply
    options : RefreshOptions
        For the bounds of size.

    Raises
    ------
    UnusableDatasetError
        If the dataset cannot be used, with the reason.
    RefreshError
        If the server does not answer.
    """
    if reason := reason_to_leave_out(task, options):
        raise UnusableDatasetError(reason)
    client, did = session.client, task.did
    client.forget()  # The cache may have files of the dataset from an earlier task.
    description = _refusable(
        _NO_DATASET,
        lambda: session.call(f"dataset {did}", lambda: client.description(did)),
    )
    _check_description(description)
    return description


def fetch_dataset(
    session: Session,
    task: TaskReply,
    description: DescriptionReply,
    options: RefreshOptions,
) -> FetchedDataset:
    """Return the dataset of a task. 3 calls, or 2 if it is too large.

    Parameters
    ----------
    session : Session
    task : TaskReply
    description : DescriptionReply
        The result of `fetch_description` for the same task.
    options : RefreshOptions
        For the bounds of size.

    Raises
    ------
    UnusableDatasetError
        If the dataset cannot be used, with the reason.
    RefreshError
        If the server does not answer.
    """
    client, did = session.client, task.did
    features = _refusable(
        _NO_FEATURES,
        lambda: session.call(f"features of {did}", lambda: client.features(did)),
    )
    _check_features(features, task, options)
    qualities = _qualities(session, did)
    n_rows = _rows(qualities, task)
    if reason := too_large(n_rows, len(features), options):
        raise UnusableDatasetError(reason)
    dataset = session.call(f"data of {did}", lambda: client.download(did))
    if reason := _too_large_file(client.data_file(dataset), options):
        raise UnusableDatasetError(reason)
    table = _read(session, dataset, options)
    return _checked(task, description, qualities, table)


def _refusable(codes: frozenset[int], call: Callable[[], T]) -> T:
    """Return the result of a call; some refusals make only this dataset unusable."""
    try:
        return call()
    except MalformedReplyError as error:
        raise UnusableDatasetError(str(error)) from error
    except ServerRefusalError as error:
        if error.code in codes:
            raise UnusableDatasetError(f"the server says: {error}") from error
        raise


def _qualities(session: Session, did: int) -> dict[str, float]:
    try:
        qualities = session.call(
            f"qualities of {did}", lambda: session.client.qualities(did)
        )
    except ServerRefusalError as error:
        # Code 362 means no qualities; the client raises an error for it.
        if error.code not in _NO_QUALITIES:
            raise
        return {}
    except MalformedReplyError:
        return {}
    return _clean_qualities(qualities)


def _clean_qualities(qualities: Mapping[Any, float]) -> dict[str, float]:
    clean = {
        name: float(value)
        for name, value in qualities.items()
        if isinstance(name, str)
        and _QUALITY_NAME.fullmatch(name)
        and not math.isinf(float(value))
    }
    return {name: clean[name] for name in sorted(clean)[:_MOST_QUALITIES]}


def _check_description(description: DescriptionReply) -> None:
    if description.form.lower() != "arff":
        shown = clean_name(description.form)
        raise UnusableDatasetError(f"its format is {shown}, and only ARFF is read")
    if not re.fullmatch("[0-9a-fA-F]{32}", description.md5):
        raise UnusableDatasetError("its description has no checksum")


def _check_features(
    features: tuple[FeatureReply, ...], task: TaskReply, options: RefreshOptions
) -> None:
    if reason := too_large(None, len(features), options):
        raise UnusableDatasetError(reason)
    target = next((f for f in features if f.name == task.target), None)
    if target is None:
        raise UnusableDatasetError(
            f"it has no column {clean_name(task.target)!r}, the target of the task"
        )
    is_number = target.kind == "numeric"
    if task.kind_id != CLASSIFICATION and not is_number:
        raise UnusableDatasetError(
            f"its target is {clean_name(target.kind)}; a regression needs numbers"
        )
    if task.kind_id == CLASSIFICATION and is_number:
        raise UnusableDatasetError("its target is numeric; classes are needed")


def _rows(qualities: Mapping[str, float], task: TaskReply) -> int:
    n_stated = qualities.get("NumberOfInstances", math.nan)
    if math.isfinite(n_stated) and n_stated >= 0:
        return int(n_stated)
    if task.n_rows is None:
        raise UnusableDatasetError("the server does not say how many rows it has")
    return task.n_rows


def _too_large_file(path: Path, options: RefreshOptions) -> str:
    """Return the reason why an ARFF file is too large to be read, or ``""``.

    The server may have stated a smaller size, and the reader needs many times the
    memory of the file before it notices. So lines and separators are counted first.
    """
    n_columns = n_rows = n_separators = 0
    is_data = False
    with path.open("rb") as file:
        while line := file.readline(_CHUNK):
            head = line[:20].lstrip().lower()
            if is_data:
                n_separators += line.count(b",")
                n_rows += line.endswith(b"\n") and not head.startswith(b"%")
            elif head.startswith(b"@attribute"):
                n_columns += 1
            is_data = is_data or head.startswith(b"@data")
    if reason := too_large(n_rows, n_columns, options):
        return reason
    most = _SEPARATORS * options.max_cells
    if n_separators > most:
        return f"{n_separators:,} separators in its file are more than {most:,}"
    return ""


def _read(session: Session, dataset: Any, options: RefreshOptions) -> pl.DataFrame:
    # The checksum fits, so a file that cannot be read now can never be read.
    try:
        table = to_frame(session.client.read(dataset))
    except TableError as error:
        raise UnusableDatasetError(f"its table cannot be used: {error}") from error
    except Exception as error:
        raise UnusableDatasetError(
            f"its file cannot be read: {type(error).__name__}: {clean_name(error)}"
        ) from error
    # The server may have stated a smaller size.
    if reason := too_large(table.height, table.width, options):
        raise UnusableDatasetError(reason)
    return table


def _checked(
    task: TaskReply,
    description: DescriptionReply,
    qualities: dict[str, float],
    table: pl.DataFrame,
) -> FetchedDataset:
    target = task.target
    if target not in table.columns:
        raise UnusableDatasetError(f"its file has no column {clean_name(target)!r}")
    if table.width < 2:
        raise UnusableDatasetError("it has no column beside the target")
    for name in table.columns:
        if len(name) > _LONGEST_COLUMN_NAME or not name.isprintable():
            raise UnusableDatasetError(
                f"a column has an invalid name: {clean_name(name)[:40]!r}"
            )
    table, kind, n_classes = _with_target(table, target, task)
    name = clean_name(description.name)
    record = DatasetRecord(
        uid=dataset_uid(table, target, kind),
        name=name,
        family=family_of(name),
        source=f"openml:{task.did}",
        kind=kind,
        n_rows=table.height,
        n_features=table.width - 1,
        n_classes=n_classes,
        licence=clean_name(description.licence, ""),
    )
    described = MetaFeatures(record.uid, "openml", 0, qualities) if qualities else None
    return FetchedDataset(record, described, table, target)


def _with_target(
    table: pl.DataFrame, target: str, task: TaskReply
) -> tuple[pl.DataFrame, TaskKind, int]:
    """Return the table with its checked target, the task kind and number of classes."""
    outcome = table[target]
    if outcome.dtype.is_float():
        outcome = outcome.fill_nan(None)
    if table.height == 0 or outcome.null_count():
        raise UnusableDatasetError("its target has missing values")
    if task.kind_id == CLASSIFICATION:
        n_classes = outcome.n_unique()
        if n_classes < 2:
            raise UnusableDatasetError("its target has one class only")
        kind = TaskKind.BINARY if n_classes == 2 else TaskKind.MULTICLASS
        return table, kind, n_classes
    if not outcome.dtype.is_numeric():
        raise UnusableDatasetError("its target is not a number in the file")
    outcome = outcome.cast(pl.Float64)
    if outcome.is_infinite().any():
        raise UnusableDatasetError("its target is infinite in some rows")
    return table.with_columns(outcome), TaskKind.REGRESSION, 0
