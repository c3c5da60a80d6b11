"""What can be added to headstart (`hookspecs`), and how it is found (`manager`)."""

from headstart.plugins.hookspecs import API_VERSION, hookimpl
from headstart.plugins.manager import load_plugins
from headstart.plugins.records import PluginProblem, PluginRecord
from headstart.plugins.registry import Registry

__all__ = [
    "API_VERSION",
    "PluginProblem",
    "PluginRecord",
    "Registry",
    "hookimpl",
    "load_plugins",
]
