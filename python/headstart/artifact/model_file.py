"""Fitted models as files: what goes into the container, and how it comes back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from headstart.artifact.container import Artifact, read_artifact, write_artifact
from headstart.artifact.requirements import missing_plugin, plugins_needed
from headstart.base import Configuration, Learner, Parts, Task, TaskKind, Transform
from headstart.ensemble import BaggedEnsemble, Fit, Member
from headstart.ensemble.fitted_model import FittedModel
from headstart.exceptions import ArtifactError, MissingPluginError
from headstart.plugins import load_plugins
from headstart.search.leaderboard import COLUMNS
from headstart.tables import Schema, TargetEncoder

__all__ = ["load_model", "read_model_record", "save_model"]

_T = TypeVar("_T")
_ANALYSIS = "facts.json"
_MOST_ANALYSIS = 8 * 2**20
_NUMBERS = ("score", "std_error", "fit_seconds", "predict_seconds", "weight")
_COLUMN_TYPES: dict[str, Any] = {
    "rank": int,
    "folds": int,
    **dict.fromkeys(_NUMBERS, (int, float)),
}


def save_model(
    model: FittedModel, path: str | Path, constructor: Mapping[str, Any]
) -> None:
    """Write a fitted model to a file (or folder), in place at once.

    Parameters
    ----------
    constructor : mapping
        The estimator's class and JSON-able parameters.
    """
    store = model.ensemble.store
    parts: Parts = {
        "schema.json": model.schema.to_json().encode(),
        "target.json": model.target.to_json().encode(),
        "leaderboard.json": json.dumps(list(model.leaderboard)).encode(),
    }
    if model.analysis:
        parts[_ANALYSIS] = model.analysis
    for member in model.ensemble.members:
        for fit in member.fits:
            for name, content in store.model(fit.model).items():
                parts[f"models/{fit.model}/{name}"] = content
            for name, content in store.encoder(fit.encoder).items():
                parts[f"encoders/{fit.encoder}/{name}"] = content
            for step in fit.transforms:
                for name, content in store.transform(step).items():
                    parts[f"transforms/{step}/{name}"] = content
    registry = load_plugins()
    sources = {
        name: registry.distribution_of(name) for name in sorted(model.ensemble.learners)
    }
    made_by = {
        name: registry.distribution_of(name, "transforms")
        for name in sorted(model.ensemble.transforms)
    }
    record: dict[str, Any] = {
        "constructor": dict(constructor),
        "task": asdict(model.ensemble.task),
        "members": [
            {
                "configuration": member.configuration.to_json(),
                "weight": member.weight,
                "fits": [_fit_record(fit) for fit in member.fits],
            }
            for member in model.ensemble.members
        ],
        "learners": sources,
        "plugins": plugins_needed(registry, sources),
        "facts": dict(model.facts),
    }
    if made_by:  # a model without them is as before there were any
        needed = plugins_needed(registry, made_by, "transforms")
        record["transforms"] = made_by
        record["plugins"] |= {f"transform {n}": r for n, r in needed.items()}
    distributions = sorted({*sources.values(), *made_by.values()} - {""})
    write_artifact(path, {"model": record}, parts, distributions=distributions)


def read_model_record(path: str | Path) -> dict[str, Any]:
    """Return what a model file says of itself, without loading the model."""
    artifact = read_artifact(path)
    record = _record(artifact)
    return {**artifact.manifest, "model": record, "made_by": artifact.made_by}


def load_model(
    path: str | Path,
    learners: Iterable[Learner] = (),
    transforms: Iterable[Transform] = (),
) -> tuple[FittedModel, dict[str, Any]]:
    """Read a fitted model; return it with its constructor record.

    Every part is read, checked and loaded here: what is damaged is found now, not at
    the first prediction. No code from the file is run.

    Parameters
    ----------
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
    """
    artifact = read_artifact(path)
    record = _record(artifact)
    try:
        task = Task(**{**record["task"], "kind": TaskKind(record["task"]["kind"])})
        members = tuple(
            Member(
                Configuration.from_json(m["configuration"]),
                float(m["weight"]),
                tuple(_read_fit(f) for f in m["fits"]),
            )
            for m in record["members"]
        )
        needed = dict(record["learners"])
        # Files of earlier versions do not have it.
        plugins = {n: dict(r) for n, r in dict(record.get("plugins", {})).items()}
        needed_steps = dict(record.get("transforms", {}))
        schema = Schema.from_json(artifact.parts["schema.json"].decode())
        target = TargetEncoder.from_json(artifact.parts["target.json"].decode())
        leaderboard = _read_leaderboard(artifact.parts["leaderboard.json"])
        analysis = _read_analysis(artifact)
        facts, constructor = dict(record["facts"]), dict(record["constructor"])
    except ArtifactError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(
            f"The model file {path} lacks what a model needs, or holds it in a wrong "
            f"form: {type(error).__name__}: {error}."
        ) from error
    registry = load_plugins()
    found = _find(
        "learner",
        needed,
        plugins,
        {v.name: v for v in learners},
        registry.learners,
        path,
    )
    steps = _find(
        "transform",
        needed_steps,
        {
            n.removeprefix("transform "): r
            for n, r in plugins.items()
            if n.startswith("transform ")
        },
        {v.name: v for v in transforms},
        registry.transforms,
        path,
    )
    ensemble = BaggedEnsemble(task, members, found, _ArtifactStore(artifact), steps)
    try:
        ensemble.load()
    except (ArtifactError, MissingPluginError):
        raise
    except Exception as error:
        raise ArtifactError(
            f"A part of the model file {path} cannot be used: "
            f"{type(error).__name__}: {error}."
        ) from error
    model = FittedModel(schema, target, ensemble, leaderboard, facts, analysis)
    return model, constructor


class _ArtifactStore:
    """Models and encoders inside an artifact."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact

    def model(self, name: str) -> Parts:
        return self._under(f"models/{name}/")

    def encoder(self, name: str) -> Parts:
        return self._under(f"encoders/{name}/")

    def transform(self, name: str) -> Parts:
        return self._under(f"transforms/{name}/")

    def _under(self, prefix: str) -> Parts:
        parts = {
            name.removeprefix(prefix): self._artifact.parts[name]
            for name in self._artifact.parts
            if name.startswith(prefix)
        }
        if not parts:
            raise ArtifactError(f"The model file has no part under {prefix!r}.")
        return parts


