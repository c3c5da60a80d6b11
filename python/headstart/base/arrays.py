"""Named arrays as bytes that are safe to read, whoever wrote them.

The form is NumPy's own ``.npz``, stored without compression, of plain numbers only:
nothing in it can run code, and an array can not be larger than the bytes that hold it.
"""

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.exceptions import ArtifactError

__all__ = ["pack_arrays", "require", "unpack_arrays"]

Array = NDArray[Any]

_PLAIN_KINDS = "buif"  # bool, signed, unsigned, float: what has a fixed meaning
_HEADER_LIMIT = 4096  # bytes; NumPy pads the header of a plain array to 128


def pack_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Return `arrays` as the bytes of an uncompressed ``.npz``.

    The same arrays give the same bytes.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Booleans, integers or floats, of any shape. Scalars are arrays of shape ``()``.

    Raises
    ------
    TypeError
        If an array holds anything but plain numbers.

    Examples
    --------
    >>> data = pack_arrays({"coef": np.zeros((2, 3)), "rounds": np.array(7)})
    >>> unpack_arrays(data, {"coef": ("f", 2), "rounds": ("i", 0)})["rounds"]
    array(7)
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(arrays):
            array = np.asarray(arrays[name], order="C")
            if array.dtype.kind not in _PLAIN_KINDS:
                raise TypeError(
                    f"Array {name!r} must hold booleans, integers or floats. "
                    f"Got dtype {array.dtype} instead."
                )
            member = io.BytesIO()
            little_endian = array.astype(array.dtype.newbyteorder("<"), copy=False)
            np.lib.format.write_array(member, little_endian, allow_pickle=False)
            # A ZipInfo made from a name alone has a fixed date.
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return buffer.getvalue()


def unpack_arrays(
    data: bytes, expected: Mapping[str, tuple[str, int]]
) -> dict[str, Array]:
    """Return the arrays that `pack_arrays` wrote, after checking their form.

    Never allocates more than a few times the size of `data`, never runs code. What the
    numbers are is for the caller to check (`require`).

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
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            _check_members(
                len(data), file.infolist(), {f"{name}.npy" for name in expected}
            )
            return {
                name: _read_member(file.read(f"{name}.npy"), name, *form)
                for name, form in expected.items()
            }
    except ArtifactError:
        raise
    except Exception as error:
        raise ArtifactError(f"Stored arrays cannot be read: {error}") from error


def require(condition: object, message: str) -> None:
    """Raise `ArtifactError` with `message` unless `condition` is true."""
    if not condition:
        raise ArtifactError(message)


def _check_members(
    size: int, members: list[zipfile.ZipInfo], expected: set[str]
) -> None:
    names = sorted(member.filename for member in members)
    require(
        names == sorted(expected),
        f"Stored arrays must be {sorted(expected)}. Got {names[:20]} instead.",
    )
    for member in members:
        # Without compression no member is larger than the file itself.
        require(
            member.compress_type == zipfile.ZIP_STORED
            and member.file_size == member.compress_size,
            f"Stored array {member.filename!r} must not be compressed.",
        )
    require(
        sum(member.file_size for member in members) <= size,
        "Stored arrays must not overlap.",
    )


def _read_member(data: bytes, name: str, kinds: str, n_dimensions: int) -> Array:
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    require(version == (1, 0), f"Array {name!r} has the unknown version {version}.")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(
        stream, max_header_size=_HEADER_LIMIT
    )
    require(
        dtype.kind in kinds and dtype.kind in _PLAIN_KINDS,
        f"Array {name!r} must be of kind {kinds!r}. Got dtype {dtype} instead.",
    )
    require(
        len(shape) == n_dimensions and not fortran_order,
        f"Array {name!r} must have {n_dimensions} dimensions in C order. "
        f"Got shape {shape} instead.",
    )
    body = memoryview(data)[stream.tell() :]
    # The shape comes from the file: it is believed only where the bytes are there.
    require(
        min(shape, default=0) >= 0 and math.prod(shape) * dtype.itemsize == body.nbytes,
        f"Array {name!r} of shape {shape} must fill its {body.nbytes} bytes.",
    )
    flat = np.frombuffer(body, dtype=dtype).reshape(shape)
    return flat.astype(dtype.newbyteorder("="))
