"""Canonical tables on disk, as Arrow IPC files that workers read."""

from pathlib import Path

import polars as pl

from headstart.exceptions import TableError
from headstart.machine.atomic import replacing
from headstart.machine.forked import refuse_if_forked

__all__ = ["read_frame", "write_frame"]


def write_frame(frame: pl.DataFrame, path: str | Path) -> None:
    """Write a table to a file that appears only when it is complete.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    # Several threads, and hosts that share the folder, may write the same table.
    with replacing(Path(path)) as new:
        frame.rechunk().write_ipc(new, compression="uncompressed")


def read_frame(path: str | Path) -> pl.DataFrame:
    """Return the table that `write_frame` wrote, mapped into memory if polars can.

    Raises
    ------
    TableError
        If the file does not exist or is not a whole Arrow file.
    ForkedProcessError
        If this process was forked after its parent had used tables.
    """
    refuse_if_forked()
    try:
        return pl.read_ipc(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TableError(f"The stored table {path} cannot be read: {error}") from error
