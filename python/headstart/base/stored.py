"""Fitted scikit-learn objects as bytes that load without running code."""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

from headstart.base.learner import Parts
from headstart.exceptions import ArtifactError

__all__ = ["dump_skops", "load_skops"]

_PART = "model.skops"


def dump_skops(fitted: Any, name: str = _PART) -> Parts:
    """Return a fitted object in skops' form, as one part.

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
        Whose object it is, for messages: ``"transform 'pca'"``.
    trusted : sequence of str
        Dotted names of types that may be built beyond skops' own.

    Raises
    ------
    ArtifactError
        If it cannot be read, or holds other types.
    """
    import skops.io

    try:
        data = parts[name]
        unknown = set(skops.io.get_untrusted_types(data=data))
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


def _without_addresses(data: bytes) -> bytes:
    """Replace the addresses of objects by their order, and leave out the time."""
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
