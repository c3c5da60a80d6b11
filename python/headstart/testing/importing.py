"""Plugins that crash or hang the process that imports them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from headstart.exceptions import WorkerDiedError
from headstart.plugins import PluginProblem
from headstart.plugins.files import file_candidate
from headstart.plugins.loading import build_registry
from headstart.plugins.manager import wanted_candidates
from headstart.plugins.sources import installed_candidates
from headstart.testing import workers

__all__ = ["harmful_plugins"]


def harmful_plugins(
    files: Iterable[Path] = (), disabled: Sequence[str] = (), *, seconds: float
) -> list[PluginProblem]:
    """Return the plugins that crash or hang a process that loads them.

    Each plugin is loaded in a worker process. Plugins that only raise an exception are
    not included, because the manager reports them and continues.

    Parameters
    ----------
    files : iterable of path
        Plugin files, in addition to the installed plugins.
    disabled : sequence of str
        Distributions and files to skip.
    seconds : float
        Wall time after which a plugin counts as hanging.
    """
    problems = []
    candidates = [
        candidate
        for candidate in wanted_candidates(files=files, disabled=disabled)
        if candidate.source in {"distribution", "file"}
    ]
    for candidate in candidates:
        path = candidate.path if candidate.source == "file" else ""
        try:
            workers.call(
                _load, candidate.name, candidate.distribution, path, seconds=seconds
            )
        except WorkerDiedError as error:
            reason = f"its import failed. {error}"
            problems.append(
                PluginProblem(candidate.name, candidate.distribution, reason)
            )
    if candidates:
        # Later checks need a worker without these imports.
        workers.end_worker()
    return problems


def _load(name: str, distribution: str, path: str) -> None:
    """Load one plugin as the registry does."""
    candidates = (
        [file_candidate(path)]
        if path
        else [
            candidate
            for candidate in installed_candidates()
            if (candidate.name, candidate.distribution) == (name, distribution)
        ]
    )
    build_registry(candidates)
