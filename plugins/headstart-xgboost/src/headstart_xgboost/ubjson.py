"""Universal Binary JSON, as far as XGBoost writes it (https://ubjson.org, draft 12).

Numbers of one type lie side by side in it, so that an array is read as fast as it is
copied; text of JSON takes ten times as long. Nothing that is read is trusted: lengths
are held against what is left of the data, and what contains itself too deeply is
refused.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["read", "write"]

_DEEPEST = 32
_NUMBERS = {
    b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4",
    b"D": ">f8",
}  # fmt: skip
_STORED = {mark: np.dtype(form) for mark, form in _NUMBERS.items()}
_NATIVE = {mark: form.newbyteorder("=") for mark, form in _STORED.items()}
_MARKERS = {form: mark for mark, form in _NATIVE.items()}
_SIZES = {mark: _STORED[mark].itemsize for mark in (b"i", b"U", b"I", b"l", b"L")}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


def read(data: bytes) -> Any:
    """Return what `write` wrote; arrays of one type as arrays of NumPy.

    Raises
    ------
    ValueError
        If it is cut off, goes on after its end, or is no UBJSON that is known here.
    """
    reader = _Reader(data)
    value = reader.value(reader.take(1), _DEEPEST)
    if reader.place != len(data):
        raise ValueError("UBJSON goes on after its end.")
    return value


def write(value: Any) -> bytes:
    """Return dictionaries, lists, texts, numbers and arrays of NumPy as UBJSON.

    Examples
    --------
    >>> record = {"name": "gbtree", "sizes": np.array([1, 2], np.int32)}
    >>> read(write(record))
    {'name': 'gbtree', 'sizes': array([1, 2], dtype=int32)}
    """
    pieces: list[bytes] = []
    _add(value, pieces)
    return b"".join(pieces)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def take(self, size: int) -> bytes:
        end = self.place + size
        if not 0 <= size <= len(self._data) - self.place:
            raise ValueError("UBJSON is cut off.")
        piece = self._data[self.place : end]
        self.place = end
        return piece

    def value(self, marker: bytes, deepest: int) -> Any:
        if marker in _NUMBERS:
            return self._numbers(marker, 1)[0].item()
        if marker == b"S":
            return self._text()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if deepest == 0:
            raise ValueError("UBJSON is nested too deeply.")
        if marker == b"{":
            return self._object(deepest - 1)
        if marker == b"[":
            return self._array(deepest - 1)
        raise ValueError(f"UBJSON has an unknown marker {marker!r}.")

    def _object(self, deepest: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._data[self.place : self.place + 1] != b"}":
            name = self._text()
            if name in found:
                raise ValueError(f"UBJSON names {name[:80]!r} twice.")
            found[name] = self.value(self.take(1), deepest)
        self.take(1)
        return found

    def _array(self, deepest: int) -> list[Any] | NDArray[Any]:
        marker = self.take(1)
        if marker == b"$":
            kind = self.take(1)
            if kind not in _NUMBERS or self.take(1) != b"#":
                raise ValueError("UBJSON has an array of an unknown type.")
            return self._numbers(kind, self._count())
        if marker == b"#":
            n_items = self._count()
            return [self.value(self.take(1), deepest) for _ in range(n_items)]
        found = []
        while marker != b"]":
            found.append(self.value(marker, deepest))
            marker = self.take(1)
        return found

    def _numbers(self, kind: bytes, count: int) -> NDArray[Any]:
        form = _STORED[kind]
        piece = self.take(count * form.itemsize)
        return np.frombuffer(piece, form).astype(_NATIVE[kind])

    def _text(self) -> str:
        return self.take(self._count()).decode("utf-8")

    def _count(self) -> int:
        kind = self.take(1)
        if kind not in _SIZES:
            raise ValueError("UBJSON has a length that is no integer.")
        return int.from_bytes(self.take(_SIZES[kind]), "big", signed=kind != b"U")


def _add(value: Any, pieces: list[bytes]) -> None:
    if isinstance(value, dict):
        pieces.append(b"{")
        for name, item in value.items():
            _add_text(name, pieces)
            _add(item, pieces)
        pieces.append(b"}")
    elif isinstance(value, np.ndarray):
        mark = _MARKERS[value.dtype]
        pieces.append(b"[$" + mark + b"#" + _length(value.size))
        pieces.append(value.astype(_STORED[mark]).tobytes())
    elif isinstance(value, list):
        pieces.append(b"[#" + _length(len(value)))
        for item in value:
            _add(item, pieces)
    elif isinstance(value, str):
        pieces.append(b"S")
        _add_text(value, pieces)
    elif isinstance(value, float):
        pieces.append(b"D" + struct.pack(">d", value))
    else:
        pieces.append(_length(value))


def _add_text(text: str, pieces: list[bytes]) -> None:
    data = text.encode("utf-8")
    pieces.append(_length(len(data)) + data)


def _length(value: int) -> bytes:
    return b"L" + struct.pack(">q", value)
