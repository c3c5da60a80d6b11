"""Saving and loading of fitted models as files."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from headstart.artifact.container import (
    Artifact,
    read_artifact,
    record_bytes,
    write_artifact,
)
from headstart.artifact.members import (
    member_record,
    read_members,
    read_task,
)
from headstart.artifact.model_parts import (
    ENCODERS,
    MODELS,
    TRANSFORMS,
    ArtifactStore,
    NoStore,
    PartsOfModel,
    store_of,
)
from headstart.artifact.requirements import (
    missing_plugin,
    plugins_needed,
    warn_of_other_versions,
)
from headstart.base import Learner, Transform
from headstart.ensemble import BaggedEnsemble, ModelStore
from headstart.ensemble.fitted_model import FittedModel
from headstart.ensemble.output import PLAIN_MEAN, Output
from headstart.exceptions import ArtifactError, MissingPluginError
from headstart.facts import Facts
from headstart.plugins import Registry, load_plugins
from headstart.predict import kind_of_transform, transform_of_kind
from headstart.sdk.stored_learner import kind_of, learner_of_kind
from headstart.tables import Schema, TargetEncoder

__all__ = ["describe_model", "load_model", "save_model"]

_T = TypeVar("_T")
_MODEL, _SCHEMA, _TARGET = "model.json", "schema.json", "target.json"
_OUTPUT = "output.json"
_FACTS, _CONSTRUCTOR = "facts.json", "constructor.json"
# Parts that do not change predictions; a reader that only predicts may ignore them.
_OPTIONAL = (_FACTS, _CONSTRUCTOR)
_KNOWN = (
    _MODEL,
    _SCHEMA,
    _TARGET,
    _OUTPUT,
    *_OPTIONAL,
    MODELS,
    ENCODERS,
    TRANSFORMS,
)


def save_model(
    model: FittedModel, path: str | Path, constructor: Mapping[str, Any]
) -> None:
    """Write a fitted model to a file or folder, completely or not at all.

    Parameters
    ----------
    model : FittedModel
    path : path
    constructor : mapping
        The estimator's class and its parameters as JSON values.
    """
    ensemble = model.ensemble
    registry = load_plugins()
    sources = {
        name: registry.distribution_of(name) for name in sorted(ensemble.learners)
    }
    made_by = {
        name: registry.distribution_of(name, "transforms")
        for name in sorted(ensemble.transforms)
    }
    record: dict[str, Any] = {
        "task": ensemble.task.to_record(),
        "members": [member_record(member) for member in ensemble.members],
        "learners": sources,
        "transforms": made_by,
        "plugins": {
            "learners": plugins_needed(registry, sources),
            "transforms": plugins_needed(registry, made_by, "transforms"),
        },
        "kinds": {
            "learners": {
                name: kind
                for name, learner in sorted(ensemble.learners.items())
                if (kind := kind_of(learner)) is not None
            },
            "transforms": {
                name: kind
                for name, transform in sorted(ensemble.transforms.items())
                if (kind := kind_of_transform(transform)) is not None
            },
        },
    }
    texts = {
        _MODEL: _json(record),
        _SCHEMA: model.schema.to_json(),
        _TARGET: model.target.to_json(),
        _FACTS: model.facts.to_json(),
        _CONSTRUCTOR: _json(dict(constructor)),
    }
    # Earlier versions refuse this part, so it is left out if it changes nothing.
    if output := ensemble.output.to_record():
        texts[_OUTPUT] = _json(output)
    parts = {name: record_bytes(name, text) for name, text in texts.items()}
    write_artifact(
        path,
        PartsOfModel(parts, ensemble),
        optional=_OPTIONAL,
        distributions=sorted({*sources.values(), *made_by.values()} - {""}),
    )


def load_model(
    path: str | Path,
    learners: Iterable[Learner] = (),
    transforms: Iterable[Transform] = (),
) -> tuple[FittedModel, dict[str, Any]]:
    """Return the fitted model in a file, and its constructor record.

    Every part is read, checked and loaded here, so that damage raises now and not at
    the first prediction. No code from the file is run.

    Parameters
    ----------
    path : path
    learners : iterable of Learner
        Learners that are not installed as plugins.
    transforms : iterable of Transform
        Transforms that are not installed as plugins.

    Raises
    ------
    ArtifactError
        If the file is damaged, unsafe or too new.
    MissingPluginError
        If it needs a learner or transform that is not installed.

    Warns
    -----
    HeadstartWarning
        If its plugins, or scikit-learn if a part is in the format of skops, have
        another version than at the fit.
    """
    stored = _read(path)
    stored.find_plugins(learners, transforms)
    if stored.missing is not None:
        raise stored.missing
    model = stored.model(store_of(stored.artifact))
    table = model.schema.without_rows()
    try:
        model.ensemble.load()
        model.ensemble.check(table)
    except (ArtifactError, MissingPluginError):
        raise
    except Exception as error:
        raise ArtifactError(
            f"A part of the model file {path} cannot be used: "
            f"{type(error).__name__}: {error}."
        ) from error
    stored.warn_of_other_versions()
    return model, stored.constructor


def describe_model(path: str | Path) -> tuple[FittedModel, dict[str, Any], str]:
    """Return the description of a model in a file, which cannot predict.

    No plugin is needed and no fitted model is loaded, but the bytes of all parts are
    checked.

    Returns
    -------
    model : FittedModel
    constructor : dict
    problem : str
        Reason why `load_model` cannot load it; "" if all plugins are installed.

    Raises
    ------
    ArtifactError
        If the file is damaged, unsafe or too new.
    """
    stored = _read(path)
    stored.artifact.verify()
    stored.find_plugins()
    stored.warn_of_other_versions()
    reason = stored.missing or ArtifactError(
        f"The model file {path} was read without its models. hint: headstart.load"
    )
    return (
        stored.model(NoStore(reason)),
        stored.constructor,
        str(stored.missing or ""),
    )


@dataclass
class _StoredModel:
    """A model file that was read and checked, except for its fitted models."""

    artifact: Artifact
    record: Mapping[str, Any]
    plugins: Mapping[str, Mapping[str, Mapping[str, Any]]]
    kinds: Mapping[str, Mapping[str, str]]
    described: FittedModel
    constructor: dict[str, Any]
    missing: MissingPluginError | None = None

    def find_plugins(
        self, learners: Iterable[Learner] = (), transforms: Iterable[Transform] = ()
    ) -> None:
        """Find the required learners and transforms; those passed take precedence.

        The error for the first missing one is stored in `missing`.
        """
        registry = load_plugins()
        ensemble = self.described.ensemble
        # headstart itself evaluates these, by the same code with and without a plugin.
        own_learners = {
            name: learner
            for name, kind in self.kinds["learners"].items()
            if (learner := learner_of_kind(kind, name)) is not None
        }
        own_transforms = {
            name: transform
            for name, kind in self.kinds["transforms"].items()
            if (transform := transform_of_kind(kind, name)) is not None
        }
        ensemble.learners = self._find(
            registry,
            "learner",
            {v.name: v for v in learners},
            {**registry.learners, **own_learners},
        )
        ensemble.transforms = self._find(
            registry,
            "transform",
            {v.name: v for v in transforms},
            {**registry.transforms, **own_transforms},
        )

    def model(self, store: ModelStore) -> FittedModel:
        """Return the model, with its parts in `store`."""
        self.described.ensemble.store = store
        return self.described

    def warn_of_other_versions(self) -> None:
        """Warn if versions differ in a way that may change predictions."""
        versions = self.described.facts.versions
        plugins = {
            str(record.get("distribution", ""))
            for what, records in self.plugins.items()
            for name, record in records.items()
            if name not in self.kinds[what]
        }
        uses_skops = any(name.endswith(".skops") for name in self.artifact.parts)
        warn_of_other_versions(
            self.artifact.path, versions, plugins, uses_skops=uses_skops
        )

    def _find(
        self,
        registry: Registry,
        what: str,
        passed: Mapping[str, _T],
        registered: Mapping[str, _T],
    ) -> dict[str, _T]:
        items = {}
        for name, distribution in self.record[f"{what}s"].items():
            if name in passed:
                items[name] = passed[name]
            elif name in registered:
                items[name] = registered[name]
            elif self.missing is None:
                plugins = self.plugins[f"{what}s"]
                record = plugins.get(name, {"distribution": distribution})
                path = self.artifact.path
                self.missing = missing_plugin(registry, path, what, name, record)
        return items


def _read(path: str | Path) -> _StoredModel:
    """Return the content of a model file after checking all but its fitted models.

    Raises
    ------
    ArtifactError
        If the file is damaged, unsafe or too new.
    """
    artifact = read_artifact(path, known=_KNOWN)
    try:
        record = _object(artifact, _MODEL)
        schema = Schema.from_json(artifact.text(_SCHEMA))
        target = TargetEncoder.from_json(artifact.text(_TARGET))
        learners, transforms = _names(record, "learners"), _names(record, "transforms")
        kinds = {
            what: _names(record["kinds"], what) for what in ("learners", "transforms")
        }
        task = read_task(record["task"], schema, target)
        output = PLAIN_MEAN
        if _OUTPUT in artifact.parts:
            output = Output.from_record(_object(artifact, _OUTPUT), task)
        ensemble = BaggedEnsemble(
            task,
            read_members(record["members"], learners, transforms),
            {},
            ArtifactStore({}),
            output=output,
        )
        plugins = {
            kind: {name: dict(entry) for name, entry in record["plugins"][kind].items()}
            for kind in ("learners", "transforms")
        }
        model = FittedModel(
            schema,
            target,
            ensemble,
            _read_facts(artifact),
        )
        constructor = _object(artifact, _CONSTRUCTOR)
    except ArtifactError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ArtifactError(
            f"The model file {path} lacks parts of a model, or has malformed "
            f"ones: {type(error).__name__}: {error}."
        ) from error
    return _StoredModel(artifact, record, plugins, kinds, model, constructor)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _names(record: Mapping[str, Any], key: str) -> Mapping[str, str]:
    """Return the distribution of each listed learner or transform."""
    names = record[key]
    if not isinstance(names, dict) or not all(
        isinstance(value, str) for value in names.values()
    ):
        raise TypeError(f"the {key} are not an object of strings")
    return names


def _object(artifact: Artifact, name: str) -> dict[str, Any]:
    record = artifact.record(name)
    if not isinstance(record, dict):
        raise TypeError(f"{name} does not hold an object")
    return record


def _read_facts(artifact: Artifact) -> Facts:
    try:
        return Facts.from_record(_object(artifact, _FACTS))
    except ArtifactError as error:
        raise ArtifactError(
            f"The model file {artifact.path} has invalid facts. {error}"
        ) from error
