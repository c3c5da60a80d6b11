"""The hooks by which plugins extend headstart.

A plugin is a module (or any object) with functions marked by `hookimpl`, named by an
entry point of the group ``headstart``::

    from headstart.sdk import hookimpl


    @hookimpl
    def register_learners(register):
        register(MyLearner())

Every hook is called once per process, when plugins are first needed, with a callback.
It should be quick: import the library of a learner in its `fit`, not at the top of the
module. If a registration is invalid (a name that is taken, for instance), the whole
plugin is left out.
"""

from typing import Any, Protocol

import pluggy

from headstart.base.learner import Learner
from headstart.plugins.contributions import (
    CommandRecord,
    ExecutorRecord,
    ExporterRecord,
    ListenerRecord,
    MetaFeatureRecord,
    SplitterRecord,
    TableReaderRecord,
)

__all__ = [
    "API_VERSION",
    "HOOKS",
    "PROJECT",
    "SUPPORTED_API_VERSIONS",
    "RegisterCommand",
    "RegisterExecutor",
    "RegisterExporter",
    "RegisterLearner",
    "RegisterListener",
    "RegisterMetaFeature",
    "RegisterMetric",
    "RegisterSplitter",
    "RegisterTableReader",
    "RegisterTransform",
    "hookimpl",
    "hookspec",
    "register_commands",
    "register_executors",
    "register_exporters",
    "register_learners",
    "register_listeners",
    "register_meta_features",
    "register_metrics",
    "register_splitters",
    "register_table_readers",
    "register_transforms",
]

PROJECT = "headstart"

#: Raised when a hook or the contract of learners and transforms changes in a way that
#: breaks plugins. A plugin states the version it was built for as
#: ``HEADSTART_API_VERSION`` in its module; the default is the current version.
API_VERSION = 2

#: Versions of the interface that this headstart supports. Version 1, which was
#: never released, had other parameters of `fit`.
SUPPORTED_API_VERSIONS = range(2, API_VERSION + 1)

#: Name of the registry's mapping that each hook fills.
HOOKS = {
    "register_learners": "learners",
    "register_transforms": "transforms",
    "register_metrics": "metrics",
    "register_splitters": "splitters",
    "register_meta_features": "meta_features",
    "register_listeners": "listeners",
    "register_table_readers": "table_readers",
    "register_exporters": "exporters",
    "register_commands": "commands",
    "register_executors": "executors",
}

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class RegisterLearner(Protocol):
    """The callback that `register_learners` is given."""

    def __call__(self, learner: Learner, /) -> None:
        """Add `learner`, an instance, to what can be searched."""


class RegisterTransform(Protocol):
    """The callback that `register_transforms` is given."""

    def __call__(self, transform: Any, /) -> None:
        """Add `transform`, an instance of `headstart.sdk.Transform`."""


class RegisterMetric(Protocol):
    """The callback that `register_metrics` is given."""

    def __call__(self, metric: Any, /) -> None:
        """Add a `MetricRecord`, or an instance of `headstart.metrics.Metric`."""


class RegisterSplitter(Protocol):
    """The callback that `register_splitters` is given."""

    def __call__(self, splitter: SplitterRecord, /) -> None:
        """Add a splitter."""


class RegisterMetaFeature(Protocol):
    """The callback that `register_meta_features` is given."""

    def __call__(self, meta_feature: MetaFeatureRecord, /) -> None:
        """Add meta-features."""


class RegisterListener(Protocol):
    """The callback that `register_listeners` is given."""

    def __call__(self, listener: ListenerRecord, /) -> None:
        """Add a listener to every run."""


class RegisterTableReader(Protocol):
    """The callback that `register_table_readers` is given."""

    def __call__(self, reader: TableReaderRecord, /) -> None:
        """Add a reader of files."""


class RegisterExporter(Protocol):
    """The callback that `register_exporters` is given."""

    def __call__(self, exporter: ExporterRecord, /) -> None:
        """Add an export format of models."""


class RegisterCommand(Protocol):
    """The callback that `register_commands` is given."""

    def __call__(self, command: CommandRecord, /) -> None:
        """Add a command of the command line."""


class RegisterExecutor(Protocol):
    """The callback that `register_executors` is given."""

    def __call__(self, executor: ExecutorRecord, /) -> None:
        """Add an executor of fold fits."""


@hookspec
def register_learners(register: RegisterLearner) -> None:
    """Register learners.

    Parameters
    ----------
    register : callable of ``(learner) -> None``
        To be called once for each `headstart.sdk.Learner`, an instance. Its name must
        be unique over all plugins.
    """


@hookspec
def register_transforms(register: RegisterTransform) -> None:
    """Register transforms: steps before a learner that the search may choose.

    Parameters
    ----------
    register : callable of ``(transform) -> None``
        To be called once for each `headstart.sdk.Transform`, an instance.
    """


@hookspec
def register_metrics(register: RegisterMetric) -> None:
    """Register metrics, used by ``metric="name"``.

    Parameters
    ----------
    register : callable of ``(metric) -> None``
        To be called once for each `MetricRecord`, or instance of
        `headstart.metrics.Metric`.
    """


@hookspec
def register_splitters(register: RegisterSplitter) -> None:
    """Register splitters, used by ``validation="name"``.

    Parameters
    ----------
    register : callable of ``(splitter) -> None``
        To be called once for each `SplitterRecord`.
    """


@hookspec
def register_meta_features(register: RegisterMetaFeature) -> None:
    """Register meta-features: numbers that describe tables, for their similarity.

    Parameters
    ----------
    register : callable of ``(meta_feature) -> None``
        To be called once for each `MetaFeatureRecord`.
    """


@hookspec
def register_listeners(register: RegisterListener) -> None:
    """Register listeners that receive the events of every run.

    Parameters
    ----------
    register : callable of ``(listener) -> None``
        To be called once for each `ListenerRecord`.
    """


@hookspec
def register_table_readers(register: RegisterTableReader) -> None:
    """Register readers of files, used wherever headstart accepts a path.

    Parameters
    ----------
    register : callable of ``(reader) -> None``
        To be called once for each `TableReaderRecord`. Suffixes and schemes must be
        unique over all plugins.
    """


@hookspec
def register_exporters(register: RegisterExporter) -> None:
    """Register export formats of fitted models, used by ``model.export``.

    Parameters
    ----------
    register : callable of ``(exporter) -> None``
        To be called once for each `ExporterRecord`.
    """


@hookspec
def register_commands(register: RegisterCommand) -> None:
    """Register commands of the command line: ``headstart NAME``.

    `headstart --help` imports only plugins whose module names this hook.

    Parameters
    ----------
    register : callable of ``(command) -> None``
        To be called once for each `CommandRecord`.
    """


@hookspec
def register_executors(register: RegisterExecutor) -> None:
    """Register executors of fold fits, used by ``executor="name"``.

    Parameters
    ----------
    register : callable of ``(executor) -> None``
        To be called once for each `ExecutorRecord`.
    """
