"""The steps of a fitted model: each maps named columns to named columns.

schema -> transforms -> views -> members -> output. The columns of a model are a frame,
tables, views and outputs, under the names in the steps' `reads` and `gives`. A step
does not change its input columns. Predicting, loading and checking a model use one list
of steps.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from numpy.typing import NDArray

from headstart._core import find_stored_arrays
from headstart.base import Learner, Parts, Task, Transform
from headstart.base.arrays import unpack_arrays
from headstart.ensemble.output import Output
from headstart.exceptions import ArtifactError
from headstart.execution.fold_fit import as_outputs
from headstart.execution.steps import FittedStep, apply_step, load_step
from headstart.predict import kind_of_transform
from headstart.sdk.stored_learner import kind_of
from headstart.tables import Schema, ViewEncoder

__all__ = [
    "FRAME",
    "OUTPUTS",
    "TABLE",
    "UNSEEN",
    "Columns",
    "FittedParts",
    "MemberStep",
    "ModelStep",
    "ModelStore",
    "OutputStep",
    "SchemaStep",
    "StepRecord",
    "TransformStep",
    "ViewStep",
    "walk",
]

Columns = Mapping[str, Any]

FRAME, TABLE, UNSEEN, OUTPUTS = "frame", "table", "unseen", "outputs"


class ModelStore(Protocol):
    """A store of fitted models, encoders and transforms."""

    def model(self, name: str) -> Parts:
        """Return the parts of a fitted model."""

    def encoder(self, name: str) -> Parts:
        """Return the parts of a fitted view encoder."""

    def transform(self, name: str) -> Parts:
        """Return the parts of a fitted transform."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step of a fitted model as data.

    Parameters
    ----------
    kind : str
        ``"schema"``, ``"transform"``, ``"view"``, ``"member"`` or ``"output"``. For a
        member or transform that headstart itself applies, the kind of the fitted model
        or transform, such as ``"boosted_trees"`` or ``"text_topics"``.
    record : dict
        JSON-ready: the names of the step's input and output columns, and its
        parameters.
    arrays : dict of str to ndarray
        Arrays of the step, by names ``part/array``.
    is_python : bool
        True if only the code of the learner or transform that fitted the step can
        apply it. The record and arrays may then be incomplete.
    """

    kind: str
    record: dict[str, Any]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    is_python: bool = False


@dataclass(frozen=True)
class FittedParts:
    """Fitted models, views and transforms, loaded from a store when first used.

    Parameters
    ----------
    task : Task
    learners : mapping of str to Learner
    transforms : mapping of str to Transform
    store : ModelStore
    """

    task: Task
    learners: Mapping[str, Learner]
    transforms: Mapping[str, Transform]
    store: ModelStore
    _loaded: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    def model(self, learner: Learner, name: str) -> Any:
        """Return the fitted model of a learner."""
        key = ("model", name)
        if key not in self._loaded:
            self._loaded[key] = learner.load(self.store.model(name))
        return self._loaded[key]

    def encoder(self, name: str) -> ViewEncoder:
        """Return a fitted view encoder."""
        key = ("encoder", name)
        if key not in self._loaded:
            self._loaded[key] = ViewEncoder.from_parts(self.store.encoder(name))
        encoder: ViewEncoder = self._loaded[key]
        return encoder

    def transform(self, name: str) -> FittedStep:
        """Return a fitted transform."""
        key = ("transform", name)
        if key not in self._loaded:
            self._loaded[key] = load_step(self.store.transform(name), self.transforms)
        fitted: FittedStep = self._loaded[key]
        return fitted


class ModelStep(ABC):
    """One step of a fitted model.

    Attributes
    ----------
    kind : str
    """

    kind: ClassVar[str]

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """Names of the columns that the step reads."""

    @abstractmethod
    def apply(self, columns: Columns) -> Columns:
        """Return the columns with those that the step adds."""

    def load(self) -> None:
        """Load the fitted parts of the step, so that damaged parts raise early.

        Steps without parts in a store have nothing to load.
        """
        return

    def check(self, columns: Columns) -> Columns:
        """Check the step against columns without rows; return them with its own.

        No learner predicts and no transform runs: names, types and widths are compared.

        Raises
        ------
        ArtifactError, ColumnError
            If the step does not fit.
        """
        return columns

    @abstractmethod
    def describe(self) -> StepRecord:
        """Return the step as data."""


@dataclass(frozen=True)
class SchemaStep(ModelStep):
    """Converts a user's frame to the canonical table.

    Parameters
    ----------
    schema : Schema
    has_texts : bool
        True if transforms read the raw text columns.
    """

    kind: ClassVar[str] = "schema"
    schema: Schema
    has_texts: bool

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the columns that the step reads."""
        return (FRAME,)

    def apply(self, columns: Columns) -> Columns:
        """Return the columns with the table, and counts of unseen values."""
        frame = columns[FRAME]
        table, unseen = self.schema.apply_and_count(frame)
        if self.has_texts:
            table = table.hstack(self.schema.read_texts(frame))
        return {**columns, TABLE: table, UNSEEN: unseen}

    def describe(self) -> StepRecord:
        """Return the schema as data."""
        record = {"schema": json.loads(self.schema.to_json()), "texts": self.has_texts}
        return StepRecord(self.kind, {"reads": FRAME, "gives": TABLE, **record})


