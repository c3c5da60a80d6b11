"""Model files: a manifest and named parts of bytes, as one ZIP file or as a folder.

Nothing here runs what a file holds: parts are bytes, checked against the SHA-256 of
the manifest, and what they mean is for the learner that wrote them.
"""

import os
import stat
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from headstart.artifact.atomic import replace_file, replace_folder, saving_explained
from headstart.artifact.limits import DEFAULT_LIMITS, Limits
from headstart.artifact.manifest import (
    MANIFEST_NAME,
    Manifest,
    PartRecord,
    parse_manifest,
)
from headstart.artifact.zip_file import (
    Member,
    read_directory,
    read_member,
    write_zip,
)
from headstart.exceptions import ArtifactError
from headstart.facts.versions import versions_of_makers

__all__ = ["Artifact", "read_artifact", "write_artifact"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model file that was opened.

    Parameters
    ----------
    path : Path
        Where it lies.
    manifest : dict
        What was given to `write_artifact`, as JSON values (tuples are lists).
    made_by : mapping of str to str
        Versions of what made it: ``"headstart"``, ``"python"``, libraries.
    parts : mapping of str to bytes
        Each is read when asked for, every time, and checked against its SHA-256:
        taking one may raise `ArtifactError`.
    sizes : mapping of str to int
        Bytes of each part.
    outlives_path : bool
        Whether parts can be read after the file was deleted or replaced: it is kept
        open as long as `parts` is referenced. Folders cannot be kept open, nor can
        files where the system would then refuse to replace them.
    """

    path: Path
    manifest: dict[str, Any]
    made_by: Mapping[str, str]
    parts: Mapping[str, bytes]
    sizes: Mapping[str, int]
    outlives_path: bool

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
    manifest: Mapping[str, Any],
    parts: Mapping[str, bytes],
    *,
    distributions: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Write a model file, whole or not at all.

    It is written beside `path`, brought to the disk, and renamed into place. The same
    content gives the same bytes, whatever the order of `parts`.

    Parameters
    ----------
    path : path
        A file; or a folder, where it ends in ``/`` or is one already. A model that is
        there is replaced.
    manifest : mapping
        JSON values: str, finite float, int, bool, None, lists, dicts with str keys.
    parts : mapping of str to bytes
        Names are relative paths of letters, digits, ``.``, ``_``, ``-`` and ``/``.
        Each part is taken twice from the mapping and held one at a time.
    distributions : iterable of str
        Plugins whose learners are in the model: their versions are noted.
    limits : Limits
        What `read_artifact` will be asked to keep.

    Raises
    ------
    ArtifactError
        If a name, the manifest or a size could not be read back, or if `path` is
        something other than a model.
    OSError
        If the disk is full, or the folder is missing or may not be written to. What
        was at `path` is unchanged.
    """
    described = Manifest(
        dict(manifest),
        versions_of_makers(distributions),
        {name: _record(name, parts[name]) for name in parts},
    )
    members = {MANIFEST_NAME: described.to_bytes(limits)}

    def contents() -> Iterator[tuple[str, bytes]]:
        yield from members.items()
        for name in sorted(described.parts):
            yield name, parts[name]

    asked = os.fspath(path)
    target = Path(os.path.realpath(asked))  # a link stays, what it points to changes
    with saving_explained(target):
        if asked.endswith(("/", os.sep)) or target.is_dir():
            _check_replaceable(target, limits)
            replace_folder(target, contents())
        else:
            replace_file(target, lambda file: write_zip(file, contents(), limits))


def read_artifact(
    path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS
) -> Artifact:
    """Open a model file and check all of it but the content of its parts.

    Those are checked when they are taken from ``parts``.

    Parameters
    ----------
    path : path
        A file or folder that `write_artifact` wrote.
    limits : Limits
        Sizes above which it is refused before memory is taken.

    Raises
    ------
    ArtifactError
        If it is not a model, is damaged or unsafe, passes a limit, or was made by a
        newer headstart.
    OSError
        If there is nothing at `path`, or it may not be read.
    """
    path = Path(path)
    try:
        is_folder = path.is_dir()
        source = _open_folder(path, limits) if is_folder else _open_file(path, limits)
        manifest = parse_manifest(source.read(MANIFEST_NAME), limits)
        _compare(manifest, source)
    except ArtifactError as error:
        raise ArtifactError(f"{path} cannot be loaded as a model. {error}") from error
    except OSError as error:
        raise _unreadable(error, path) from error
    return Artifact(
        path,
        manifest.content,
        manifest.made_by,
        _Parts(path, manifest.parts, source),
        {name: part.size for name, part in manifest.parts.items()},
        source.outlives_path,
    )


class _Source(Protocol):
    """Where the bytes of an opened model come from."""

    outlives_path: bool

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of each member, the manifest included."""

    def read(self, name: str) -> bytes:
        """Return a member's bytes, never more than its size."""


class _OpenFile:
    """A file that is read at any place, from any thread, without a position.

    Where the system can, it stays open: another file may take its name meanwhile.
    """

    is_kept_open = hasattr(os, "pread")

    def __init__(self, path: Path) -> None:
        self._path = path
        if self.is_kept_open:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            weakref.finalize(self, os.close, self._descriptor)

    def status(self) -> os.stat_result:
        if self.is_kept_open:
            return os.fstat(self._descriptor)
        return self._path.stat()

    def read_at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes, or fewer where the file ends before."""
        if not self.is_kept_open:
            with self._path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        pieces = [os.pread(self._descriptor, size, offset)]
        # One call reads at most 2 GiB.
        while pieces[-1] and (done := sum(map(len, pieces))) < size:
            pieces.append(os.pread(self._descriptor, size - done, offset + done))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass(frozen=True, slots=True)
class _FileSource:
    file: _OpenFile
    members: Mapping[str, Member]
    outlives_path = _OpenFile.is_kept_open

    @property
    def sizes(self) -> Mapping[str, int]:
        return {name: member.size for name, member in self.members.items()}

    def read(self, name: str) -> bytes:
        return read_member(self.file.read_at, self.members[name])


@dataclass(frozen=True, slots=True)
class _FolderSource:
    path: Path
    sizes: Mapping[str, int]
    outlives_path = False

    def read(self, name: str) -> bytes:
        # Not through a link that was put there since.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(self.path / name, flags), "rb") as file:  # noqa: PTH123
            return file.read(self.sizes[name] + 1)


class _Parts(Mapping[str, bytes]):
    """The parts of a model, read and checked one at a time."""

    def __init__(
        self, path: Path, records: Mapping[str, PartRecord], source: _Source
    ) -> None:
        self._path = path
        self._records = records
        self._source = source

    def __getitem__(self, name: str) -> bytes:
        record = self._records[name]
        try:
            content = self._source.read(name)
            _check_content(name, content, record)
        except ArtifactError as error:
            raise ArtifactError(
                f"{self._path} cannot be loaded as a model. {error}"
            ) from error
        except OSError as error:
            raise _unreadable(error, self._path) from error
        return content

    def __contains__(self, name: object) -> bool:
        return name in self._records  # without reading it

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


def _record(name: str, content: bytes) -> PartRecord:
    if not isinstance(content, bytes):
        raise TypeError(
            f"Part {name!r} must be bytes. Got {type(content).__name__} instead."
        )
    return PartRecord.of(content)


def _check_content(name: str, content: bytes, record: PartRecord) -> None:
    if PartRecord.of(content) != record:
        raise ArtifactError(
            f"Part {name!r} is damaged, or was changed since it was opened: its "
            "SHA-256 is not the manifest's. hint: save() replaces a model safely; "
            "copying over a file that is in use does not."
        )


def _compare(manifest: Manifest, source: _Source) -> None:
    """Refuse a model whose members are not those that its manifest lists."""
    sizes = dict(source.sizes)
    del sizes[MANIFEST_NAME]
    missing = sorted(set(manifest.parts) - set(sizes))
    if missing:
        raise ArtifactError(f"Part {missing[0]!r} is missing ({len(missing)} in all).")
    extra = sorted(set(sizes) - set(manifest.parts))
    if extra:
        raise ArtifactError(
            f"It holds {extra[0][:60]!a}, which its manifest does not list "
            f"({len(extra)} in all). hint: nothing may be added to a model."
        )
    for name, part in manifest.parts.items():
        if sizes[name] != part.size:
            raise ArtifactError(
                f"Part {name!r} has {sizes[name]} bytes, and {part.size} by the "
                "manifest: it is damaged."
            )


def _open_file(path: Path, limits: Limits) -> _FileSource:
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
        raise ArtifactError("It is neither a file nor a folder.")
    file = _OpenFile(path)
    listed = read_directory(file.read_at, file.status().st_size, limits)
    members = {member.name: member for member in listed}
    if len(members) != len(listed):
        names = [member.name for member in listed]
        doubled = next(n for i, n in enumerate(names) if members[n] is not listed[i])
        raise ArtifactError(f"It holds two parts of the name {doubled[:60]!r}.")
    if not listed or listed[0].name != MANIFEST_NAME:
        raise ArtifactError(f"Its first member is not {MANIFEST_NAME}.")
    if listed[0].size > limits.max_manifest_bytes:
        raise ArtifactError(
            f"{MANIFEST_NAME} has {listed[0].size} bytes; at most "
            f"{limits.max_manifest_bytes} are read."
        )
    return _FileSource(file, members)


def _open_folder(path: Path, limits: Limits) -> _FolderSource:
    sizes: dict[str, int] = {}
    waiting = [""]
    n_entries = 0
    while waiting:
        prefix = waiting.pop()
        with os.scandir(path / prefix) as entries:
            for entry in entries:
                name = f"{prefix}{entry.name}"
                n_entries += 1
                # Twice: every part may lie in a folder of its own.
                if n_entries > 2 * limits.max_parts + 1:
                    raise ArtifactError(
                        f"It holds more than {limits.max_parts} files and folders."
                    )
                if entry.is_dir(follow_symlinks=False):
                    if len(name) > limits.max_name_length:
                        raise ArtifactError(
                            f"It holds a folder of more than {limits.max_name_length} "
                            f"characters: {name[:60]!a}."
                        )
                    waiting.append(f"{name}/")
                elif entry.is_file(follow_symlinks=False):
                    sizes[name] = entry.stat(follow_symlinks=False).st_size
                else:
                    raise ArtifactError(
                        f"{name[:60]!a} is a link or a device; a model has files "
                        "and folders only."
                    )
    if MANIFEST_NAME not in sizes:
        raise ArtifactError(f"The folder has no {MANIFEST_NAME}.")
    if sizes[MANIFEST_NAME] > limits.max_manifest_bytes:
        raise ArtifactError(
            f"{MANIFEST_NAME} has {sizes[MANIFEST_NAME]} bytes; at most "
            f"{limits.max_manifest_bytes} are read."
        )
    return _FolderSource(path, sizes)


def _check_replaceable(folder: Path, limits: Limits) -> None:
    """Refuse to replace a folder that holds anything but a model."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    try:
        read_artifact(folder, limits=limits)
    except ArtifactError as error:
        raise ArtifactError(
            f"{folder} exists and is not a model that could be replaced. hint: name a "
            f"file or folder in it, such as {folder / 'model.headstart'}."
        ) from error


def _unreadable(error: OSError, path: Path) -> OSError:
    """Return an error of the same number, thus of the same class, that says more."""
    if isinstance(error, FileNotFoundError):
        text = (
            f"There is no model at {path} (or a part of it went away). Expected a file "
            "or folder that save() wrote."
        )
    else:
        text = f"The model at {path} cannot be read: {error.strerror or error}."
    return OSError(error.errno, text)
