"""The loading of plugins: one by one, each completely or not at all.

pluggy's own loader raises at the first broken plugin. This one warns, records the
reason and continues: a broken plugin must not make built-in learners unavailable.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pluggy

from headstart.exceptions import PluginError
from headstart.plugins import hookspecs
from headstart.plugins.declarations import CHECKS
from headstart.plugins.output import captured_output
from headstart.plugins.records import PluginProblem, PluginRecord
from headstart.plugins.registry import Registry
from headstart.plugins.sources import Candidate, canonical, own_version
from headstart.plugins.tracing import HookCall, watch_calls

__all__ = ["build_registry", "why_unwanted"]

_log = logging.getLogger("headstart")

# Contributions by kind and name; names are unique within a kind.
_Brought = dict[str, dict[str, Any]]
_SINGULAR = {
    "learners": "learner",
    "transforms": "transform",
    "metrics": "metric",
    "splitters": "splitter",
    "meta_features": "meta-feature record",
    "listeners": "listener",
    "table_readers": "table reader",
    "exporters": "exporter",
    "commands": "command",
    "executors": "executor",
}
_MOST_PRINTED = 200
_LONGEST_LOAD = 10.0


def build_registry(
    candidates: Iterable[Candidate],
    *,
    enabled: Sequence[str] | None = None,
    disabled: Sequence[str] = (),
    trace: Callable[[HookCall], None] | None = None,
    strict: bool = False,
) -> Registry:
    """Return the registry of `candidates`; those that fail are reported and left out.

    Parameters
    ----------
    candidates : iterable of Candidate
    enabled : sequence of str or None
        Distributions to load besides headstart's own; None for all. Files and plugins
        that the program registered are always enabled.
    disabled : sequence of str
        Distributions, files or names not to load. Overrides `enabled`.
    trace : callable of ``(HookCall) -> None``, optional
        Called after each hook call.
    strict : bool
        Whether to raise instead of reporting a problem.

    Raises
    ------
    PluginError
        If `strict`, and there is any problem.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    if trace is not None:
        watch_calls(manager, trace)
    candidates = list(candidates)
    installed = {canonical(candidate.distribution) for candidate in candidates}
    problems = [
        PluginProblem(
            name, name, "the list of enabled plugins names it, it is not installed."
        )
        for name in enabled or ()
        if canonical(name) not in installed
    ]
    everything: _Brought = {kind: {} for kind in hookspecs.HOOKS.values()}
    records: list[PluginRecord] = []
    unwanted: list[PluginProblem] = []
    for candidate in candidates:
        why_not = why_unwanted(candidate, enabled, disabled)
        if why_not:
            unwanted.append(
                PluginProblem(candidate.name, candidate.distribution, why_not)
            )
            continue
        try:
            with _named_if_it_hangs(candidate):
                contributions, record = _load(manager, candidate)
            _check_names(contributions, everything, records)
        # The user's Ctrl-C is no error of the plugin.
        except KeyboardInterrupt:
            raise
        # SystemExit and a panic in Rust are no subclasses of `Exception`.
        except BaseException as error:
            problem = PluginProblem(
                candidate.name,
                candidate.distribution,
                str(error)
                if isinstance(error, PluginError)
                else f"{type(error).__name__}: {error}",
            )
            problems.append(problem)
            _log.warning("%s", problem)
            _log.debug("%s", candidate.name, exc_info=error)
            continue
        for kind, items in contributions.items():
            everything[kind].update(items)
        records.append(record)
        for note in record.notes:
            _log.warning("Plugin %r of %s %s", record.name, record.origin, note)
    if strict and problems:
        raise PluginError(
            "\n".join(map(str, problems)) + "\nhint: plugins are loaded strictly "
            "(HEADSTART_STRICT_PLUGINS, or strict=True): any problem is an error."
        )
    return Registry(
        **everything,
        plugins=tuple(records),
        problems=tuple(problems),
        disabled=tuple(unwanted),
    )


def why_unwanted(
    candidate: Candidate, enabled: Sequence[str] | None, disabled: Sequence[str]
) -> str:
    """Return the reason not to load a plugin; "" if it is to be loaded.

    Parameters
    ----------
    candidate : Candidate
    enabled : sequence of str or None
        Distributions to load; None for all.
    disabled : sequence of str
    """
    if candidate.source == "built-in" or candidate.distribution == hookspecs.PROJECT:
        return ""
    names = {canonical(candidate.distribution)}
    if candidate.source in {"file", "program"}:
        names.add(canonical(candidate.name))
    elif enabled is not None and not names & {canonical(name) for name in enabled}:
        return "it is not in the list of enabled plugins."
    if names & {canonical(name) for name in disabled}:
        return "it is disabled."
    return ""


