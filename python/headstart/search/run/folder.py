"""The folder of a run: its path, its lock and its files."""

import os
import shutil
import socket
import tempfile
import time
import weakref
import zipfile
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from headstart.base import FoldOutcome, FoldStatus, Parts
from headstart.exceptions import RunFolderError
from headstart.execution.files import sync
from headstart.execution.fold_fit import read_outcome, read_prediction
from headstart.execution.store import FolderStore, get_parts
from headstart.machine.capacity import available_memory
from headstart.machine.mounts import is_in_memory
from headstart.search.run.identity import difference
from headstart.search.run.journal import Journal
from headstart.search.run.lock import LOCK_NAME, OWNER_NAME, RunLock
from headstart.search.run.temporary import make_temporary_folder

__all__ = ["MOST_VIEW_BYTES", "RunFolder"]

# Stored views above this size are deleted, the oldest first.
MOST_VIEW_BYTES = 4 * 2**30
# Their largest share of the free memory, where the folder is in memory.
_SHARE_IN_MEMORY = 0.1


class RunFolder:
    """A run's folder and journal.

    Parameters
    ----------
    path : path or None
        The folder. None creates a temporary one, which is removed with this object.
    resume : bool
        Whether to continue the run in this folder. A folder without a run, and without
        other files, starts a new one.
    """

    def __init__(self, path: str | Path | None, *, resume: bool = False) -> None:
        self.is_temporary = path is None
        self._release: Callable[[], object] | None
        if path is None:
            if resume:
                raise RunFolderError(
                    "resume=True needs the folder of the run to continue. "
                    "hint: set run_dir=..."
                )
            self.path = make_temporary_folder()
            self._remove = weakref.finalize(self, _remove, self.path, os.getpid())
            self._release = None
            has_locks = True
        else:
            self.path = Path(path).expanduser().absolute()
            lock = self._make(resume=resume)
            self._release = weakref.finalize(self, lock.release)
            has_locks = lock.is_native
        #: Bytes of memory that stored views may take; 0 where the folder is on a disk.
        self.bytes_in_memory = (
            min(MOST_VIEW_BYTES, int(_SHARE_IN_MEMORY * available_memory()))
            if is_in_memory(self.path)
            else 0
        )
        self._synced: set[Path] = set()
        self._syncing: deque[Future[None]] = deque()
        self._syncer: ThreadPoolExecutor | None = None
        try:
            self.journal = Journal(self.path / "journal.db", has_locks=has_locks)
        except RunFolderError:
            if self._release is not None:
                self._release()
            raise
        if not self.is_temporary:
            self._drop_unsynced()

    @property
    def store(self) -> FolderStore:
        """The store in this folder that fold fits read and write."""
        return FolderStore(self.path)

    def close(self) -> None:
        """Close the journal, and release the folder for another run."""
        if self._syncer is not None:
            # Files that wait for a slow disk are left to the operating system: if they
            # are lost, their fold fits count as not done.
            self._syncer.shutdown(cancel_futures=True)
        self.journal.close()
        if self._release is not None:
            self._release()

    def claim(self, identity: Mapping[str, str]) -> None:
        """Store the run's identity in this folder, or check that it is the same.

        Raises
        ------
        RunFolderError
            If the folder holds a run with another identity.
        """
        stored = self.journal.fact("identity")
        if stored is None:
            self.journal.record_fact("identity", dict(identity))
            return
        # Either may have an entry that the other lacks: transforms are listed only
        # where there are any.
        differing = [
            difference(name, stored_entry, entry)
            for name in dict.fromkeys([*identity, *stored])
            for stored_entry, entry in [(stored.get(name), identity.get(name))]
            if stored_entry != entry
        ]
        if differing:
            raise RunFolderError(
                f"The run in {self.path} cannot be resumed: it differs in "
                f"{'; '.join(differing)}. hint: use another run_dir, or fit with the "
                "data and settings of that run."
            )

    def prediction(self, name: str) -> NDArray[np.float64]:
        """Return the stored predictions of a fold fit."""
        return read_prediction(self.store, name)

    def finished(self, name: str) -> FoldOutcome | None:
        """Return the outcome of a fold fit whose files are complete, else None.

        The journal need not have an entry for it. A power failure may leave empty
        files: then the fold fit counts as not done.
        """
        outcome = read_outcome(self.store, name)
        if outcome is None or outcome.status is not FoldStatus.OK:
            return None
        model, *other_archives = self._archives(name, outcome)
        try:
            self.prediction(name)
            is_whole = model.stat().st_size == outcome.n_bytes
        except (KeyError, OSError, ValueError, EOFError):
            return None
        are_whole = all(zipfile.is_zipfile(path) for path in (model, *other_archives))
        return outcome if is_whole and are_whole else None

    def sync(self, name: str, outcome: FoldOutcome) -> None:
        """Write the files of a finished fold fit through to the disk.

        A thread does so: neither the search nor a worker waits for the disk. Nothing is
        done in a temporary folder.

        Raises
        ------
        RunFolderError
            If files of earlier fold fits could not be written.
        """
        if self.is_temporary or outcome.status is not FoldStatus.OK:
            return
        fits = self.path / "fits"
        files = [
            path
            for path in (
                *self._archives(name, outcome),
                fits / f"{name}.npy",
                fits / f"{name}.json",
            )
            if path not in self._synced
        ]
        self._synced.update(files)
        while self._syncing and self._syncing[0].done():
            self._syncing.popleft().result()
        if self._syncer is None:
            self._syncer = ThreadPoolExecutor(1, "headstart-sync")
        self._syncing.append(self._syncer.submit(_sync_all, files))

    def _archives(self, name: str, outcome: FoldOutcome) -> list[Path]:
        """Return the files of a fold model, its view encoder and its transforms."""
        return [
            self.path / "fits" / f"{name}.model",
            self.path / "encoders" / f"{outcome.encoder}.zip",
            *(self.path / "transforms" / f"{n}.zip" for n in outcome.transforms),
        ]

    def model(self, name: str) -> Parts:
        """Return the parts of a fold model."""
        return self._parts(f"fits/{name}.model")

    def encoder(self, name: str) -> Parts:
        """Return the parts of a fitted view encoder."""
        return self._parts(f"encoders/{name}.zip")

    def transform(self, name: str) -> Parts:
        """Return the parts of a fitted transform."""
        return self._parts(f"transforms/{name}.zip")

    def _parts(self, name: str) -> Parts:
        """Return the parts of a file that a fitted model reads.

        Raises
        ------
        RunFolderError
            If the file was deleted.
        """
        try:
            return get_parts(self.store, name)
        except KeyError as error:
            raise RunFolderError(
                f"The run folder {self.path} no longer holds "
                f"{name.rpartition('/')[2]}, which the "
                "fitted model reads. hint: save() a model before its run folder is "
                "deleted, and load() it from that file."
            ) from error

    def trim_views(self, most_bytes: int | None = None) -> int:
        """Delete the oldest stored views and tables above a size; return bytes freed.

        By default above `MOST_VIEW_BYTES`, or `bytes_in_memory` in memory.

        They are computed again when they are needed. A worker that has one open can
        still read it.
        """
        if most_bytes is None:
            most_bytes = self.bytes_in_memory or MOST_VIEW_BYTES
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
            # Renamed first, so that no process reads a folder that is partly deleted.
            hidden = folder.with_name(f".{folder.name}")
            folder.rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)
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
        """Delete the files of a temporary folder that a fitted model does not need.

        Parameters
        ----------
        models, encoders, transforms : collection of str
            Names of those that the model needs.
        deadline : float or None
            Time of `time.monotonic` after which no more is deleted: hundreds of trials
            leave thousands of files. The rest is deleted with the folder.
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
        """Yield the files and folders that can be deleted, the largest kinds first."""
        for name in ("views", "tables"):
            yield from (self.path / name).iterdir()
        yield self.path / "data"
        for path in (self.path / "fits").iterdir():
            if not (path.suffix == ".model" and path.stem in models):
                yield path
        for name, needed in (("encoders", encoders), ("transforms", transforms)):
            for path in (self.path / name).iterdir():
                if path.stem not in needed:
                    yield path

    def n_bytes(self) -> int:
        """Return the size of all files in bytes."""
        return sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file())

    def _make(self, *, resume: bool) -> RunLock:
        if resume and not self.path.exists():
            raise RunFolderError(
                f"There is no run folder {self.path} to resume. hint: check the "
                "path; leave out resume=True to start a new run."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
            lock = RunLock(self.path)
        except OSError as error:
            raise RunFolderError(
                f"The run folder {self.path} cannot be written: "
                f"{error.strerror or error}. Expected a folder with write access. "
                "hint: use another run_dir."
            ) from error
        try:
            self._check_content(resume=resume)
        except RunFolderError:
            lock.release()
            raise
        return lock

    def _drop_unsynced(self) -> None:
        """Delete views and tables that a power failure may have left incomplete.

        They are not written through to the disk, and can be computed again. Their files
        are reliable only until the machine is restarted, and only on this machine.
        """
        start = _machine_start()
        if self.journal.fact("machine_start") not in {None, start}:
            for name in ("views", "tables"):
                shutil.rmtree(self.path / name, ignore_errors=True)
        self.journal.record_fact("machine_start", start)

    def _check_content(self, *, resume: bool) -> None:
        if not (self.path / "journal.db").exists():
            # A run that was killed while it started leaves an empty folder.
            other_files = {p.name for p in self.path.iterdir()} - {
                LOCK_NAME,
                OWNER_NAME,
            }
            if resume and other_files:
                raise RunFolderError(
                    f"The folder {self.path} contains other files, but no run to "
                    "resume. hint: check the path; leave out resume=True to start a "
                    "new run."
                )
        elif not resume:
            raise RunFolderError(
                f"The run folder {self.path} already contains a run. "
                "hint: continue it with resume=True, or use another run_dir."
            )


def _sync_all(files: Collection[Path]) -> None:
    """Write files and their folders' entries through to the disk."""
    for path in files:
        sync(path)
    for folder in {path.parent for path in files}:
        sync(folder)


def _machine_start() -> str:
    """Return an identifier of this machine since its last restart."""
    try:
        start = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        start = str(int(psutil.boot_time()))
    return f"{socket.gethostname()} {start}"


def _remove(path: Path, owner: int) -> None:
    # A forked child inherits this finalizer, and must not delete the folder.
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
