"""The manifest of a model file: its schema, and the checks it must pass.

``manifest.json`` is one JSON object, the first member of the file::

    {"format": "headstart-model",
     "format_version": 1,
     "made_by": {"headstart": "0.1.0", "python": "3.12.1", ...},
     "parts": {"schema.json": {"sha256": "...", "size": 812}, ...},
     "content": { what the caller of `write_artifact` gave },
     "checksum": SHA-256 of the canonical JSON of all the above}
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from headstart.artifact.limits import DEFAULT_LIMITS, Limits
from headstart.exceptions import ArtifactError
from headstart.facts.versions import installed_version

__all__ = [
    "FORMAT",
    "FORMAT_VERSION",
    "MANIFEST_NAME",
    "MIGRATIONS",
    "Manifest",
    "PartRecord",
    "check_part_names",
    "parse_manifest",
]

FORMAT = "headstart-model"
FORMAT_VERSION = 1
MANIFEST_NAME = "manifest.json"

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a format version to the function that turns its manifest into the next's."""

_SEGMENT = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!-]{0,39}")
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class PartRecord:
    """What the manifest says of one part."""

    sha256: str
    size: int

    @classmethod
    def of(cls, content: bytes) -> "PartRecord":
        """Return the record of `content`."""
        return cls(hashlib.sha256(content).hexdigest(), len(content))


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that was checked.

    Parameters
    ----------
    content : dict
        What the caller stored: JSON values.
    made_by : mapping of str to str
        Versions of what made the file; has ``"headstart"``.
    parts : mapping of str to PartRecord
    """

    content: dict[str, Any]
    made_by: Mapping[str, str]
    parts: Mapping[str, PartRecord]

    def to_bytes(self, limits: Limits = DEFAULT_LIMITS) -> bytes:
        """Return the manifest as UTF-8 JSON, the same bytes for the same content.

        Raises
        ------
        ArtifactError
            If the content is not JSON, or passes a limit, so that it could not be
            read back.
        """
        check_part_names(self.parts, limits)
        _check_totals(self.parts, limits)
        _check_json(self.content, "manifest", limits)
        record: dict[str, Any] = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "made_by": dict(self.made_by),
            "parts": {
                name: {"sha256": part.sha256, "size": part.size}
                for name, part in sorted(self.parts.items())
            },
            "content": self.content,
        }
        record["checksum"] = _checksum(record)
        data = json.dumps(record, indent=1, allow_nan=False).encode() + b"\n"
        if len(data) > limits.max_manifest_bytes:
            raise ArtifactError(
                f"The manifest takes {len(data)} bytes as JSON; at most "
                f"{limits.max_manifest_bytes} are read back. hint: large values "
                "belong in a part of their own."
            )
        return data


def parse_manifest(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Manifest:
    """Check and read the bytes of ``manifest.json``.

    Raises
    ------
    ArtifactError
        If they are not the manifest of a model, are damaged, pass a limit, or are of
        a newer format than this version of headstart reads.
    """
    record = _parse_json(data, limits)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ArtifactError(
            f"{MANIFEST_NAME} does not say that this is a {FORMAT!r}: it is not a "
            "model that headstart saved."
        )
    # The version comes first: all else may be different in another one.
    version = _check_version(record)
    checksum = record.pop("checksum", None)
    if checksum != _checksum(record):
        raise ArtifactError(f"{MANIFEST_NAME} is damaged: its checksum differs.")
    for step in range(version, FORMAT_VERSION):
        record = MIGRATIONS[step](record)
    return _from_record(record, limits)


def check_part_names(names: Collection[str], limits: Limits = DEFAULT_LIMITS) -> None:
    """Refuse names that could not be files of a folder, or would leave it.

    Raises
    ------
    ArtifactError
        If a name has other characters than ``A-Z a-z 0-9 . _ / -``, an empty or
        dotted segment, is the manifest's, is too long, or differs from another only in
        case; or if one part would be a folder of another.
    """
    if len(names) > limits.max_parts:
        raise ArtifactError(
            f"A model may have {limits.max_parts} parts at most. Got {len(names)}."
        )
    seen: dict[str, str] = {MANIFEST_NAME: MANIFEST_NAME}
    for name in names:
        well_formed = len(name) <= limits.max_name_length and all(
            _SEGMENT.fullmatch(segment) for segment in name.split("/")
        )
        if not well_formed:
            raise ArtifactError(
                f"The name of a part must be a relative path of at most "
                f"{limits.max_name_length} letters, digits, '.', '_', '-' and '/', "
                f"with no empty or dotted segment. Got {_shown(name)}."
            )
        # Some file systems do not tell upper from lower case.
        other = seen.setdefault(name.lower(), name)
        if other is not name:
            raise ArtifactError(
                f"Two parts may not have the same name. Got {name!r} and {other!r}."
            )
    for name in names:
        segments = name.lower().split("/")
        for end in range(1, len(segments)):
            folder = seen.get("/".join(segments[:end]))
            if folder is not None:
                raise ArtifactError(
                    f"Part {name!r} lies in {folder!r}, which is a part, not a folder."
                )


def _check_version(record: dict[str, Any]) -> int:
    version = record.get("format_version")
    if type(version) is not int or version < 1:
        raise ArtifactError(
            f"The 'format_version' of {MANIFEST_NAME} must be an int >= 1. Got "
            f"{_shown(version)}."
        )
    here = installed_version("headstart")
    made_by = record.get("made_by")
    maker = made_by.get("headstart") if isinstance(made_by, dict) else None
    if not isinstance(maker, str) or not _VERSION.fullmatch(maker):
        maker = ""
    if version > FORMAT_VERSION:
        wanted = f"headstart {maker}" if maker else "a newer headstart"
        install = f"'headstart>={maker}'" if maker else "-U headstart"
        raise ArtifactError(
            f"The model was saved by {wanted}, in format {version}. This is headstart "
            f"{here}, which reads formats up to {FORMAT_VERSION}. hint: pip install "
            f"{install}"
        )
    missing = [
        step for step in range(version, FORMAT_VERSION) if step not in MIGRATIONS
    ]
    if missing:
        raise ArtifactError(
            f"The model is of format {version}, saved by headstart {maker or '?'}, "
            f"which headstart {here} no longer reads. hint: load it with a headstart "
            "in between, and save it again with that."
        )
    return version


def _from_record(record: dict[str, Any], limits: Limits) -> Manifest:
    expected = {"format", "format_version", "made_by", "parts", "content"}
    if set(record) != expected:
        differing = sorted(map(_shown, set(record) ^ expected))
        raise ArtifactError(
            f"{MANIFEST_NAME} must have the keys {sorted(expected)}. These are missing "
            f"or too many: {', '.join(differing[:5])}."
        )
    made_by = _mapping(record, "made_by")
    for key, value in made_by.items():
        if not isinstance(value, str):
            _refuse(f"made_by.{key}", "a version as a string", value)
    if "headstart" not in made_by:
        _refuse("made_by", "an object that has 'headstart'", made_by)
    listed = _mapping(record, "parts")
    check_part_names(listed, limits)
    parts = {name: _part_record(name, value) for name, value in listed.items()}
    _check_totals(parts, limits)
    return Manifest(_mapping(record, "content"), made_by, parts)


def _part_record(name: str, value: Any) -> PartRecord:
    if not isinstance(value, dict) or set(value) != {"sha256", "size"}:
        _refuse(f"parts.{name}", "an object of 'sha256' and 'size'", value)
    sha256, size = value["sha256"], value["size"]
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        _refuse(f"parts.{name}.sha256", "64 hexadecimal digits", sha256)
    if type(size) is not int or size < 0:
        _refuse(f"parts.{name}.size", "an int >= 0", size)
    return PartRecord(sha256, size)


def _check_totals(parts: Mapping[str, PartRecord], limits: Limits) -> None:
    for name, part in parts.items():
        if part.size > limits.max_part_bytes:
            raise ArtifactError(
                f"Part {name!r} has {part.size} bytes; at most "
                f"{limits.max_part_bytes} are read."
            )
    total = sum(part.size for part in parts.values())
    if total > limits.max_total_bytes:
        raise ArtifactError(
            f"The parts have {total} bytes together; at most "
            f"{limits.max_total_bytes} are read."
        )


def _parse_json(data: bytes, limits: Limits) -> Any:
    if len(data) > limits.max_manifest_bytes:
        raise ArtifactError(
            f"{MANIFEST_NAME} has {len(data)} bytes; at most "
            f"{limits.max_manifest_bytes} are read."
        )
    # Depth is counted before parsing: the parser would recurse.
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(data):
        token = data[found.start()]
        depth += (token in b"[{") - (token in b"]}")
        if depth > limits.max_json_depth:
            raise ArtifactError(
                f"{MANIFEST_NAME} is nested deeper than {limits.max_json_depth} levels."
            )

    def parse_int(digits: str) -> int:
        if len(digits) > limits.max_digits:
            raise ArtifactError(
                f"{MANIFEST_NAME} has a number of {len(digits)} digits; at most "
                f"{limits.max_digits} are read."
            )
        return int(digits)

    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique_pairs,
            parse_int=parse_int,
            parse_float=_finite_float,
            parse_constant=_refuse_constant,
        )
    except ArtifactError:
        raise
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{MANIFEST_NAME} is not JSON: {error}") from error


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        last = {key: index for index, (key, _) in enumerate(pairs)}
        doubled = next(k for i, (k, _) in enumerate(pairs) if last[k] != i)
        raise ArtifactError(f"{MANIFEST_NAME} has the key {_shown(doubled)} twice.")
    return found


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ArtifactError(f"{MANIFEST_NAME} has the number {text[:40]}: too large.")
    return value


def _refuse_constant(text: str) -> NoReturn:
    raise ArtifactError(f"{MANIFEST_NAME} has {text}, which JSON does not know.")


def _check_json(value: Any, where: str, limits: Limits, depth: int = 2) -> None:
    """Refuse what would not come back as it went: `depth` counts the manifest's own."""
    if depth > limits.max_json_depth and isinstance(value, dict | list | tuple):
        raise ArtifactError(
            f"{where[:200]} is nested deeper than {limits.max_json_depth} levels."
        )
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ArtifactError(f"Keys in {where} must be str. Got {_shown(key)}.")
            _check_json(item, f"{where}[{key!r}]", limits, depth + 1)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_json(item, f"{where}[{index}]", limits, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ArtifactError(
                f"{where} is {value}, which JSON does not know. hint: use None."
            )
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10 ** (limits.max_digits - 1):
            raise ArtifactError(f"{where} has more than {limits.max_digits} digits.")
    elif value is not None and not isinstance(value, str | bool):
        raise ArtifactError(
            f"{where} must be a JSON value (dict, list, str, int, float, bool, None). "
            f"Got {type(value).__name__}."
        )


def _checksum(record: dict[str, Any]) -> str:
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _mapping(record: dict[str, Any], key: str) -> dict[str, Any]:
    value = record[key]
    if not isinstance(value, dict):
        _refuse(key, "an object", value)
    return value


def _refuse(where: str, expected: str, value: Any) -> NoReturn:
    raise ArtifactError(
        f"{where[:200]} in {MANIFEST_NAME} must be {expected}. Got {_shown(value)}."
    )


def _shown(value: Any) -> str:
    """Cut short, and without control characters that a terminal would obey."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
