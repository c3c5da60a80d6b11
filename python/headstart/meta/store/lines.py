"""Records as canonical JSON lines: their identity, and their form in exports.

A line is a JSON object with sorted keys, no blanks and shortest floats, so that equal
records are equal bytes on any machine. Its SHA-256, without the origin, is the
record's identity.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np

from headstart.base import Configuration, Step, TaskKind
from headstart.exceptions import KnowledgeBaseError
from headstart.meta.records import (
    CellStatus,
    DatasetRecord,
    EvaluationRecord,
    FetchRecord,
    ForeignEvaluation,
    ForeignSetup,
    MetaFeatures,
    Record,
)
from headstart.meta.store import rules
from headstart.version import __version__

__all__ = [
    "KINDS",
    "Line",
    "NewerRecordError",
    "RecordKind",
    "canonical",
    "configuration_of",
]


class NewerRecordError(KnowledgeBaseError):
    """A record has a value that only a newer version may know."""

    def __init__(self, what: object) -> None:
        super().__init__(
            f"{what} hint: a newer headstart than this one ({__version__}) may have "
            "written it; upgrade."
        )


@dataclass(frozen=True)
class RecordKind:
    """One kind of record.

    Parameters
    ----------
    name : str
        Name in lines and messages.
    type : type
    fields : mapping of str to rule
    about : tuple of str
        Fields that identify the record's subject. Two records with equal values in
        them and different ones in others contradict each other.
    """

    name: str
    type: type
    fields: Mapping[str, rules.Rule]
    about: tuple[str, ...]


_KINDS = (
    RecordKind(
        "dataset",
        DatasetRecord,
        {
            "uid": rules.uid,
            "name": rules.name,
            "family": rules.name,
            "source": rules.name,
            "kind": rules.one_of(TaskKind),
            "n_rows": rules.count,
            "n_features": rules.count,
            "n_classes": rules.count,
            "licence": rules.text,
        },
        ("uid",),
    ),
    RecordKind(
        "meta_features",
        MetaFeatures,
        {
            "dataset_uid": rules.uid,
            "source": rules.name,
            "version": rules.count,
            "values": rules.numbers_by_name,
        },
        ("dataset_uid", "source", "version"),
    ),
    RecordKind(
        "evaluation",
        EvaluationRecord,
        {
            "dataset_uid": rules.uid,
            "configuration": rules.configuration,
            "metrics": rules.names,
            "scores": rules.scores,
            "fit_seconds": rules.seconds,
            "predict_seconds": rules.seconds,
            "status": rules.one_of(CellStatus),
            "reason": rules.sentence,
            "scheme": rules.text,
            "n_rows": rules.count,
            "engine_version": rules.text,
            "machine": rules.text,
            "seed": rules.integer,
        },
        (
            "dataset_uid",
            "configuration",
            "metrics",
            "scheme",
            "n_rows",
            "engine_version",
            "machine",
            "seed",
        ),
    ),
    RecordKind(
        "foreign_evaluation",
        ForeignEvaluation,
        {
            "run_id": rules.identifier,
            "task_id": rules.identifier,
            "dataset_uid": rules.uid,
            "flow_id": rules.identifier,
            "flow_name": rules.name,
            "setup_id": rules.identifier,
            "function": rules.name,
            "value": rules.number,
            "upload_time": rules.text,
            "server": rules.name,
        },
        ("server", "run_id", "function"),
    ),
    RecordKind(
        "foreign_setup",
        ForeignSetup,
        {
            "setup_id": rules.identifier,
            "flow_id": rules.identifier,
            "flow_name": rules.name,
            "server": rules.name,
            "parameters": rules.texts_by_name,
            "configuration": rules.optional_configuration,
        },
        ("server", "setup_id"),
    ),
    RecordKind(
        "fetch",
        FetchRecord,
        {
            "server": rules.name,
            "key": rules.name,
            "fetched_at": rules.text,
            "sha256": rules.text,
            "outcome": rules.sentence,
        },
        # Every field counts, since replies never contradict each other.
        ("server", "key", "fetched_at", "sha256", "outcome"),
    ),
)

KINDS: Mapping[str, RecordKind] = MappingProxyType({k.name: k for k in _KINDS})
"""Kinds of records by name."""

_KIND_OF = {kind.type: kind for kind in _KINDS}


@dataclass(frozen=True)
class Line:
    """A record with checked fields, and its origin.

    Parameters
    ----------
    kind : RecordKind
    fields : dict
        In canonical form: values that JSON has, with None for NaN.
    origin : str
    """

    kind: RecordKind
    fields: dict[str, Any]
    origin: str

    @classmethod
    def of(cls, record: Record, origin: str | None = None) -> "Line":
        """Return the line of a record.

        Parameters
        ----------
        record : Record
        origin : str or None
            Origin of the record; by default that of an evaluation, and ``"local"`` for
            other records.

        Raises
        ------
        KnowledgeBaseError
            If a field has an invalid value; the message names it.
        """
        kind = _KIND_OF.get(type(record))
        if kind is None:
            raise KnowledgeBaseError(
                "A knowledge base takes records of "
                f"{', '.join(t.__name__ for t in _KIND_OF)}. Got a "
                f"{type(record).__name__}."
            )
        if origin is None:
            origin = getattr(record, "origin", "local")
        values = {field: getattr(record, field) for field in kind.fields}
        return cls.checked(kind, values, origin)

    @classmethod
    def read(cls, text: str) -> "Line":
        """Return the checked line of an export.

        Raises
        ------
        KnowledgeBaseError
            If it is not JSON, its kind is unknown, or a field is missing, unknown or
            has an invalid value.
        """
        try:
            values = json.loads(
                text, object_pairs_hook=_distinct, parse_constant=_no_constant
            )
        except (ValueError, RecursionError) as error:
            raise KnowledgeBaseError(
                f"A line must be one JSON object. {error}."
            ) from error
        if not isinstance(values, dict):
            raise KnowledgeBaseError(
                f"A line must be one JSON object. Got a {type(values).__name__}."
            )
        name = values.pop("record", None)
        kind = KINDS.get(name) if isinstance(name, str) else None
        if kind is None or kind.type is FetchRecord:
            kind_names = [k.name for k in _KINDS if k.type is not FetchRecord]
            raise KnowledgeBaseError(
                f"The 'record' of a line must be one of {', '.join(kind_names)}. "
                f"Got {name!r:.80}."
            )
        origin = values.pop("origin", None)
        if set(values) != set(kind.fields):
            missing = sorted(set(kind.fields) - set(values))
            unknown = sorted(set(values) - set(kind.fields))
            raise KnowledgeBaseError(
                f"A line of record {kind.name!r} must have exactly its fields. "
                f"Missing: {missing}. Unknown: {unknown!s:.200}."
            )
        return cls.checked(kind, values, origin)

    @classmethod
    def checked(
        cls, kind: RecordKind, values: Mapping[str, Any], origin: Any
    ) -> "Line":
        """Return a line after checking the value of each field.

        Parameters
        ----------
        kind : RecordKind
        values : mapping of str to object
            Values by field.
        origin : object

        Raises
        ------
        KnowledgeBaseError
            If a value is invalid; the message names the field.
        """
        fields = {}
        for field, rule in {**kind.fields, "origin": rules.name}.items():
            try:
                fields[field] = rule(origin if field == "origin" else values[field])
            except ValueError as error:
                problem = f"The field {field!r} of a record {kind.name!r} {error}"
                if isinstance(error, rules.UnknownValueError):
                    raise NewerRecordError(problem) from error
                raise KnowledgeBaseError(problem) from error
        origin = fields.pop("origin")
        if kind.type is EvaluationRecord:
            width = len(fields["metrics"])
            if any(len(row) != width for row in fields["scores"]):
                raise KnowledgeBaseError(
                    "The field 'scores' of a record 'evaluation' must have a column "
                    f"for each of its {width} metrics. Got rows of "
                    f"{len(fields['scores'][0])}."
                )
        return cls(kind, fields, origin)

    @cached_property
    def content(self) -> bytes:
        """SHA-256 of the line without its origin: 32 bytes."""
        text = canonical({"record": self.kind.name, **self.fields})
        return hashlib.sha256(text.encode()).digest()

    @cached_property
    def key_hash(self) -> int:
        """64 bits of the hash of the record's subject."""
        about = [self.kind.name, *(self.fields[name] for name in self.kind.about)]
        digest = hashlib.sha256(canonical(about).encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    @property
    def text(self) -> str:
        """The text of the line, without its line end."""
        fields = {"origin": self.origin, "record": self.kind.name, **self.fields}
        return canonical(fields)

    @property
    def about(self) -> str:
        """The subject of the record, in words."""
        parts = []
        for name in self.kind.about:
            value = self.fields[name]
            if name == "configuration":
                value = configuration_of(value)
            elif name == "metrics":
                value = ", ".join(value)
            elif name.endswith("uid"):
                value = f"{value[:12]}..."
            if value != "":
                parts.append(f"{name} {value}")
        return f"{self.kind.name}: {'; '.join(parts)}"

    @property
    def record(self) -> Record:
        """The record of the line."""
        values = dict(self.fields)
        if self.kind.type is DatasetRecord:
            values["kind"] = TaskKind(values["kind"])
        elif self.kind.type is MetaFeatures:
            values["values"] = {k: _float(v) for k, v in values["values"].items()}
        elif self.kind.type is EvaluationRecord:
            metrics = tuple(values["metrics"])
            table = np.array(values["scores"], dtype=np.float32)
            values |= {
                "configuration": configuration_of(values["configuration"]),
                "metrics": metrics,
                "scores": table.reshape(len(values["scores"]), len(metrics)),
                "fit_seconds": _float(values["fit_seconds"]),
                "predict_seconds": _float(values["predict_seconds"]),
                "status": CellStatus(values["status"]),
                "origin": self.origin,
            }
        elif self.kind.type is ForeignEvaluation:
            values["value"] = _float(values["value"])
        elif self.kind.type is ForeignSetup and values["configuration"] is not None:
            values["configuration"] = configuration_of(values["configuration"])
        built: Record = self.kind.type(**values)
        return built


def canonical(value: Any) -> str:
    """Return JSON with sorted keys, no blanks and shortest floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def configuration_of(fields: Mapping[str, Any]) -> Configuration:
    """Return the configuration with these checked fields."""
    return Configuration(
        fields["learner"],
        fields["parameters"],
        fields["space_version"],
        tuple(Step.from_record(step) for step in fields.get("transforms", ())),
    )


def _float(value: float | None) -> float:
    return float("nan") if value is None else value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("An object names a field twice")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON; null stands for NaN")
