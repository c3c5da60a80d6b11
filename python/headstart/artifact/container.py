"""Model files: named parts of bytes in one ZIP file, or in a folder.

The compiled module reads them (`headstart._core.ModelFile`): it checks limits, names,
the form of the ZIP and the SHA-256 of each part. This module writes files, and adds the
path to errors.
"""

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from headstart._core import (
    ModelFile,
    check_json_record,
    model_file_directory,
    model_file_header,
    model_file_manifest,
)
from headstart.artifact.atomic import replace_file, replace_folder, saving_explained
from headstart.artifact.limits import DEFAULT_LIMITS, Limits
from headstart.exceptions import ArtifactError
from headstart.facts.versions import versions_of_makers

__all__ = [
    "MANIFEST_NAME",
    "Artifact",
    "read_artifact",
    "record_bytes",
    "write_artifact",
]

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Artifact:
    """An open model file.

    Parameters
    ----------
    path : Path
    made_by : mapping of str to str
        Versions of ``"headstart"``, ``"python"`` and libraries that made it.
    parts : mapping of str to bytes
        A part is read, and checked against its SHA-256, at each access, which may raise
        `ArtifactError`.
    sizes : mapping of str to int
        Bytes of each part.
    outlives_path : bool
        Whether parts can be read after the file was deleted or replaced, because the
        file stays open as long as `parts` is referenced. Folders cannot stay open, nor
        can files on systems that would then refuse to replace them.
    limits : Limits
    """

    path: Path
    made_by: Mapping[str, str]
    parts: Mapping[str, bytes]
    sizes: Mapping[str, int]
    outlives_path: bool
    limits: Limits

    def text(self, name: str) -> str:
        """Return a part that is a JSON record as text, after checking its form.

        Raises
        ------
        ArtifactError
            If it is damaged, not JSON, too large, nested too deep, or has a key twice.
        KeyError
            If there is no such part.
        """
        data = self.parts[name]
        with _explained(self.path):
            check_json_record(name, data, self.limits)
        return data.decode()

    def record(self, name: str) -> Any:
        """Return the value of a part that is a JSON record; raises as `text` does."""
        return json.loads(self.text(name))

    def verify(self) -> None:
        """Read and check every part.

        Raises
        ------
        ArtifactError
            If a part is damaged.
        """
        for name in self.parts:
            self.parts[name]


