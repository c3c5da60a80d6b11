"""The parts of stored models, written and checked: a JSON record and named arrays."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import Parts
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.exceptions import ArtifactError

__all__ = ["pack_model", "read_record", "unpack_model", "write_record"]

_MAX_BYTES = 1 << 12
_MAX_INTEGER = 1 << 31


def pack_model(
    kind: str, record: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> Parts:
    """Return a model of one record and named arrays as two parts.

    Parameters
    ----------
    kind : str
        Stem of the parts' names.
    record : mapping of str to str, bool, int or float
    arrays : mapping of str to ndarray
        See `headstart.base.arrays.pack_arrays`.
    """
    return {
        f"{kind}.json": write_record(record),
        f"{kind}.safetensors": pack_arrays(arrays),
    }


def unpack_model(
    parts: Mapping[str, bytes],
    kind: str,
    fields: Mapping[str, type],
    expected: Mapping[str, tuple[str, int]],
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the record and the arrays that `pack_model` wrote.

    Parameters
    ----------
    parts : mapping of str to bytes
        Exactly the two parts.
    kind : str
    fields : mapping of str to type
        See `read_record`.
    expected : mapping of str to (kinds, n_dimensions)
        See `headstart.base.arrays.unpack_arrays`.

    Raises
    ------
    ArtifactError
        If the parts are anything else, or an array has values that are not finite.
    """
    names = {f"{kind}.json", f"{kind}.safetensors"}
    require(
        set(parts) == names,
        f"A stored model of kind {kind!r} must consist of {sorted(names)}. "
        f"Got {sorted(parts)[:20]} instead.",
    )
    record = read_record(parts[f"{kind}.json"], f"{kind}.json", fields)
    arrays = unpack_arrays(parts[f"{kind}.safetensors"], expected)
    for name, array in arrays.items():
        require(
            np.isfinite(array).all(),
            f"The array {name!r} of a stored model of kind {kind!r} must be finite.",
        )
    return record, arrays


def write_record(record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON; equal records give the same bytes."""
    return json.dumps(record, sort_keys=True, allow_nan=False).encode()


def read_record(data: bytes, name: str, fields: Mapping[str, type]) -> dict[str, Any]:
    """Return the record that `write_record` wrote, after checking its form.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the part, for messages.
    fields : mapping of str to type
        Exactly the fields of the record. An ``int`` is between 0 and 2**31, a
        ``float`` is finite.

    Raises
    ------
    ArtifactError
        If `data` is anything else.

    Examples
    --------
    >>> read_record(write_record({"power": 2}), "neighbors.json", {"power": int})
    {'power': 2}
    """
    require(0 < len(data) <= _MAX_BYTES, f"A stored model lacks its {name}.")
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"The {name} of a stored model is no JSON.") from error
    require(
        isinstance(record, dict)
        and record.keys() == fields.keys()
        and all(_is_valid(record[field], form) for field, form in fields.items()),
        f"The {name} of a stored model must have the fields {sorted(fields)}, each of "
        "its type.",
    )
    return dict(record)


def _is_valid(value: Any, form: type) -> bool:
    is_typed = type(value) is form
    if form is float:
        return is_typed and math.isfinite(value)
    if form is int:
        return is_typed and bool(0 <= value < _MAX_INTEGER)
    return is_typed
