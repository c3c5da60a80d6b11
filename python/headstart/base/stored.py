"""Fitted scikit-learn objects as bytes that load without running code."""

import io
import json
import math
import zipfile
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from headstart.base.arrays import require
from headstart.exceptions import ArtifactError

__all__ = ["Parts", "check_estimator", "dump_skops", "load_skops", "untrusted_types"]

#: Named bytes: the stored form of a fitted object.
Parts = dict[str, bytes]

_PART = "model.skops"
_ARRAY_MARK, _ZIP_MARK = b"\x93NUMPY", b"PK\3\4"
_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# Limit in bytes of all unpacked compressed arrays (of sparse matrices).
_MOST_UNPACKED = 2**30


def dump_skops(fitted: Any, name: str = _PART) -> Parts:
    """Return a fitted object in the format of skops, as one part.

    An equal object gives the same bytes, in every process.
    """
    import skops.io

    return {name: _without_addresses(skops.io.dumps(fitted))}


def load_skops(
    parts: Parts, owner: str, trusted: Sequence[str], name: str = _PART
) -> Any:
    """Return the object that `dump_skops` wrote.

    Parameters
    ----------
    owner : str
        The owner of the object, for messages: ``"transform 'pca'"``.
    trusted : sequence of str
        Dotted names of types that may be built beyond skops' own.

    Raises
    ------
    ArtifactError
        If it cannot be read or has types that are not trusted.
    """
    import skops.io

    try:
        data = parts[name]
        unknown = untrusted_types(data)
        refused = sorted(unknown - set(trusted))
        if not refused:
            return skops.io.loads(data, trusted=sorted(unknown))
    except Exception as error:
        raise ArtifactError(
            f"What {owner} has stored cannot be read: {error}"
        ) from error
    raise ArtifactError(
        f"What {owner} has stored holds types that are not trusted: "
        f"{', '.join(refused)}. hint: declare what is stored in trusted_types()."
    )


def untrusted_types(data: bytes) -> set[str]:
    """Return the dotted names of stored types that skops does not trust by default.

    Raises
    ------
    ArtifactError
        If reading could take much more memory than the size of `data`.
    Exception
        If `data` is not in skops' format.
    """
    import skops.io

    _check_sizes(data)
    return set(skops.io.get_untrusted_types(data=data))


def check_estimator(
    estimator: Any, owner: str, n_features: int, n_classes: int | None
) -> None:
    """Check that an estimator fits a number of columns, and of classes.

    Parameters
    ----------
    n_features : int
        Columns of the matrix that it will predict.
    n_classes : int or None
        Its `classes_` must be distinct codes in ``0 .. n_classes - 1``. None for
        regression.

    Raises
    ------
    ArtifactError
        If it does not fit.
    """
    width = getattr(estimator, "n_features_in_", n_features)
    require(
        width == n_features,
        f"The stored model of {owner} was fitted on {width} columns, and would be "
        f"given {n_features}.",
    )
    if n_classes is None:
        return
    classes = np.asarray(getattr(estimator, "classes_", range(n_classes)))
    require(
        classes.ndim == 1
        and classes.dtype.kind in "iufb"
        and set(classes.tolist()) <= set(range(n_classes))
        and len(set(classes.tolist())) == classes.size > 0,
        f"The stored model of {owner} has classes that the task does not have.",
    )


def _check_sizes(data: bytes) -> None:
    """Raise if the members of an archive would unpack to more bytes than it has.

    `dump_skops` and, by default, skops do not compress. Only the arrays of sparse
    matrices are compressed, in archives of their own; their total size is limited.
    """
    unpacked = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        require(
            all(m.compress_type == zipfile.ZIP_STORED for m in members)
            and sum(m.file_size for m in members) <= len(data),
            "a member of the archive is compressed, or overlaps another",
        )
        for member in members:
            with archive.open(member) as file:
                mark = file.read(len(_ARRAY_MARK))
                if mark == _ARRAY_MARK:
                    file.seek(0)
                    _check_array(file, member.file_size)
                elif mark.startswith(_ZIP_MARK):
                    file.seek(0)
                    unpacked += _unpacked_size(file)
                    require(
                        unpacked <= _MOST_UNPACKED,
                        f"its sparse matrices unpack to more than {_MOST_UNPACKED} "
                        "bytes",
                    )


def _unpacked_size(file: IO[bytes]) -> int:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        size = sum(m.file_size for m in members)
        if size <= _MOST_UNPACKED:
            for member in members:
                with archive.open(member) as array:
                    _check_array(array, member.file_size)
        return size


def _check_array(file: IO[bytes], size: int) -> None:
    """Raise if an array's bytes do not fill its shape, which NumPy would allocate."""
    version = np.lib.format.read_magic(file)
    require(version in _HEADER_READERS, f"an array has the unknown version {version}")
    shape, _, dtype = _HEADER_READERS[version](file)
    require(
        not dtype.hasobject
        and min(shape, default=0) >= 0
        and (dtype.itemsize > 0 or math.prod(shape) <= 1)
        and math.prod(shape) * dtype.itemsize == size - file.tell(),
        f"an array of shape {shape} does not fill its bytes",
    )


def _without_addresses(data: bytes) -> bytes:
    """Return skops bytes with addresses replaced by counters and without the time."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members.pop("schema.json"))
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}
    _renumber(schema, numbers, files)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, renamed in files.items():
            archive.writestr(zipfile.ZipInfo(renamed), members[name])
        archive.writestr(zipfile.ZipInfo("schema.json"), json.dumps(schema, indent=2))
    return packed.getvalue()


def _renumber(node: Any, numbers: dict[int, int], files: dict[str, str]) -> None:
    if isinstance(node, list):
        for item in node:
            _renumber(item, numbers, files)
        return
    if not isinstance(node, dict):
        return
    if isinstance(node.get("__id__"), int):
        node["__id__"] = numbers.setdefault(node["__id__"], len(numbers))
    name = node.get("file")
    if isinstance(name, str) and "__loader__" in node:
        ending = name.partition(".")[2]
        node["file"] = files.setdefault(name, f"{len(files)}.{ending}")
    for key, value in node.items():
        if key not in ("__id__", "file"):
            _renumber(value, numbers, files)
