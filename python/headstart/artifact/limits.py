"""How large a model file may be before it is refused unread.

`Limits` has keyword arguments with a default each, which are also its attributes:
``max_parts`` (beside the manifest), ``max_manifest_bytes``, ``max_record_bytes`` (of a
part that is a JSON record, which takes several times as much when it is read),
``max_part_bytes``, ``max_total_bytes``, ``max_json_depth`` (of lists and objects in a
record) and ``max_name_length``. The reader checks them before memory is taken. The
writer keeps them too, so that what is saved can be loaded.
"""

from headstart._core import ModelFileLimits as Limits

__all__ = ["DEFAULT_LIMITS", "Limits"]

DEFAULT_LIMITS = Limits()
