"""Learners and transforms that workers cannot find by name, sent with the run."""

from collections.abc import Mapping
from typing import TypeVar

from headstart.base import Learner, Transform
from headstart.plugins import load_plugins

__all__ = ["own_items", "plugin_files"]

_Item = TypeVar("_Item", Learner, Transform)


def own_items(items: Mapping[str, _Item], kind: str) -> dict[str, _Item]:
    """Return the items to send to workers: those of no plugin that workers can load.

    Parameters
    ----------
    items : mapping of str to Learner or Transform
    kind : {"learners", "transforms"}
    """
    registry = load_plugins()
    registered: Mapping[str, object] = getattr(registry, kind)

    def is_own(name: str, item: _Item) -> bool:
        plugin = registry.plugin_of(name, kind)
        if registered.get(name) is not item or plugin is None:
            return True
        return plugin.source == "program"

    return {name: item for name, item in items.items() if is_own(name, item)}


def plugin_files(items: Mapping[str, _Item], kind: str) -> dict[str, tuple[str, str]]:
    """Return path and hash of the plugin files that define items, by KIND/NAME."""
    registry = load_plugins()
    registered: Mapping[str, object] = getattr(registry, kind)
    files = {}
    for name, item in items.items():
        plugin = registry.plugin_of(name, kind)
        if plugin is None or plugin.source != "file":
            continue
        if registered.get(name) is item:
            files[f"{kind}/{name}"] = (plugin.path, plugin.sha256)
    return files
