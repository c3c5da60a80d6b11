"""Stores of the data and the results of fold fits, by name.

A fold fit reads from a store and writes into it, and uses no folder. The run folder is
one kind of store. Worker processes write into it, so that only names are sent through
pipes. Memory is another kind, for fold fits in this process.

`headstart.execution.fit_data` lists the names.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import Parts
from headstart.execution.files import replacing, writing_explained
from headstart.tables import read_frame, write_frame

__all__ = [
    "FolderStore",
    "MemoryStore",
    "Store",
    "get_array",
    "get_frame",
    "get_parts",
    "put_array",
    "put_frame",
    "put_parts",
]


class Store(Protocol):
    """Bytes by name. Writes are atomic: a reader gets complete bytes, or `KeyError`."""

    def get(self, name: str) -> bytes:
        """Return the bytes of a name.

        Raises
        ------
        KeyError
            If the name does not exist.
        """

    def put(self, name: str, content: bytes) -> None:
        """Store bytes under a name, and replace existing ones."""

    def writing(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Return a file whose content is stored if its context ends without error."""

    def path(self, name: str) -> Path | None:
        """Return the path of a name for memory mapping; None if the store has no files.

        The file or folder need not exist.
        """

    def __contains__(self, name: str) -> bool: ...

    def __hash__(self) -> int: ...

    def drop(self, name: str) -> None:
        """Remove a name if it exists."""


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A store in a run folder, which several processes may read and write.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    def get(self, name: str) -> bytes:
        """Return the bytes of a name; see `Store.get`."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError as error:
            raise KeyError(name) from error

    def put(self, name: str, content: bytes) -> None:
        """Store bytes under a name, and replace existing ones.

        Raises
        ------
        RunFolderError
            If the folder cannot be written, for example because the disk is full.
        """
        with self.writing(name) as file:
            file.write(content)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Yield a file that is renamed into place if its context ends without error.

        Raises
        ------
        RunFolderError
            If the folder cannot be written.
        """
        path = self.folder / name
        with replacing(path) as temporary, temporary.open("wb") as file:
            yield file

    def path(self, name: str) -> Path:
        """Return the file or folder of a name."""
        return self.folder / name

    def __contains__(self, name: str) -> bool:
        return (self.folder / name).exists()

    def drop(self, name: str) -> None:
        """Remove a file if it exists."""
        (self.folder / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, eq=False)
class MemoryStore:
    """A store in the memory of this process."""

    contents: dict[str, bytes] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> bytes:
        """Return the bytes of a name; see `Store.get`."""
        return self.contents[name]

    def put(self, name: str, content: bytes) -> None:
        """Store bytes under a name, and replace existing ones."""
        self.contents[name] = bytes(content)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Yield a file whose content is stored if its context ends without error."""
        file = io.BytesIO()
        yield file
        self.contents[name] = file.getvalue()

    def path(self, name: str) -> None:
        """Return None, because memory has no files."""
        del name

    def __contains__(self, name: str) -> bool:
        return name in self.contents

    def drop(self, name: str) -> None:
        """Remove a name if it exists."""
        self.contents.pop(name, None)


def put_parts(store: Store, name: str, parts: Mapping[str, bytes]) -> int:
    """Store named bytes under one name, and return the stored size in bytes.

    Parameters
    ----------
    store : Store
    name : str
    parts : mapping of str to bytes
    """
    with store.writing(name) as file:
        with ZipFile(file, "w", ZIP_STORED) as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
        return file.tell()


def get_parts(store: Store, name: str) -> Parts:
    """Return the named bytes that `put_parts` stored.

    Raises
    ------
    KeyError
        If the name does not exist.
    """
    path = store.path(name)
    try:
        with ZipFile(io.BytesIO(store.get(name)) if path is None else path) as archive:
            return {part: archive.read(part) for part in archive.namelist()}
    except FileNotFoundError as error:
        raise KeyError(name) from error


def put_array(store: Store, name: str, array: NDArray[Any]) -> None:
    """Store an array under a name.

    Parameters
    ----------
    store : Store
    name : str
    array : ndarray
    """
    with store.writing(name) as file:
        np.save(file, array, allow_pickle=False)


def get_array(store: Store, name: str) -> Any:
    """Return the array that `put_array` stored.

    Raises
    ------
    KeyError
        If the name does not exist.
    """
    path = store.path(name)
    try:
        source: Any = io.BytesIO(store.get(name)) if path is None else path
        return np.load(source, allow_pickle=False)
    except FileNotFoundError as error:
        raise KeyError(name) from error


def put_frame(store: Store, name: str, frame: pl.DataFrame) -> None:
    """Store a table under a name.

    Parameters
    ----------
    store : Store
    name : str
    frame : DataFrame
    """
    path = store.path(name)
    if path is not None:
        with writing_explained(path):
            write_frame(frame, path)
        return
    with store.writing(name) as file:
        frame.write_ipc(file)


def get_frame(store: Store, name: str) -> pl.DataFrame:
    """Return the table that `put_frame` stored, mapped from its file if possible."""
    path = store.path(name)
    if path is not None:
        return read_frame(path)
    return pl.read_ipc(io.BytesIO(store.get(name)))
