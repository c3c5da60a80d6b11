"""The parts of a fitted model as those of a file, and those of a file as a store."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from headstart.artifact.container import (
    Artifact,
)
from headstart.base import Parts
from headstart.ensemble import BaggedEnsemble
from headstart.exceptions import ArtifactError

__all__ = [
    "ENCODERS",
    "MODELS",
    "TRANSFORMS",
    "ArtifactStore",
    "NoStore",
    "PartsOfModel",
    "store_of",
]

# Folders of a model file.
MODELS, ENCODERS, TRANSFORMS = "models/", "encoders/", "transforms/"


class PartsOfModel(Mapping[str, bytes]):
    """The parts of a fitted model under their names in a file.

    Parts of fits are read from the ensemble's store at access, and those of one fit are
    in memory at a time. Access in the order of names, or of the iteration, reads each
    fit once.
    """

    def __init__(self, records: Parts, ensemble: BaggedEnsemble) -> None:
        self._records = records
        store = ensemble.store
        fits = [fit for member in ensemble.members for fit in member.fits]
        self._readers: dict[str, tuple[Callable[[str], Parts], str]] = {
            **{f"{MODELS}{f.model}": (store.model, f.model) for f in fits},
            **{f"{ENCODERS}{f.encoder}": (store.encoder, f.encoder) for f in fits},
            **{
                f"{TRANSFORMS}{name}": (store.transform, name)
                for f in fits
                for name in f.transforms
            },
        }
        self._loaded: tuple[str, Parts] = ("", {})

    def __getitem__(self, name: str) -> bytes:
        if name in self._records:
            return self._records[name]
        folder, _, rest = name.partition("/")
        fit, _, part = rest.partition("/")
        return self._of(f"{folder}/{fit}")[part]

    def __iter__(self) -> Iterator[str]:
        yield from self._records
        for prefix in self._readers:
            yield from [f"{prefix}/{name}" for name in self._of(prefix)]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _of(self, prefix: str) -> Parts:
        if self._loaded[0] != prefix:
            read, name = self._readers[prefix]
            self._loaded = ("", {})  # free the previous fit first
            self._loaded = (prefix, read(name))
        return self._loaded[1]


class ArtifactStore:
    """Models, encoders and transforms under their names in a file."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self._parts = parts
        self._names: dict[str, list[str]] = {}
        for name in parts:
            folder, _, rest = name.partition("/")
            fit, _, _ = rest.partition("/")
            self._names.setdefault(f"{folder}/{fit}/", []).append(name)

    def model(self, name: str) -> Parts:
        """Return the parts of a fitted model."""
        return self._under(f"{MODELS}{name}/")

    def encoder(self, name: str) -> Parts:
        """Return the parts of a fitted view encoder."""
        return self._under(f"{ENCODERS}{name}/")

    def transform(self, name: str) -> Parts:
        """Return the parts of a fitted transform."""
        return self._under(f"{TRANSFORMS}{name}/")

    def _under(self, prefix: str) -> Parts:
        names = self._names.get(prefix, ())
        if not names:
            raise ArtifactError(f"The model file has no part under {prefix[:60]!r}.")
        return {name.removeprefix(prefix): self._parts[name] for name in names}


@dataclass(frozen=True)
class NoStore:
    """A store whose methods raise the reason why there are no models."""

    reason: Exception

    def model(self, name: str) -> Parts:
        """Raise the reason."""
        del name
        raise self.reason

    encoder = transform = model


def store_of(artifact: Artifact) -> ArtifactStore:
    """Return the parts of a file, readable also after the file was deleted."""
    parts = artifact.parts if artifact.outlives_path else dict(artifact.parts)
    return ArtifactStore(parts)