def _read_leaderboard(data: bytes) -> list[dict[str, Any]]:
    records = json.loads(data)
    if not isinstance(records, list):
        raise TypeError("the leaderboard is not a list")
    for record in records:
        if not isinstance(record, dict) or set(record) != set(COLUMNS):
            raise ValueError("the leaderboard's columns are not those expected")
        for name, value in record.items():
            if value is not None and not isinstance(
                value, _COLUMN_TYPES.get(name, str)
            ):
                raise TypeError(f"the leaderboard's {name} is {value!r:.40}")
    return records


def _read_analysis(artifact: Artifact) -> bytes:
    """Return the stored analysis; what it says is checked by whoever asks for it.

    Files of earlier versions do not have it.
    """
    if _ANALYSIS not in artifact.parts:
        return b""
    data = artifact.parts[_ANALYSIS]
    if len(data) > _MOST_ANALYSIS:
        raise ValueError(f"{_ANALYSIS} has more than {_MOST_ANALYSIS} bytes")
    try:
        record = json.loads(data)
    except RecursionError as error:
        raise ValueError(f"{_ANALYSIS} is nested too deep") from error
    if not isinstance(record, dict) or "version" not in record:
        raise ValueError(f"{_ANALYSIS} does not say its version")
    return data


def _record(artifact: Artifact) -> dict[str, Any]:
    record = artifact.manifest.get("model")
    if not isinstance(record, dict):
        raise ArtifactError("The file's manifest does not describe a model.")
    return record


def _fit_record(fit: Fit) -> dict[str, Any]:
    record: dict[str, Any] = {"model": fit.model, "encoder": fit.encoder}
    if fit.transforms:
        record["transforms"] = list(fit.transforms)
    return record


def _read_fit(record: Mapping[str, Any]) -> Fit:
    names = record.get("transforms", [])
    if not isinstance(names, list):
        raise TypeError("the transforms of a fit are not a list")
    return Fit(str(record["model"]), str(record["encoder"]), tuple(map(str, names)))


def _find(
    what: str,
    needed: Mapping[str, str],
    plugins: Mapping[str, Mapping[str, Any]],
    given: Mapping[str, _T],
    registered: Mapping[str, _T],
    path: str | Path,
) -> dict[str, _T]:
    """Return what the model needs by name: of what was passed, else of plugins."""
    found = {}
    for name, distribution in needed.items():
        if name in given:
            found[name] = given[name]
        elif name in registered:
            found[name] = registered[name]
        else:
            record = plugins.get(name, {"distribution": distribution})
            raise missing_plugin(load_plugins(), path, what, name, record)
    return found