def write_artifact(
    path: str | os.PathLike[str],
    parts: Mapping[str, bytes],
    *,
    optional: Collection[str] = (),
    distributions: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Write a model file completely or not at all.

    It is written beside `path`, synced to disk, and renamed. The same content gives the
    same bytes, whatever the order of `parts`.

    Parameters
    ----------
    path : path
        A file; or a folder, if the path ends in ``/`` or is one already. An existing
        model is replaced.
    parts : mapping of str to bytes
        Names are relative paths of letters, digits, ``.``, ``_``, ``-`` and ``/``.
        Each part is read twice from the mapping, and one is in memory at a time.
    optional : collection of str
        Parts that a reader may ignore if it does not know them.
    distributions : iterable of str
        Plugins whose learners are in the model; their versions are stored.
    limits : Limits
        The limits of `read_artifact` for the file.

    Raises
    ------
    ArtifactError
        If a name or size exceeds the limits, or if `path` exists and is not a model.
    OSError
        If the disk is full, or the folder is missing or not writable. A file at `path`
        is unchanged then.
    """
    described = [
        (name, *_size_and_digest(name, parts[name]), name in optional) for name in parts
    ]
    made_by = versions_of_makers(distributions)
    try:
        manifest = model_file_manifest(made_by, described, limits)
    except ValueError as error:
        raise ArtifactError(str(error)) from None

    def contents() -> Iterator[tuple[str, bytes]]:
        yield MANIFEST_NAME, manifest
        for name in sorted(name for name, *_ in described):
            yield name, parts[name]

    written_path = os.fspath(path)
    target = Path(os.path.realpath(written_path))  # the target of a link is replaced
    with saving_explained(target):
        if written_path.endswith(("/", os.sep)) or target.is_dir():
            _check_replaceable(target, limits)
            replace_folder(target, contents())
        else:
            replace_file(target, lambda file: _write_zip(file, contents()))


def read_artifact(
    path: str | os.PathLike[str],
    *,
    known: Iterable[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Artifact:
    """Return an open model file, with all checked but the content of its parts.

    A part's content is checked at each access to ``parts``.

    Parameters
    ----------
    path : path
        A file or folder that `write_artifact` wrote.
    known : iterable of str, optional
        Parts that the caller can read: names, and prefixes that end in ``/``. A file
        with other parts is refused, unless they are marked as optional. By default all
        are known.
    limits : Limits
        Sizes above which the file is refused before memory is allocated.

    Raises
    ------
    ArtifactError
        If the file is not a model, is damaged or unsafe, exceeds a limit, or has
        another version of the format.
    OSError
        If `path` does not exist or is not readable.
    """
    path = Path(path)
    with _explained(path):
        file = ModelFile(path, None if known is None else list(known), limits)
    parts = _Parts(path, file)
    return Artifact(path, file.made_by, parts, parts.sizes, file.outlives_path, limits)


def record_bytes(name: str, text: str, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return JSON as the bytes of a part that `Artifact.record` reads.

    Parameters
    ----------
    name : str
        Name of the part, for messages.
    text : str
    limits : Limits

    Raises
    ------
    ArtifactError
        If the record exceeds the limits or is not strict JSON.
    """
    # A lone surrogate is not a character: it is written as "?".
    data = text.encode("utf-8", "replace")
    try:
        check_json_record(name, data, limits)
    except ValueError as error:
        raise ArtifactError(f"The model cannot be saved. {error}") from None
    return data


class _Parts(Mapping[str, bytes]):
    """The parts of a model, read and checked one at a time."""

    def __init__(self, path: Path, file: ModelFile) -> None:
        self._path = path
        self._file = file
        self.sizes = file.sizes

    def __getitem__(self, name: str) -> bytes:
        with _explained(self._path):
            return self._file.read(name)

    def __contains__(self, name: object) -> bool:
        return name in self.sizes  # without reading it

    def __iter__(self) -> Iterator[str]:
        return iter(self.sizes)

    def __len__(self) -> int:
        return len(self.sizes)


def _size_and_digest(name: str, content: bytes) -> tuple[int, str]:
    if not isinstance(content, bytes):
        raise TypeError(
            f"Part {name!r} must be bytes. Got {type(content).__name__} instead."
        )
    return len(content), hashlib.sha256(content).hexdigest()


def _write_zip(file: BinaryIO, contents: Iterable[tuple[str, bytes]]) -> None:
    """Write members one after the other, then the directory that lists them."""
    members: list[tuple[str, int, int, int]] = []
    position = 0
    for name, content in contents:
        member = (name, zlib.crc32(content), len(content), position)
        header = model_file_header(*member)
        file.write(header)
        file.write(content)
        position += len(header) + len(content)
        members.append(member)
    file.write(model_file_directory(members))


def _check_replaceable(folder: Path, limits: Limits) -> None:
    """Raise ArtifactError if a folder has other content than a model."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    try:
        read_artifact(folder, limits=limits)
    except ArtifactError as error:
        raise ArtifactError(
            f"{folder} exists and is not a model that could be replaced. hint: name a "
            f"file or folder in it, such as {folder / 'model.headstart'}."
        ) from error


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Add the path to errors of the reader."""
    try:
        yield
    except ValueError as error:
        raise ArtifactError(f"{path} cannot be loaded as a model. {error}") from None
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            text = (
                f"There is no model at {path}, or a part of it is missing. Expected a "
                "file or folder that save() wrote."
            )
        else:
            text = f"The model at {path} cannot be read: {error.strerror or error}."
        # Python chooses the class of an OSError by its error number.
        raise OSError(error.errno, text) from error
