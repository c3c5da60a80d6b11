"""Stores: where the data and the results of fold fits lie, by name.

A fold fit reads from a store and writes into it, and knows no folder. The run folder is
one store, into which worker processes write, so that only names go over their pipes;
memory is another, for fold fits in this process.

Names are those of fold fits (`FoldKey.name`), and of fitted views and transforms, below
the kind that they are of: see `headstart.execution.fit_data`.
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
    """Bytes by name; a reader gets all of them, or `KeyError`."""

    def get(self, name: str) -> bytes:
        """Return the bytes of a name.

        Raises
        ------
        KeyError
            If there are none.
        """

    def put(self, name: str, content: bytes) -> None:
        """Store bytes under a name, in place of others."""

    def writing(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Return a file whose content is stored when its context is left well."""

    def path(self, name: str) -> Path | None:
        """Return the file or folder of a name, to be mapped; None where there is none.

        It need not exist yet.
        """

    def __contains__(self, name: str) -> bool: ...

    def __hash__(self) -> int: ...

    def drop(self, name: str) -> None:
        """Remove a name, if it is there."""


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A run folder; several processes may read and write it at the same time.

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
        """Store bytes under a name, in place of others.

        Raises
        ------
        RunFolderError
            If the folder cannot be written: the disk is full, for one.
        """
        with self.writing(name) as file:
            file.write(content)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Give a file that is renamed into place when its context is left well.

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
        """Remove a file, if it is there."""
        (self.folder / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, eq=False)
class MemoryStore:
    """A store in the memory of this process."""

    contents: dict[str, bytes] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> bytes:
        """Return the bytes of a name; see `Store.get`."""
        return self.contents[name]

    def put(self, name: str, content: bytes) -> None:
        """Store bytes under a name, in place of others."""
        self.contents[name] = bytes(content)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Give a file whose content is stored when its context is left well."""
        file = io.BytesIO()
        yield file
        self.contents[name] = file.getvalue()

    def path(self, name: str) -> None:
        """Return None: nothing can be mapped."""
        del name

    def __contains__(self, name: str) -> bool:
        return name in self.contents

    def drop(self, name: str) -> None:
        """Remove a name, if it is there."""
        self.contents.pop(name, None)


def put_parts(store: Store, name: str, parts: Mapping[str, bytes]) -> int:
    """Store named bytes under one name; return how many bytes they take.

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
    """Return what `put_parts` has stored.

    Raises
    ------
    KeyError
        If it is not there.
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
    """Return what `put_array` has stored.

    Raises
    ------
    KeyError
        If it is not there.
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
    """Return what `put_frame` has stored, mapped from its file where there is one."""
    path = store.path(name)
    if path is not None:
        return read_frame(path)
    return pl.read_ipc(io.BytesIO(store.get(name)))
