"""How large a model file may be before it is refused unread."""

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that are checked before memory is taken.

    The writer keeps them too, so that what is saved can be loaded.

    Parameters
    ----------
    max_parts : int
        Parts beside the manifest.
    max_manifest_bytes : int
        Bytes of the manifest, as JSON.
    max_json_bytes : int
        Bytes of a part that is JSON: it takes several times as much when it is read.
    max_part_bytes : int
        Bytes of one part, as it is in memory.
    max_total_bytes : int
        Bytes of all parts together, as they are in memory.
    max_ratio : int
        How many times larger than its packed form a part may be. The writer leaves
        what would shrink further unpacked.
    max_json_depth : int
        How deep lists and objects of the manifest may be nested.
    max_digits : int
        Digits of a whole number in the manifest.
    max_name_length : int
        Characters of a part's name.
    """

    max_parts: int = 65_000
    max_manifest_bytes: int = 16 * 2**20
    max_json_bytes: int = 512 * 2**20
    max_part_bytes: int = 16 * 2**30
    max_total_bytes: int = 64 * 2**30
    max_ratio: int = 200
    max_json_depth: int = 64
    max_digits: int = 100
    max_name_length: int = 200


DEFAULT_LIMITS = Limits()