@contextlib.contextmanager
def _named_if_it_hangs(candidate: Candidate) -> Iterator[None]:
    """Log the plugin that is being loaded, if this takes long."""
    if candidate.source == "built-in":
        yield
        return
    timer = threading.Timer(
        _LONGEST_LOAD,
        _log.warning,
        (
            "Plugin %r of %s has not been loaded after %g s. The program waits for it.",
            candidate.name,
            candidate.distribution or "this program",
            _LONGEST_LOAD,
        ),
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _load(
    manager: pluggy.PluginManager, candidate: Candidate
) -> tuple[_Brought, PluginRecord]:
    """Import a plugin and call its hooks; it is unregistered if that fails."""
    if candidate.source == "distribution":
        # Its output becomes a note: standard output is for results.
        with captured_output() as output:
            plugin = candidate.load()
        printed = output.getvalue()
    else:
        plugin, printed = candidate.load(), ""
    if isinstance(plugin, type):
        plugin = plugin()
    version = _checked_version(plugin)
    others = [p for p in manager.get_plugins() if p is not plugin]
    if manager.register(plugin, f"{candidate.distribution}:{candidate.name}") is None:
        raise PluginError("it is blocked.")
    try:
        hooks = _checked_hooks(manager, plugin)
        contributions: _Brought = {}
        for hook in hooks:
            registered: list[Any] = []
            call = manager.subset_hook_caller(hook, others)
            call(register=registered.append)
            kind = hookspecs.HOOKS[hook]
            contributions[kind] = _by_name(registered, kind)
    except BaseException:
        manager.unregister(plugin)
        raise
    return contributions, PluginRecord(
        candidate.name,
        candidate.distribution,
        candidate.version,
        {kind: tuple(items) for kind, items in contributions.items() if items},
        candidate.source,
        hooks,
        version,
        candidate.path,
        candidate.sha256,
        _notes(printed),
    )


def _by_name(registered: Iterable[Any], kind: str) -> dict[str, Any]:
    items: dict[str, Any] = {}
    for item in registered:
        checked = CHECKS[kind](item)
        if checked.name in items:
            raise PluginError(
                f"it registers the {_SINGULAR[kind]} {checked.name!r} twice."
            )
        items[checked.name] = checked
    return items


def _notes(printed: str) -> tuple[str, ...]:
    text = " ".join(printed.split())
    if not text:
        return ()
    shown = text if len(text) <= _MOST_PRINTED else f"{text[:_MOST_PRINTED]}..."
    return (f"printed when it was imported: {shown}",)


def _checked_version(plugin: object) -> int:
    version = getattr(plugin, "HEADSTART_API_VERSION", hookspecs.API_VERSION)
    supported = hookspecs.SUPPORTED_API_VERSIONS
    if isinstance(version, int) and version in supported:
        return version
    versions = (
        f"version {supported[0]}"
        if len(supported) == 1
        else f"versions {supported[0]} to {supported[-1]}"
    )
    raise PluginError(
        f"it is built for version {version!r} of the plugin interface, this "
        f"headstart ({own_version()}) supports {versions}. "
        "hint: install matching versions."
    )


def _checked_hooks(manager: pluggy.PluginManager, plugin: object) -> tuple[str, ...]:
    callers = manager.get_hookcallers(plugin) or []
    if not callers:
        raise PluginError(
            "it implements no hook. hint: mark its functions with "
            "headstart.sdk.hookimpl."
        )
    for caller in callers:
        if not caller.has_spec():
            raise PluginError(
                f"it implements the hook {caller.name!r}, which does not exist. "
                f"There are: {', '.join(hookspecs.HOOKS)}."
            )
    named = {caller.name for caller in callers}
    return tuple(hook for hook in hookspecs.HOOKS if hook in named)


def _check_names(
    contributions: Mapping[str, Mapping[str, Any]],
    everything: _Brought,
    records: Sequence[PluginRecord],
) -> None:
    for kind, items in contributions.items():
        for name in sorted(set(items) & set(everything[kind])):
            owner = next(r for r in records if name in r.provides.get(kind, ()))
            raise PluginError(
                f"it registers the {_SINGULAR[kind]} {name!r}, a name that "
                f"{owner.origin} has taken."
            )
    _check_marks(
        contributions.get("table_readers", {}), everything["table_readers"], records
    )


def _check_marks(
    readers: Mapping[str, Any],
    others: Mapping[str, Any],
    records: Sequence[PluginRecord],
) -> None:
    """Raise if another table reader has one of the suffixes or schemes."""
    origins = {
        name: record.origin
        for record in records
        for name in record.provides.get("table_readers", ())
    }
    reader_of_mark: dict[str, str] = {}
    for reader in (*others.values(), *readers.values()):
        for mark in (*reader.suffixes, *reader.schemes):
            other = reader_of_mark.setdefault(mark, reader.name)
            if other != reader.name:
                raise PluginError(
                    f"its table reader {reader.name!r} is for {mark!r}, which the "
                    f"reader {other!r} of {origins.get(other, 'its own')} reads."
                )
