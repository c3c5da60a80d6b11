"""Arrays as bytes that load without running code, checked on the way in."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from headstart.exceptions import ArtifactError

__all__ = ["pack_arrays", "unpack_arrays"]


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays of numbers as an uncompressed ``.npz`` file.

    The same arrays give the same bytes.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, values in arrays.items():
            member = io.BytesIO()
            npy.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
            # ZipInfo's default date is fixed, unlike that of np.savez.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return stream.getvalue()


def unpack_arrays(
    data: bytes, expected: Mapping[str, str | type[np.generic]]
) -> dict[str, NDArray[Any]]:
    """Read what `pack_arrays` wrote.

    Parameters
    ----------
    data : bytes
        May come from a hostile file.
    expected : mapping of str to dtype
        Names of the arrays and their types; each must be there, with one dimension.

    Raises
    ------
    ArtifactError
        If the bytes are not such a file, or other arrays are in it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_members(archive.infolist(), expected, len(data))
            return {
                name: _read(archive.read(f"{name}.npy"), name, np.dtype(dtype))
                for name, dtype in expected.items()
            }
    except ArtifactError:
        raise
    except Exception as error:
        raise ArtifactError(f"Stored arrays cannot be read: {error}") from error


def _check_members(
    members: list[zipfile.ZipInfo], expected: Iterable[str], n_bytes: int
) -> None:
    names = sorted(m.filename for m in members)
    if names != sorted(f"{name}.npy" for name in expected):
        raise ArtifactError(
            f"Stored arrays must be {sorted(expected)}. Got {names[:20]}."
        )
    # Uncompressed members are no larger than the file: nothing can blow up.
    if any(
        m.compress_type != zipfile.ZIP_STORED or m.file_size > n_bytes for m in members
    ):
        raise ArtifactError("Stored arrays must not be compressed.")


def _read(data: bytes, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    stream = io.BytesIO(data)
    if npy.read_magic(stream) != (1, 0):
        raise ArtifactError(f"The stored array {name!r} has an unknown format.")
    shape, _, found = npy.read_array_header_1_0(stream)
    body = data[stream.tell() :]
    if found != dtype or len(shape) != 1 or shape[0] * dtype.itemsize != len(body):
        raise ArtifactError(
            f"The stored array {name!r} must be a vector of {dtype}. Got {found} of "
            f"shape {shape} in {len(body)} bytes."
        )
    return np.frombuffer(body, dtype=dtype)
