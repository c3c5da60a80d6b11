"""Plugins: the hooks they implement (`hookspecs`) and their loading (`manager`)."""

from headstart.plugins.contributions import (
    CommandRecord,
    DescribedTable,
    ExecutorRecord,
    ExporterRecord,
    ListenerRecord,
    MetaFeatureRecord,
    MetricRecord,
    SplitterRecord,
    TableReaderRecord,
)
from headstart.plugins.hookspecs import API_VERSION, SUPPORTED_API_VERSIONS, hookimpl
from headstart.plugins.manager import (
    load_commands,
    load_plugins,
    plugin_environment,
    register,
    registry_of_file,
    unregister,
    use,
)
from headstart.plugins.records import PluginProblem, PluginRecord
from headstart.plugins.registry import Registry
from headstart.plugins.transform_choice import find_transform, select_transforms

__all__ = [
    "API_VERSION",
    "SUPPORTED_API_VERSIONS",
    "CommandRecord",
    "DescribedTable",
    "ExecutorRecord",
    "ExporterRecord",
    "ListenerRecord",
    "MetaFeatureRecord",
    "MetricRecord",
    "PluginProblem",
    "PluginRecord",
    "Registry",
    "SplitterRecord",
    "TableReaderRecord",
    "find_transform",
    "hookimpl",
    "load_commands",
    "load_plugins",
    "plugin_environment",
    "register",
    "registry_of_file",
    "select_transforms",
    "unregister",
    "use",
]
