"""Limits on the size of a model file; a larger file is refused before it is read.

`Limits` has keyword arguments with defaults, which are also its attributes:
``max_parts`` (besides the manifest), ``max_manifest_bytes``, ``max_record_bytes`` (of a
JSON record, which takes several times as much memory when it is read),
``max_part_bytes``, ``max_total_bytes``, ``max_json_depth`` (of lists and objects in a
record) and ``max_name_length``. The reader checks them before it allocates memory. The
writer checks them, too, so that every saved model can be loaded.
"""

from headstart._core import ModelFileLimits as Limits

__all__ = ["DEFAULT_LIMITS", "Limits"]

DEFAULT_LIMITS = Limits()
