"""The plugins of this process: what is installed, and what the program adds to it.

Three sources: entry points of installed distributions, files, and objects that a
running program registers. The environment says which of them are wanted, and `use`
says otherwise.
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
    """A function of no arguments that is called once, whichever threads ask."""

    def __init__(self, function: Callable[[], _T]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._result: tuple[_T] | None = None
        # Reentrant: a plugin may ask for the registry while it is loaded.
        self._lock = threading.RLock()

    def __call__(self) -> _T:
        """Return the result, and call the function if there is none."""
        result = self._result
        if result is None:
            with self._lock:
                result = self._result
                if result is None:
                    self._result = result = (self._function(),)
        return result[0]

    def cache_clear(self) -> None:
        """Forget the result."""
        with self._lock:
            self._result = None


@_Once
def load_plugins() -> Registry:
    """Return the registry of all plugins, loaded once in a process, by one thread.

    Which distributions are loaded is bounded by ``HEADSTART_PLUGINS`` and
    ``HEADSTART_DISABLE_PLUGINS``, or by `use`; built-in plugins are always there.
    ``HEADSTART_TRACE_PLUGINS=1`` prints hook calls to standard error.

    Raises
    ------
    PluginError
        Where plugins are loaded strictly (``HEADSTART_STRICT_PLUGINS=1``, or
        ``use(strict=True)``), if there is a problem with any.

    Examples
    --------
    >>> "ridge" in load_plugins().learners
    True
    """
    return _build(write_call if settings.trace_plugins() else None)


def load_commands() -> Mapping[str, CommandRecord]:
    """Return the commands of plugins by name.

    Plugins whose source does not name the hook are not imported: this is asked before
    the command line is read.
    """
    candidates = [
        candidate
        for candidate in find_candidates()
        if candidate.source != "built-in" and names_hook(candidate, "register_commands")
    ]
    return _build(None, candidates).commands if candidates else {}


def trace_load() -> list[HookCall]:
    """Load all plugins once more, and return the hook calls of it."""
    calls: list[HookCall] = []
    _build(calls.append)
    return calls


def wanted_candidates(
    *, files: Iterable[str | Path] = (), disabled: Sequence[str] = ()
) -> list[Candidate]:
    """Return the plugins that `load_plugins` would load, without loading one.

    Parameters
    ----------
    files : iterable of path
        Plugins of one file each, besides those that `use` was given.
    disabled : sequence of str
        Distributions and files not to load, besides those that `use` was given.
    """
    enabled, unwanted = _bounds()
    candidates = [*find_candidates(), *file_candidates(files)]
    return [
        candidate
        for candidate in candidates
        if not why_unwanted(candidate, enabled, (*unwanted, *disabled))
    ]


def _bounds() -> tuple[Sequence[str] | None, tuple[str, ...]]:
    """Return the distributions that are enabled, None for all, and the disabled."""
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
    places = {candidate.path for candidate in files}
    files += [c for c in file_candidates(_choice.files) if c.path not in places]
    own = [
        Candidate(name, "", "", functools.partial(_the, plugin), source="program")
        for name, plugin in _registered.items()
    ]
    return [*built_in_candidates(), *installed_candidates(), *files, *own]


def use(
    *,
    enabled: Iterable[str] | None = None,
    disabled: Iterable[str] = (),
    files: Iterable[str | Path] = (),
    strict: bool | None = None,
) -> None:
    """Choose the plugins of this process, and of the workers of its fits.

    Takes the place of what an earlier call chose; without arguments the environment
    alone decides again.

    Parameters
    ----------
    enabled : iterable of str, optional
        Distributions to load, instead of what ``HEADSTART_PLUGINS`` says. Built-in
        plugins, files, and what the program registers are always wanted.
    disabled : iterable of str
        Distributions, names of files or of registered plugins not to load, besides
        those of ``HEADSTART_DISABLE_PLUGINS``. Stronger than `enabled`.
    files : iterable of path
        Plugins of one file each, besides those in ``HEADSTART_PLUGIN_FOLDER``.
    strict : bool, optional
        Whether a plugin that cannot be used is an error. By default what
        ``HEADSTART_STRICT_PLUGINS`` says; False otherwise: it is reported and left out.

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
    wanted = {Path(path).name for path in _choice.files}
    problems = [p for p in load_plugins().problems if p.distribution in wanted]
    if problems:
        _choice = before
        load_plugins.cache_clear()
        raise PluginError("\n".join(map(str, problems)))


def register(plugin: Any, name: str | None = None) -> PluginRecord:
    """Add a plugin to the running program.

    What it brings is there for every later fit, in worker processes too, and is gone
    with the program. A notebook's own learner needs no more than this; to have it
    everywhere, make a file or a distribution of it.

    Parameters
    ----------
    plugin : module, class or object
        With functions that are marked by `hookimpl`.
    name : str, optional
        To tell plugins apart by. By default its ``__name__``, or that of its class. One
        of that name that was registered before is replaced.

    Returns
    -------
    PluginRecord

    Raises
    ------
    PluginError
        If it declares nonsense, or takes a name that another plugin has.

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
    """Take back a plugin that `register` has added.

    Raises
    ------
    PluginError
        If there is none of that name.
    """
    if name not in _registered:
        raise PluginError(
            f"No plugin {name!r} was registered by this program. There are: "
            f"{', '.join(map(repr, _registered)) or 'none'}."
        )
    del _registered[name]
    load_plugins.cache_clear()


def plugin_environment() -> dict[str, str]:
    """Return the environment variables by which workers load what they may need.

    Files, and what the program has registered, are not among it: a run hands its
    workers what it needs of these, see `registry_of_file`.
    """
    enabled, disabled = _bounds()
    return settings.as_environment(enabled=enabled, disabled=disabled)


@functools.lru_cache(maxsize=16)
def registry_of_file(path: str, sha256: str) -> Registry:
    """Return what one plugin file brings, as a worker needs it.

    Raises
    ------
    PluginError
        If the file is not what the parent has loaded, or not usable.
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