@dataclass(frozen=True)
class _TableStep(ModelStep):
    """The base of steps that read one table.

    Parameters
    ----------
    parts : FittedParts
    name : str
        Name of the fitted transform or encoder in the store.
    source, gives : str
        Names of the table that it reads, and of its output.
    """

    parts: FittedParts
    name: str
    source: str
    gives: str

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the columns that the step reads."""
        return (self.source,)

    def _record(self, stored: Parts, kind: str | None) -> StepRecord:
        record, arrays, is_whole = _read_parts(stored)
        names = {"name": self.name, "reads": self.source, "gives": self.gives}
        is_python = kind is None or not is_whole
        return StepRecord(
            kind or self.kind, names | record, arrays, is_python=is_python
        )


class TransformStep(_TableStep):
    """Adds the columns of a fitted transform to a table."""

    kind: ClassVar[str] = "transform"

    def apply(self, columns: Columns) -> Columns:
        """Return the columns with the table after the transform."""
        fitted, table = self.parts.transform(self.name), columns[self.source]
        transform = self.parts.transforms[fitted.transform]
        new_columns = apply_step(
            transform, fitted, table, self.parts.task, strict=False
        )
        return {**columns, self.gives: fitted.join(table, new_columns)}

    def load(self) -> None:
        """Load the fitted transform."""
        self.parts.transform(self.name)

    def check(self, columns: Columns) -> Columns:
        """Check that the table has the columns that the transform reads."""
        table = self.parts.transform(self.name).join_empty(columns[self.source])
        return {**columns, self.gives: table}

    def describe(self) -> StepRecord:
        """Return the fitted transform as data."""
        transform = self.parts.transform(self.name).transform
        kind = kind_of_transform(self.parts.transforms[transform])
        return self._record(self.parts.store.transform(self.name), kind)


class ViewStep(_TableStep):
    """Encodes a table as the matrix that learners read."""

    kind: ClassVar[str] = "view"

    def apply(self, columns: Columns) -> Columns:
        """Return the columns with the matrix."""
        matrix = self.parts.encoder(self.name).transform(columns[self.source])
        return {**columns, self.gives: matrix}

    def load(self) -> None:
        """Load the encoder."""
        self.parts.encoder(self.name)

    def check(self, columns: Columns) -> Columns:
        """Check that the table has the columns that the encoder reads."""
        return self.apply(columns)

    def describe(self) -> StepRecord:
        """Return the fitted encoder as data."""
        return self._record(self.parts.store.encoder(self.name), self.kind)


@dataclass(frozen=True)
class MemberStep(ModelStep):
    """Adds the share of one fitted model to the mean of the members.

    Parameters
    ----------
    parts : FittedParts
    name : str
        Name of the fitted model in the store.
    learner : str
    source : str
        Name of the matrix that it reads.
    share : float
        Its weight in the mean.
    """

    kind: ClassVar[str] = "member"
    parts: FittedParts
    name: str
    learner: str
    source: str
    share: float

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the columns that the step reads."""
        return (self.source, OUTPUTS)

    def apply(self, columns: Columns) -> Columns:
        """Return the columns with this share added to the outputs."""
        learner, task = self.parts.learners[self.learner], self.parts.task
        model = self.parts.model(learner, self.name)
        raw = learner.predict(model, columns[self.source], task)
        mean = columns[OUTPUTS]
        return {
            **columns,
            OUTPUTS: mean + self.share * as_outputs(raw, task, len(mean)),
        }

    def load(self) -> None:
        """Load the fitted model."""
        self.parts.model(self.parts.learners[self.learner], self.name)

    def check(self, columns: Columns) -> Columns:
        """Check that the model fits the width of its matrix."""
        learner = self.parts.learners[self.learner]
        model = self.parts.model(learner, self.name)
        learner.check_model(model, self.parts.task, columns[self.source].n_features)
        return columns

    def describe(self) -> StepRecord:
        """Return the fitted model as data."""
        learner = self.parts.learners[self.learner]
        kind = kind_of(learner)
        record, arrays, is_whole = _read_parts(self.parts.store.model(self.name))
        names = {
            "name": self.name,
            "learner": self.learner,
            "reads": self.source,
            "share": self.share,
        }
        return StepRecord(
            kind or self.kind,
            names | record,
            arrays,
            is_python=kind is None or not is_whole,
        )


