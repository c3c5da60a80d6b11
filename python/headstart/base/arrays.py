"""Named arrays as bytes that are safe to read, whoever wrote them.

The form is that of safetensors, of plain numbers only: a JSON header with the type,
shape and place of each array, then their values. Nothing in it can run code, and an
array cannot be larger than the bytes that hold it. The compiled module checks the
header.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart._core import find_stored_arrays
from headstart.exceptions import ArtifactError

__all__ = ["pack_arrays", "require", "unpack_arrays"]

Array = NDArray[Any]

_TYPES = {
    "b1": "BOOL",
    "f2": "F16",
    "f4": "F32",
    "f8": "F64",
    **{f"i{size}": f"I{8 * size}" for size in (1, 2, 4, 8)},
    **{f"u{size}": f"U{8 * size}" for size in (1, 2, 4, 8)},
}
_ALIGNMENT = 8  # bytes: where values begin, so that a reader may use them in place


def pack_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Return `arrays` in the form of safetensors.

    The same arrays give the same bytes.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Booleans, integers or floats, of any shape. Scalars are arrays of shape ``()``.

    Raises
    ------
    TypeError
        If an array holds anything other than numbers of at most 64 bits.

    Examples
    --------
    >>> data = pack_arrays({"coef": np.zeros((2, 3)), "rounds": np.array(7)})
    >>> unpack_arrays(data, {"coef": ("f", 2), "rounds": ("i", 0)})["rounds"]
    array(7)
    """
    values = {name: _little_endian(name, arrays[name]) for name in arrays}
    # Wide elements first: each array begins at a multiple of its element's size.
    names = sorted(values, key=lambda name: (-values[name].itemsize, name))
    header: dict[str, Any] = {}
    position = 0
    for name in names:
        array = values[name]
        end = position + array.nbytes
        header[name] = {
            "dtype": _TYPES[f"{array.dtype.kind}{array.itemsize}"],
            "shape": array.shape,
            "data_offsets": (position, end),
        }
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return b"".join(
        [len(text).to_bytes(8, "little"), text, *(values[name].data for name in names)]
    )


def unpack_arrays(
    data: bytes, expected: Mapping[str, tuple[str, int]]
) -> dict[str, Array]:
    """Return the arrays that `pack_arrays` wrote, after checking their form.

    Never allocates more than a few times the size of `data`, never runs code. The
    caller must check the values (`require`).

    Parameters
    ----------
    data : bytes
    expected : mapping of str to (kinds, n_dimensions)
        Exactly the arrays that must be there. `kinds` are letters of
        `numpy.dtype.kind` out of ``"buif"``.

    Returns
    -------
    dict of str to ndarray
        Own, writable, C-ordered, native arrays.

    Raises
    ------
    ArtifactError
        If `data` is anything else.
    """
    try:
        stored = find_stored_arrays(data)
        require(
            stored.keys() == expected.keys(),
            f"Stored arrays must be {sorted(expected)}. Got {sorted(stored)[:20]} "
            "instead.",
        )
        arrays: dict[str, Array] = {}
        for name, (kinds, n_dimensions) in expected.items():
            form, shape, start, end = stored[name]
            require(
                form[0] in kinds and len(shape) == n_dimensions,
                f"Array {name!r} must be of kind {kinds!r} and have {n_dimensions} "
                f"dimensions. Got {form} of shape {tuple(shape)} instead.",
            )
            dtype = np.dtype(f"<{form}")
            values = np.frombuffer(data, dtype, (end - start) // dtype.itemsize, start)
            arrays[name] = values.reshape(shape).astype(dtype.newbyteorder("="))
    except ArtifactError:
        raise
    except Exception as error:
        raise ArtifactError(f"Stored arrays cannot be read: {error}") from error
    return arrays


def require(condition: object, message: str) -> None:
    """Raise `ArtifactError` with `message` unless `condition` is true."""
    if not condition:
        raise ArtifactError(message)


def _little_endian(name: str, values: Array) -> Array:
    array = np.asarray(values, order="C")
    if f"{array.dtype.kind}{array.itemsize}" not in _TYPES:
        raise TypeError(
            f"Array {name!r} must hold booleans, integers or floats of at most "
            f"64 bits. Got dtype {array.dtype} instead."
        )
    return array.astype(array.dtype.newbyteorder("<"), copy=False)
