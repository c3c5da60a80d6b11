"""Search for words in source files, without importing them."""

import importlib.util
from pathlib import Path

__all__ = ["file_mentions", "module_mentions"]


def file_mentions(path: str | Path, word: str) -> bool:
    """Return whether a file contains a word; true if it cannot be read.

    Examples
    --------
    >>> file_mentions(__file__, "words")
    True
    """
    try:
        return word.encode() in Path(path).read_bytes()
    except OSError:
        return True


def module_mentions(module: str, word: str) -> bool:
    """Return whether a module's source contains a word; true if there is no source.

    Packages above the module are imported, the module is not.

    Examples
    --------
    >>> module_mentions("headstart.machine.mentions", "module_mentions")
    True
    """
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return False
    return spec is not None and file_mentions(spec.origin or "", word)
