"""A writer of tables by batches, with bounded memory."""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from headstart.cli.output.printing import write_data

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TableWriter"]

_SEPARATORS = {".csv": ",", ".tsv": "\t"}


class TableWriter:
    """A writer of the batches of a table to a file, or as CSV to standard output.

    The file appears when the block ends without an exception.

    Parameters
    ----------
    path : Path or None
        File with an extension that `check_ending` accepts; None is standard output.
    """

    def __init__(self, path: Path | None) -> None:
        from headstart.machine.plain_file import plain_file

        self.path = path
        self._target = None if path is None else plain_file(path, "a table")
        self.n_rows = 0
        self._n_batches = 0
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        if self._target is not None:
            # In the same folder, so that the last step is a rename.
            folder = tempfile.mkdtemp(
                prefix=f".{self._target.name}.", dir=self._target.parent
            )
            self._folder = Path(folder)
        return self

    def write(self, batch: "pl.DataFrame") -> None:
        """Add the rows of a batch; all have the same columns."""
        is_first = self._n_batches == 0
        self._n_batches += 1
        self.n_rows += batch.height
        if self.path is None or self._folder is None:
            write_data(batch.write_csv(include_header=is_first))
            return
        suffix = self.path.suffix.lower()
        if suffix in _SEPARATORS:
            with (self._folder / "whole").open("ab") as file:
                separator = _SEPARATORS[suffix]
                batch.write_csv(file, include_header=is_first, separator=separator)
            return
        batch.write_ipc(self._folder / f"{self._n_batches:09}.arrow")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._folder is None or self._target is None:
            return
        try:
            if kind is None:
                self._join().replace(self._target)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _join(self) -> Path:
        import polars as pl

        folder = self._folder or Path()
        joined = folder / "whole"
        if self.path is None or self.path.suffix.lower() in _SEPARATORS:
            return joined
        parts = pl.scan_ipc(sorted(folder.glob("*.arrow")))
        if self.path.suffix.lower() == ".parquet":
            parts.sink_parquet(joined)
        else:
            parts.sink_ipc(joined)
        return joined
