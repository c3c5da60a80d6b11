"""How plugins are found.

pluggy's own loader raises at the first broken plugin. Ours warns, writes down why and
goes on: a broken plugin must not take the built-in learners away from the user.
"""

import functools
import importlib
import importlib.metadata
import logging
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pluggy

from headstart.base import settings
from headstart.base.learner import Learner
from headstart.exceptions import PluginError
from headstart.plugins import hookspecs
from headstart.plugins.records import (
    PluginProblem,
    PluginRecord,
    check_learner_declaration,
)
from headstart.plugins.registry import Registry

__all__ = ["BUILTINS", "Candidate", "build_registry", "find_candidates", "load_plugins"]

#: Imported by name, so that this layer does not depend on the learners above it. The
#: order is that of the registry.
BUILTINS = (
    "headstart.learners.linear",
    "headstart.learners.forest",
    "headstart.learners.hist_gradient_boosting",
    "headstart.learners.mlp",
    "headstart.learners.neighbors",
    "headstart.learners.svm",
)

_log = logging.getLogger("headstart")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that could be loaded.

    Parameters
    ----------
    name, distribution, version : str
    load : callable of ``() -> object``
        Imports it.
    """

    name: str
    distribution: str
    version: str
    load: Callable[[], Any]


@functools.cache
def load_plugins() -> Registry:
    """Return the registry of everything installed, loaded once in a process.

    Which distributions are loaded is bounded by ``HEADSTART_PLUGINS`` and
    ``HEADSTART_DISABLE_PLUGINS``; built-in learners are always there.
    ``HEADSTART_TRACE_PLUGINS=1`` prints hook calls to standard error.

    Examples
    --------
    >>> "ridge" in load_plugins().learners
    True
    """
    return build_registry(
        find_candidates(),
        enabled=settings.enabled_plugins(),
        disabled=settings.disabled_plugins(),
        trace=settings.trace_plugins(),
    )


def find_candidates() -> list[Candidate]:
    """Return built-in plugins, then those of entry points, sorted by distribution."""
    version = _own_version()
    built_in = [
        Candidate(
            name,
            hookspecs.PROJECT,
            version,
            functools.partial(importlib.import_module, name),
        )
        for name in BUILTINS
    ]
    # A distribution may be found twice, on two entries of sys.path.
    found: dict[tuple[str, str], Candidate] = {}
    for entry in importlib.metadata.entry_points(group=hookspecs.PROJECT):
        distribution = entry.dist.name if entry.dist else entry.value
        found.setdefault(
            (distribution, entry.name),
            Candidate(
                entry.name,
                distribution,
                entry.dist.version if entry.dist else "",
                entry.load,
            ),
        )
    return built_in + [found[key] for key in sorted(found)]


def build_registry(
    candidates: Iterable[Candidate],
    *,
    enabled: Sequence[str] | None = None,
    disabled: Sequence[str] = (),
    trace: bool = False,
) -> Registry:
    """Load `candidates` in order; those that fail are reported and left out.

    Parameters
    ----------
    candidates : iterable of Candidate
    enabled : sequence of str or None
        Distributions to load besides headstart's own; None for all.
    disabled : sequence of str
        Distributions not to load. Stronger than `enabled`.
    trace : bool
        Print hook calls to standard error.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    if trace:
        manager.add_hookcall_monitoring(_trace_call, _trace_result)
    allowed = None if enabled is None else {_canonical(name) for name in enabled}
    forbidden = {_canonical(name) for name in disabled}
    learners: dict[str, Learner] = {}
    records: list[PluginRecord] = []
    candidates = list(candidates)
    installed = {_canonical(candidate.distribution) for candidate in candidates}
    problems = [
        PluginProblem(name, name, "HEADSTART_PLUGINS names it, it is not installed.")
        for name in enabled or ()
        if _canonical(name) not in installed
    ]
    for candidate in candidates:
        distribution = _canonical(candidate.distribution)
        is_built_in = distribution == hookspecs.PROJECT
        if not is_built_in and (
            distribution in forbidden
            or (allowed is not None and distribution not in allowed)
        ):
            continue
        try:
            found = _load(manager, candidate)
            _check_names(found, learners, records)
        # A plugin may raise anything; only the user's Ctrl-C is not its own fault.
        except (Exception, SystemExit) as error:
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
        learners.update(found)
        records.append(
            PluginRecord(
                candidate.name,
                candidate.distribution,
                candidate.version,
                tuple(found),
            )
        )
    return Registry(learners, tuple(records), tuple(problems))


def _load(manager: pluggy.PluginManager, candidate: Candidate) -> dict[str, Learner]:
    """Import one plugin and call its hooks; nothing stays behind if it fails."""
    plugin = candidate.load()
    _check_version(plugin)
    others = [p for p in manager.get_plugins() if p is not plugin]
    if manager.register(plugin, f"{candidate.distribution}:{candidate.name}") is None:
        raise PluginError("it is blocked.")
    registered: list[Learner] = []
    try:
        _check_hooks(manager, plugin)
        call = manager.subset_hook_caller("register_learners", others)
        call(register=registered.append)
        return _by_name(registered)
    except BaseException:
        manager.unregister(plugin)
        raise


def _by_name(registered: Iterable[object]) -> dict[str, Learner]:
    learners: dict[str, Learner] = {}
    for item in registered:
        learner = check_learner_declaration(item)
        if learner.name in learners:
            raise PluginError(f"it registers the learner {learner.name!r} twice.")
        learners[learner.name] = learner
    return learners


def _check_version(plugin: object) -> None:
    version = getattr(plugin, "HEADSTART_API_VERSION", 1)
    if version != hookspecs.API_VERSION:
        raise PluginError(
            f"it is built for version {version!r} of the plugin interface, this "
            f"headstart ({_own_version()}) has version {hookspecs.API_VERSION}. "
            "hint: install matching versions."
        )


def _check_hooks(manager: pluggy.PluginManager, plugin: object) -> None:
    callers = manager.get_hookcallers(plugin) or []
    if not callers:
        raise PluginError(
            "it implements no hook. hint: mark its functions with "
            "headstart.plugins.hookimpl."
        )
    for caller in callers:
        if not caller.has_spec():
            raise PluginError(
                f"it implements the hook {caller.name!r}, which does not exist."
            )


def _check_names(
    found: Iterable[str], learners: Iterable[str], records: Iterable[PluginRecord]
) -> None:
    for name in sorted(set(found) & set(learners)):
        owner = next(r.distribution for r in records if name in r.learners)
        raise PluginError(
            f"it registers the learner {name!r}, a name that {owner} has taken."
        )


def _canonical(name: str) -> str:
    # Names of distributions as the packaging rules compare them.
    return re.sub(r"[-_.]+", "-", name).lower()


def _own_version() -> str:
    try:
        return importlib.metadata.version(hookspecs.PROJECT)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _trace_call(hook_name: str, impls: Sequence[Any], arguments: Any) -> None:
    del arguments
    plugins = ", ".join(impl.plugin_name for impl in impls)
    sys.stderr.write(f"headstart: calling {hook_name} of {plugins}\n")


def _trace_result(outcome: Any, hook_name: str, impls: Any, arguments: Any) -> None:
    del impls, arguments
    if outcome.exception is not None:
        sys.stderr.write(f"headstart: {hook_name} raised {outcome.exception!r}\n")
