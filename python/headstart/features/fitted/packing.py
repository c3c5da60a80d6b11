"""The numbers of fitted features, joined to a few arrays."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.exceptions import ArtifactError

__all__ = ["ARRAYS", "pack_record", "unpack_record"]

#: Kind and number of dimensions of each array, as `unpack_arrays` takes them.
ARRAYS = {"cuts": ("f", 1), "ids": ("u", 1), "numbers": ("f", 1), "starts": ("i", 1)}
_DTYPES = {"cuts": "<f8", "ids": "<u8", "numbers": "<f8", "starts": "<i8"}

Array = NDArray[Any]


def pack_record(
    record: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return a record with lengths in place of its arrays, and the arrays, joined."""
    parts: dict[str, list[Array]] = {name: [] for name in ARRAYS}
    packed = dict(record)
    for field, names in _FIELDS.items():
        packed[field] = [dict(entry) for entry in record[field]]
        for entry in packed[field]:
            for name in names:
                parts[name].append(np.asarray(entry[name], dtype=_DTYPES[name]))
                entry[name] = len(entry[name])
    return packed, {
        name: np.concatenate([np.zeros(0, _DTYPES[name]), *arrays])
        for name, arrays in parts.items()
    }


def unpack_record(record: Any, arrays: Mapping[str, Array]) -> Any:
    """Return the record that `pack_record` packed.

    The record may be anything that JSON can hold: only its lengths are checked here.

    Raises
    ------
    ArtifactError
        If the lengths are not those of the arrays.
    """
    if not isinstance(record, dict):
        raise ArtifactError("The stored features are no record.")
    remaining = {name: arrays[name].astype(_DTYPES[name]) for name in ARRAYS}
    unpacked = dict(record)
    for field, names in _FIELDS.items():
        unpacked[field] = [
            _with_arrays(entry, names, remaining) for entry in _entries(record, field)
        ]
    if any(len(values) for values in remaining.values()):
        raise ArtifactError("The stored features have more numbers than they name.")
    return unpacked


# Entries of a record that hold numbers, and the names of these numbers.
_FIELDS = {"bins": ("cuts",), "crosses": ("ids",), "features": ("numbers", "starts")}


def _entries(record: dict[str, Any], field: str) -> Iterator[dict[str, Any]]:
    entries = record.get(field)
    if not isinstance(entries, list):
        raise ArtifactError(f"The stored features lack their {field}.")
    for entry in entries:
        if not isinstance(entry, dict):
            raise ArtifactError(f"The {field} of stored features are no records.")
        yield entry


def _with_arrays(
    entry: dict[str, Any], names: tuple[str, ...], remaining: dict[str, Array]
) -> dict[str, Any]:
    """Return an entry with the first of the remaining numbers, which are removed."""
    unpacked = dict(entry)
    for name in names:
        length = entry.get(name)
        if type(length) is not int or not 0 <= length <= len(remaining[name]):
            raise ArtifactError(
                f"The stored features have fewer {name} than they name."
            )
        unpacked[name] = remaining[name][:length].copy()
        remaining[name] = remaining[name][length:]
    return unpacked
