"""Files of a run folder: a reader sees all of one, or nothing."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from headstart.base import Parts

__all__ = ["read_parts", "write_atomically", "write_parts"]


def write_parts(path: Path, parts: Mapping[str, bytes]) -> int:
    """Write named bytes to one file, in place at once; return its size in bytes."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    temporary.replace(path)
    return path.stat().st_size


def read_parts(path: Path) -> Parts:
    """Read what `write_parts` wrote."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
