"""Listeners of plugins, created for each fit, and notices of the executor."""

from collections.abc import Mapping
from typing import Any

from headstart.base import Learner
from headstart.base.events import Emitter, Notice
from headstart.execution import FoldFitExecutor
from headstart.plugins import Registry
from headstart.search.propose.quarantine import PluginClock
from headstart.search.run.problem import Problem
from headstart.search.run.settings import FitSettings
from headstart.validation import Folds
from headstart.version import __version__

__all__ = ["ExecutorNotices", "add_listeners", "run_facts"]


class ExecutorNotices:
    """Sends a notice whenever the place where fold fits run changes."""

    def __init__(self, executor: FoldFitExecutor, emit: Emitter) -> None:
        self._executor = executor
        self._emit = emit
        self._last = ""

    def emit_new(self) -> None:
        """Emit the executor's notice, if it has one that was not emitted yet."""
        notice = self._executor.notice
        if notice and notice != self._last:
            self._last = notice
            self._emit(Notice(notice, "warning"))


def add_listeners(
    registry: Registry, facts: Mapping[str, Any], emit: Emitter, plugins: PluginClock
) -> None:
    """Create the listeners of all plugins and add them to the run's listeners.

    A listener whose creation fails is left out, with a notice: a tracker that cannot be
    reached must not stop a fit.

    Parameters
    ----------
    registry : Registry
    facts : mapping of str to value
        Facts of the run before it starts, JSON-serialisable; see `run_facts`.
    emit : Emitter
    plugins : PluginClock
        Counts the seconds of their calls.
    """
    for name, record in registry.listeners.items():
        try:
            with plugins.call(f"listener {name}", "factory"):
                listener = record.factory(facts)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, or a panic of compiled code
            plugin = registry.plugin_of(name, "listeners")
            origin = "" if plugin is None else f" of {plugin.origin}"
            emit(
                Notice(
                    f"The listener {name!r}{origin} is left out: "
                    f"{type(error).__name__}: {error}",
                    "warning",
                )
            )
            continue
        if listener is not None:
            emit.add(plugins.timed_listener(name, listener))


def run_facts(
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    folds: Folds,
    n_jobs: int,
) -> dict[str, Any]:
    """Return the JSON-serialisable facts that the factories of listeners receive."""
    state = settings.random_state
    return {
        "task": problem.task.kind.value,
        "target": problem.target_name or "target",
        "n_rows": problem.task.n_rows,
        "n_features": problem.task.n_features,
        "metric": problem.metric.name,
        "validation": folds.describe(),
        "time_limit": settings.time_limit,
        "max_trials": settings.max_trials,
        "n_jobs": n_jobs,
        "learners": list(learners),
        "random_state": state if isinstance(state, int) else None,
        "run_dir": None if settings.run_dir is None else str(settings.run_dir),
        "headstart_version": __version__,
    }
