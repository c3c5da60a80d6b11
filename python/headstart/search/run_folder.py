"""The folder of a run: where it lies, whose it is, what is in it.

A run is known by its identity: the hash of data, schema and folds, the metric and the
engine's version. A folder with another identity is refused, with the difference named.
"""

import hashlib
import os
import reprlib
import shutil
import tempfile
import time
import weakref
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import FoldOutcome, FoldStatus, Parts
from headstart.exceptions import RunFolderError
from headstart.execution.files import read_parts
from headstart.execution.fold_fit import read_outcome
from headstart.search.journal import Journal

__all__ = ["MOST_VIEW_BYTES", "RunFolder", "data_digest"]

# Stored views above this are deleted, the oldest first.
MOST_VIEW_BYTES = 4 * 2**30

Identity = Mapping[str, str]


class RunFolder:
    """A run's folder and journal.

    Parameters
    ----------
    path : path or None
        The folder; None makes a temporary one, removed with this object.
    resume : bool
        Go on with the run that lies there, if one does.
    """

    def __init__(self, path: str | Path | None, *, resume: bool = False) -> None:
        self.is_temporary = path is None
        if path is None:
            if resume:
                raise RunFolderError(
                    "resume=True needs the folder of the run to go on with. "
                    "hint: give run_dir=..."
                )
            self.path = Path(tempfile.mkdtemp(prefix="headstart-"))
            self._remove = weakref.finalize(self, _remove, self.path, os.getpid())
        else:
            self.path = Path(path).expanduser().absolute()
            self._make(resume=resume)
        self.journal = Journal(self.path / "journal.db")

    def claim(self, identity: Identity) -> None:
        """Make this folder the run's own, or check that it is.

        Raises
        ------
        RunFolderError
            If the folder holds a run with another identity.
        """
        known = self.journal.fact("identity")
        if known is None:
            self.journal.record_fact("identity", dict(identity))
            return
        # Either may have what the other has not: transforms are named where there are
        # some.
        differing = [
            f"{name} (there {reprlib.repr(there)}, here {reprlib.repr(here)})"
            for name in dict.fromkeys([*identity, *known])
            for there, here in [(known.get(name), identity.get(name))]
            if there != here
        ]
        if differing:
            raise RunFolderError(
                f"The run in {self.path} cannot be resumed: it differs in "
                f"{'; '.join(differing)}. hint: use another run_dir, or fit with the "
                "data and settings it was started with."
            )

    def prediction(self, name: str) -> NDArray[np.float64]:
        """Return the stored predictions of a fold fit."""
        stored: NDArray[np.float64] = np.load(
            self.path / "fits" / f"{name}.npy", allow_pickle=False
        )
        return stored

    def finished_fits(self) -> dict[str, FoldOutcome]:
        """Return fold fits whose files are whole, by name, journalled or not."""
        found = {}
        for path in sorted((self.path / "fits").glob("[0-9]*.json")):
            outcome = read_outcome(path)
            if outcome.status is FoldStatus.OK:
                found[path.stem] = outcome
        return found

    def model(self, name: str) -> Parts:
        """Return the parts of a fold model."""
        return read_parts(self.path / "fits" / f"{name}.model")

    def encoder(self, name: str) -> Parts:
        """Return the parts of a fitted view encoder."""
        return read_parts(self.path / "encoders" / f"{name}.zip")

    def transform(self, name: str) -> Parts:
        """Return the parts of a fitted transform."""
        return read_parts(self.path / "transforms" / f"{name}.zip")

    def trim_views(self, most_bytes: int = MOST_VIEW_BYTES) -> int:
        """Delete the oldest stored views and tables above a size; return bytes freed.

        They are made again when they are needed. A worker that reads one keeps it
        until it lets go.
        """
        sizes = []
        for folder in sorted(
            f for name in ("tables", "views") for f in (self.path / name).glob("[0-9]*")
        ):
            files = list(folder.iterdir())
            size = sum(file.stat().st_size for file in files)
            sizes.append((folder.stat().st_mtime, size, folder))
        total, freed = sum(size for _, size, _ in sizes), 0
        for _, size, folder in sorted(sizes, key=lambda entry: entry[0]):
            if total - freed <= most_bytes:
                break
            # Renamed first, so that nobody finds half of it.
            doomed = folder.with_name(f".{folder.name}")
            folder.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)
            freed += size
        return freed

    def keep_only(
        self,
        models: Collection[str],
        encoders: Collection[str],
        transforms: Collection[str] = (),
        *,
        deadline: float | None = None,
    ) -> None:
        """Delete what a fitted model does not need (of a temporary folder).

        Parameters
        ----------
        models, encoders, transforms : collection of str
            Names of what it needs.
        deadline : float or None
            Moment of `time.monotonic` after which no more is deleted: hundreds of
            trials leave thousands of files. What is left goes with the folder.
        """
        for path in self._not_needed(models, encoders, transforms):
            if deadline is not None and time.monotonic() >= deadline:
                return
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _not_needed(
        self,
        models: Collection[str],
        encoders: Collection[str],
        transforms: Collection[str],
    ) -> Iterator[Path]:
        """Yield files and folders that can go, the largest kinds first."""
        for name in ("views", "tables"):
            yield from (self.path / name).iterdir()
        yield self.path / "data"
        for path in (self.path / "fits").iterdir():
            if not (path.suffix == ".model" and path.stem in models):
                yield path
        for name, kept in (("encoders", encoders), ("transforms", transforms)):
            for path in (self.path / name).iterdir():
                if path.stem not in kept:
                    yield path

    def n_bytes(self) -> int:
        """Return bytes on disk."""
        return sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file())

    def _make(self, *, resume: bool) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise RunFolderError(
                f"The run folder {self.path} cannot be written: "
                f"{error.strerror or error}. Expected a folder with write access. "
                "hint: give another run_dir."
            ) from error
        if not resume and (self.path / "journal.db").exists():
            raise RunFolderError(
                f"The run folder {self.path} already holds a run. "
                "hint: resume=True goes on with it; or give another run_dir."
            )


def data_digest(
    table: pl.DataFrame, y: NDArray[Any], weight: NDArray[Any] | None
) -> str:
    """Return a SHA-256 over a canonical table, its target and weights."""
    digest = hashlib.sha256()
    for name in table.columns:
        digest.update(name.encode() + b"\0")
    hashes = table.hash_rows(seed=0).to_numpy() if table.width else np.empty(0)
    digest.update(np.ascontiguousarray(hashes).tobytes())
    digest.update(np.ascontiguousarray(y).tobytes())
    if weight is not None:
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def _remove(path: Path, owner: int) -> None:
    # A forked child inherits this finalizer, and must not take the folder away.
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
