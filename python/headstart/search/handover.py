"""What workers cannot find by name: handed over with the run."""

from collections.abc import Mapping

from headstart.base import Learner
from headstart.plugins import load_plugins

__all__ = ["own_learners", "plugin_files"]


def own_learners(learners: Mapping[str, Learner]) -> dict[str, Learner]:
    """Learners that workers cannot find by name: they travel with the run."""
    registry = load_plugins()

    def is_own(name: str, learner: Learner) -> bool:
        plugin = registry.plugin_of(name)
        return (
            registry.learners.get(name) is not learner
            or plugin is None
            or plugin.source == "program"
        )

    return {name: v for name, v in learners.items() if is_own(name, v)}


def plugin_files(learners: Mapping[str, Learner]) -> dict[str, tuple[str, str]]:
    """Path and hash of the plugin file that a learner came from, where one did."""
    registry = load_plugins()
    found = {}
    for name, learner in learners.items():
        plugin = registry.plugin_of(name)
        if (
            plugin is not None
            and plugin.source == "file"
            and registry.learners[name] is learner
        ):
            found[name] = (plugin.path, plugin.sha256)
    return found