@dataclass(frozen=True)
class OutputStep(ModelStep):
    """Turns the mean of the members into the outputs of the model.

    Parameters
    ----------
    output : Output
    """

    kind: ClassVar[str] = "output"
    output: Output

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the columns that the step reads."""
        return (OUTPUTS,)

    def apply(self, columns: Columns) -> Columns:
        """Return the columns with the outputs after this step."""
        return {**columns, OUTPUTS: self.output.apply(columns[OUTPUTS])}

    def describe(self) -> StepRecord:
        """Return the parts of the output step as data."""
        return StepRecord(self.kind, {"reads": OUTPUTS, **self.output.to_record()})


def walk(steps: Sequence[ModelStep], columns: Columns) -> Columns:
    """Return the columns after the last step.

    Columns that no later step reads are dropped, so that few tables are in memory at
    once.

    Parameters
    ----------
    steps : sequence of ModelStep
    columns : mapping of str to object
        The columns that the first steps read.
    """
    last_reader = {
        name: index for index, step in enumerate(steps) for name in step.reads
    }
    last = len(steps) - 1
    for index, step in enumerate(steps):
        columns = {
            name: values
            for name, values in step.apply(columns).items()
            if index == last or last_reader.get(name, -1) > index
        }
    return columns


def _read_parts(
    parts: Parts,
) -> tuple[dict[str, Any], dict[str, NDArray[Any]], bool]:
    """Return JSON records and arrays of stored parts, and whether these are all."""
    records: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any]] = {}
    is_whole = True
    for name, content in parts.items():
        stem, _, ending = name.rpartition(".")
        try:
            if ending == "json":
                records[name] = json.loads(content)
            elif ending == "safetensors":
                arrays |= {f"{stem}/{k}": v for k, v in _unpack(content).items()}
            else:
                is_whole = False
        except (ArtifactError, ValueError):
            # Parts of plugins may have any form, whatever their name.
            is_whole = False
    return {"parts": records}, arrays, is_whole


def _unpack(content: bytes) -> dict[str, NDArray[Any]]:
    """Return all arrays of a stored part."""
    forms = find_stored_arrays(content).items()
    return unpack_arrays(
        content, {name: (form[0], len(shape)) for name, (form, shape, *_) in forms}
    )
