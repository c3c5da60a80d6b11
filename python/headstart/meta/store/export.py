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
"""First line of an export: which version of the lines follows."""
_LONGEST_LINE = 4_000_000
# Lines that are sorted in memory.
_AT_ONCE = 20_000


def digest_of(fetch: Fetch) -> str:
    """Return the SHA-256 of the export of a base."""
    whole = hashlib.sha256()
    for line in _lines(fetch):
        whole.update(line)
    return whole.hexdigest()


def write_export(fetch: Fetch, path: Path) -> str:
    """Write the export of a base and return its SHA-256.

    The file gets its name when it is whole.
    """
    whole = hashlib.sha256()
    with replacing(path, durable=True) as new, new.open("xb") as file:
        for line in _lines(fetch):
            whole.update(line)
            file.write(line)
    return whole.hexdigest()


def read_export(
    path: Path, *, origin: str | None = None, sha256: str | None = None
) -> Iterator[Line]:
    """Read and check an export line by line.

    Raises
    ------
    KnowledgeBaseError
        At the first line that is not what it must be, naming its number; at the end
        if the hash is another one.
    """
    whole = hashlib.sha256()
    number = 0
    try:
        with path.open("rb") as file:
            while raw := file.readline(_LONGEST_LINE + 1):
                number += 1
                whole.update(raw)
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
            f"Line {number} of {path} cannot be taken in: {error} Nothing was added. "
            "hint: was the file cut off, or changed by hand?"
        ) from error
    if number == 0:
        raise KnowledgeBaseError(f"{path} is empty. Expected an export of a base.")
    if sha256 is not None and whole.hexdigest() != sha256:
        raise KnowledgeBaseError(
            f"{path} has SHA-256 {whole.hexdigest()}. Expected {sha256}. Nothing was "
            "added. hint: fetch it again."
        )


class _RefusedLineError(Exception):
    """A line of an export that cannot be read."""


def _read_line(raw: bytes, *, first: bool) -> Line | None:
    """Return what a line says; None for the first, which says what the file is."""
    if not raw.endswith(b"\n"):
        raise _RefusedLineError(
            f"It has no end, or more than {_LONGEST_LINE} characters."
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
    """Yield ASCII lines in order, with no more than some thousand in memory."""
    remaining = iter(lines)
    with contextlib.ExitStack() as stack:
        runs = []
        while run := sorted(islice(remaining, _AT_ONCE)):
            file = stack.enter_context(tempfile.TemporaryFile())
            file.writelines(line.encode() for line in run)
            file.seek(0)
            runs.append(file)
        yield from heapq.merge(*runs)
