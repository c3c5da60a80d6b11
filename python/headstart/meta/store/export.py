"""The export: all records as canonical JSON lines in one order."""

import contextlib
import hashlib
import heapq
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from headstart.exceptions import KnowledgeBaseError
from headstart.machine.atomic import replacing
from headstart.meta.store.lines import KINDS, Line, canonical
from headstart.meta.store.rows import Fetch, read_rows

__all__ = ["HEADER", "digest_of", "read_export", "write_export"]

HEADER = canonical({"headstart_knowledge_base": 1})
"""First line of an export, with the version of its format."""
_LONGEST_LINE = 4_000_000
# Number of lines that are sorted in memory.
_AT_ONCE = 20_000


def digest_of(fetch: Fetch) -> str:
    """Return the SHA-256 of the export of a base."""
    digest = hashlib.sha256()
    for line in _lines(fetch):
        digest.update(line)
    return digest.hexdigest()


def write_export(fetch: Fetch, path: Path) -> str:
    """Write the export of a base and return its SHA-256.

    The file appears at its path only when it is complete.
    """
    digest = hashlib.sha256()
    with replacing(path, durable=True) as new, new.open("xb") as file:
        for line in _lines(fetch):
            digest.update(line)
            file.write(line)
    return digest.hexdigest()


def read_export(
    path: Path, *, origin: str | None = None, sha256: str | None = None
) -> Iterator[Line]:
    """Yield the checked lines of an export.

    Parameters
    ----------
    path : Path
    origin : str or None
        Replaces the origin of every line, unless None.
    sha256 : str or None
        Expected hash of the file, unless None.

    Raises
    ------
    KnowledgeBaseError
        At the first invalid line, with its number; at the end, if the hash differs.
    """
    digest = hashlib.sha256()
    number = 0
    try:
        with path.open("rb") as file:
            while raw := file.readline(_LONGEST_LINE + 1):
                number += 1
                digest.update(raw)
                line = _read_line(raw, first=number == 1)
                if line is not None:
                    yield (
                        line
                        if origin is None
                        else Line.checked(line.kind, line.fields, origin)
                    )
    except OSError as error:
        raise KnowledgeBaseError(
            f"The export {path} cannot be read: {error.strerror or error}."
        ) from error
    except _RefusedLineError as error:
        raise KnowledgeBaseError(
            f"Line {number} of {path} is invalid: {error} Nothing was added. "
            "hint: was the file cut off, or changed by hand?"
        ) from error
    if number == 0:
        raise KnowledgeBaseError(f"{path} is empty. Expected an export of a base.")
    if sha256 is not None and digest.hexdigest() != sha256:
        raise KnowledgeBaseError(
            f"{path} has SHA-256 {digest.hexdigest()}. Expected {sha256}. Nothing was "
            "added. hint: fetch it again."
        )


class _RefusedLineError(Exception):
    """A line of an export that cannot be read."""


def _read_line(raw: bytes, *, first: bool) -> Line | None:
    """Return the record of a line; None for the first line, which is the header."""
    if not raw.endswith(b"\n"):
        raise _RefusedLineError(
            f"It has no line end, or more than {_LONGEST_LINE} characters."
        )
    try:
        text = raw[:-1].decode("ascii")
    except UnicodeDecodeError as error:
        raise _RefusedLineError("It must be ASCII (with JSON escapes).") from error
    if first:
        if text != HEADER:
            raise _RefusedLineError(
                f"The first line of an export of this version is {HEADER}. Got "
                f"{text!r:.80}."
            )
        return None
    try:
        return Line.read(text)
    except KnowledgeBaseError as error:
        raise _RefusedLineError(str(error)) from error


def _lines(fetch: Fetch) -> Iterator[bytes]:
    yield f"{HEADER}\n".encode()
    for kind in KINDS:
        if kind == "fetch":
            continue
        yield from _sorted(f"{row.line.text}\n" for row in read_rows(fetch, kind))


def _sorted(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield ASCII lines in order, with at most some thousand in memory."""
    remaining = iter(lines)
    with contextlib.ExitStack() as stack:
        runs = []
        while run := sorted(islice(remaining, _AT_ONCE)):
            file = stack.enter_context(tempfile.TemporaryFile())
            file.writelines(line.encode() for line in run)
            file.seek(0)
            runs.append(file)
        yield from heapq.merge(*runs)
