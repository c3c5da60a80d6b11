"""Pickling of objects for another process, with source lines of code sent by value.

Functions and classes of ``__main__``, of a notebook or a REPL, and of files that other
processes cannot import are sent by value. cloudpickle (from 3.1.2 on) leaves out the
file of their code, and the file may not exist for the receiver. So the file's name is
sent with the code, and the lines of each file are sent once.
"""

import io
import linecache
from collections.abc import Callable
from types import CodeType
from typing import Any

import cloudpickle

__all__ = ["dumps"]


def dumps(item: object) -> bytes:
    """Return `item` as bytes that `pickle.loads` reads in another process."""
    with io.BytesIO() as file:
        _Pickler(file).dump(item)
        return file.getvalue()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._sent_files: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, CodeType):
            return super().reducer_override(obj)
        make, arguments = self.dispatch_table[CodeType](obj)
        return _rebuild, (make, arguments, obj.co_filename, self._lines(obj))

    def _lines(self, code: CodeType) -> list[str]:
        """Return the lines of the code's file; none if they were sent already."""
        if code.co_filename in self._sent_files:
            return []
        self._sent_files.add(code.co_filename)
        return linecache.getlines(code.co_filename)


def _rebuild(
    make: Callable[..., CodeType],
    arguments: tuple[Any, ...],
    filename: str,
    lines: list[str],
) -> CodeType:
    """Return the code object, and register its file's lines for tracebacks."""
    if lines:
        entry = linecache.cache.get(filename)
        # An entry with a time of change is this process's own, and kept up to date.
        if entry is None or len(entry) == 1 or entry[1] is None:
            size = sum(map(len, lines))
            # Without a time of change it is not compared with the file.
            linecache.cache[filename] = (size, None, lines, filename)
    return make(*arguments).replace(co_filename=filename)
