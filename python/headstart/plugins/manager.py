"""The plugins of this process: those installed, and those the program adds.

There are three sources: entry points of installed distributions, files, and objects
that the running program registers. The environment or `use` selects among them.
"""

import functools
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from headstart.exceptions import PluginError
from headstart.machine import settings
from headstart.plugins.contributions import CommandRecord
from headstart.plugins.files import file_candidate, file_candidates, files_in_folder
from headstart.plugins.loading import build_registry, why_unwanted
from headstart.plugins.records import PluginRecord
from headstart.plugins.registry import Registry
from headstart.plugins.sources import (
    Candidate,
    built_in_candidates,
    installed_candidates,
    names_hook,
)
from headstart.plugins.tracing import HookCall, write_call

__all__ = [
    "find_candidates",
    "load_commands",
    "load_plugins",
    "plugin_environment",
    "register",
    "registry_of_file",
    "trace_load",
    "unregister",
    "use",
    "wanted_candidates",
]


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Choice:
    enabled: tuple[str, ...] | None = None
    disabled: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    strict: bool | None = None


_choice = _Choice()
_registered: dict[str, Any] = {}


class _Once(Generic[_T]):
    """A function without arguments that is called once, from any thread."""

    def __init__(self, function: Callable[[], _T]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._result: tuple[_T] | None = None
        # Reentrant: a plugin may use the registry while it is loaded.
        self._lock = threading.RLock()

    def __call__(self) -> _T:
        """Return the cached result, or call the function."""
        result = self._result
        if result is None:
            with self._lock:
                result = self._result
                if result is None:
                    self._result = result = (self._function(),)
        return result[0]

    def cache_clear(self) -> None:
        """Drop the cached result."""
        with self._lock:
            self._result = None


@_Once
def load_plugins() -> Registry:
    """Return the registry of all plugins, which is loaded once per process.

    ``HEADSTART_PLUGINS`` and ``HEADSTART_DISABLE_PLUGINS``, or `use`, select the
    distributions; built-in plugins are always loaded.
    ``HEADSTART_TRACE_PLUGINS=1`` prints hook calls to standard error.

    Raises
    ------
    PluginError
        If there is a problem with a plugin, and plugins are loaded strictly
        (``HEADSTART_STRICT_PLUGINS=1`` or ``use(strict=True)``).

    Examples
    --------
    >>> "ridge" in load_plugins().learners
    True
    """
    return _build(write_call if settings.trace_plugins() else None)


def load_commands() -> Mapping[str, CommandRecord]:
    """Return the commands of plugins by name.

    Plugins whose source does not contain the name of the hook are not imported, because
    this is called before the command line is parsed.
    """
    candidates = [
        candidate
        for candidate in find_candidates()
        if candidate.source != "built-in" and names_hook(candidate, "register_commands")
    ]
    return _build(None, candidates).commands if candidates else {}


def trace_load() -> list[HookCall]:
    """Load all plugins again and return the hook calls."""
    calls: list[HookCall] = []
    _build(calls.append)
    return calls


def wanted_candidates(
    *, files: Iterable[str | Path] = (), disabled: Sequence[str] = ()
) -> list[Candidate]:
    """Return the plugins that `load_plugins` would load, without loading them.

    Parameters
    ----------
    files : iterable of path
        Plugins of one file each, besides those of `use`.
    disabled : sequence of str
        Distributions and files not to load, besides those of `use`.
    """
    enabled, unwanted = _bounds()
    candidates = [*find_candidates(), *file_candidates(files)]
    return [
        candidate
        for candidate in candidates
        if not why_unwanted(candidate, enabled, (*unwanted, *disabled))
    ]


def _bounds() -> tuple[Sequence[str] | None, tuple[str, ...]]:
    """Return the enabled distributions (None for all) and the disabled ones."""
    return (
        settings.enabled_plugins() if _choice.enabled is None else _choice.enabled,
        (*settings.disabled_plugins(), *_choice.disabled),
    )


def _build(
    trace: Callable[[HookCall], None] | None,
    candidates: Iterable[Candidate] | None = None,
) -> Registry:
    strict = settings.strict_plugins() if _choice.strict is None else _choice.strict
    enabled, disabled = _bounds()
    return build_registry(
        find_candidates() if candidates is None else candidates,
        enabled=enabled,
        disabled=disabled,
        trace=trace,
        strict=strict,
    )


def find_candidates() -> list[Candidate]:
    """Return built-in plugins, then installed ones, files, and the program's own."""
    folder = settings.plugin_folder()
    files = [] if folder is None else _folder_candidates(folder)
    file_paths = {candidate.path for candidate in files}
    files += [c for c in file_candidates(_choice.files) if c.path not in file_paths]
    from_program = [
        Candidate(name, "", "", functools.partial(_the, plugin), source="program")
        for name, plugin in _registered.items()
    ]
    return [*built_in_candidates(), *installed_candidates(), *files, *from_program]


def use(
    *,
    enabled: Iterable[str] | None = None,
    disabled: Iterable[str] = (),
    files: Iterable[str | Path] = (),
    strict: bool | None = None,
) -> None:
    """Select the plugins of this process and of the workers of its fits.

    Replaces the selection of an earlier call; without arguments only the environment
    counts again.

    Parameters
    ----------
    enabled : iterable of str, optional
        Distributions to load instead of those of ``HEADSTART_PLUGINS``. Built-in
        plugins, files and plugins that the program registers are always enabled.
    disabled : iterable of str
        Distributions, names of files or of registered plugins not to load, besides
        those of ``HEADSTART_DISABLE_PLUGINS``. Overrides `enabled`.
    files : iterable of path
        Plugins of one file each, besides those in ``HEADSTART_PLUGIN_FOLDER``.
    strict : bool, optional
        Whether a plugin that cannot be used is an error; otherwise it is reported and
        left out. By default the value of ``HEADSTART_STRICT_PLUGINS``, or False.

    Raises
    ------
    PluginError
        If one of `files` cannot be used.

    Examples
    --------
    >>> use(enabled=[])
    >>> {plugin.distribution for plugin in load_plugins().plugins}
    {'headstart'}
    >>> use()
    """
    global _choice
    before = _choice
    _choice = _Choice(
        None if enabled is None else tuple(enabled),
        tuple(disabled),
        tuple(str(Path(path).expanduser().absolute()) for path in files),
        strict,
    )
    load_plugins.cache_clear()
    if not _choice.files:
        return
    file_names = {Path(path).name for path in _choice.files}
    problems = [p for p in load_plugins().problems if p.distribution in file_names]
    if problems:
        _choice = before
        load_plugins.cache_clear()
        raise PluginError("\n".join(map(str, problems)))


def register(plugin: Any, name: str | None = None) -> PluginRecord:
    """Add a plugin to the running program.

    It is available in all later fits of the program, in worker processes too. This is
    enough for a learner of a notebook; to use it elsewhere, put it in a file or a
    distribution.

    Parameters
    ----------
    plugin : module, class or object
        With functions that are marked by `hookimpl`.
    name : str, optional
        Name of the plugin; by default its ``__name__`` or that of its class. A plugin
        that was registered with the same name is replaced.

    Returns
    -------
    PluginRecord

    Raises
    ------
    PluginError
        If an attribute is invalid, or a name is taken by another plugin.

    Examples
    --------
    >>> from headstart.base import Learner
    >>> from headstart.plugins import hookimpl
    >>> class Mine(Learner):
    ...     name = "mine"
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_learners(self, register):
    ...         register(Mine())
    >>> register(Plugin).learners
    ('mine',)
    >>> unregister("plugin")
    """
    named = getattr(plugin, "__name__", type(plugin).__name__) if name is None else name
    key = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", named.rpartition(".")[2]).lower()
    before = _registered.get(key)
    _registered[key] = plugin
    load_plugins.cache_clear()
    try:
        return _record_of(key, load_plugins())
    except BaseException:
        del _registered[key]
        if before is not None:
            _registered[key] = before
        load_plugins.cache_clear()
        raise


def unregister(name: str) -> None:
    """Remove a plugin that `register` has added.

    Raises
    ------
    PluginError
        If there is no plugin of that name.
    """
    if name not in _registered:
        raise PluginError(
            f"No plugin {name!r} was registered by this program. There are: "
            f"{', '.join(map(repr, _registered)) or 'none'}."
        )
    del _registered[name]
    load_plugins.cache_clear()


def plugin_environment() -> dict[str, str]:
    """Return the environment variables that select the plugins of workers.

    Files and plugins that the program registered are not included: a run passes those
    that it needs to its workers, see `registry_of_file`.
    """
    enabled, disabled = _bounds()
    return settings.as_environment(enabled=enabled, disabled=disabled)


@functools.lru_cache(maxsize=16)
def registry_of_file(path: str, sha256: str) -> Registry:
    """Return the registry of one plugin file, for a worker.

    Raises
    ------
    PluginError
        If the file differs from the one that the parent loaded, or is not usable.
    """
    return build_registry([file_candidate(path, sha256)], strict=True)


def _folder_candidates(folder: Path) -> list[Candidate]:
    try:
        return file_candidates(files_in_folder(folder))
    except PluginError as error:
        return [
            Candidate(folder.name, str(folder), "", functools.partial(_raise, error))
        ]


def _record_of(name: str, registry: Registry) -> PluginRecord:
    for record in registry.plugins:
        if record.source == "program" and record.name == name:
            return record
    left_out = (*registry.problems, *registry.disabled)
    raise PluginError(
        next(str(p) for p in left_out if p.name == name and not p.distribution)
    )


def _the(plugin: Any) -> Any:
    return plugin


def _raise(error: Exception) -> Any:
    raise error
