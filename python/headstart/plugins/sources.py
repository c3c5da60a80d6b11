"""Sources of plugins: built-in modules and entry points of distributions."""

import functools
import importlib
import importlib.metadata
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headstart.machine.mentions import file_mentions, module_mentions
from headstart.plugins import hookspecs
from headstart.plugins.records import Source

__all__ = [
    "BUILTINS",
    "Candidate",
    "built_in_candidates",
    "canonical",
    "installed_candidates",
    "names_hook",
    "own_version",
]

#: Modules that are imported by name, so that this layer does not depend on those above
#: it. Their order is that of the registry.
BUILTINS = (
    "headstart.learners.linear",
    "headstart.learners.forest",
    "headstart.learners.hist_gradient_boosting",
    "headstart.learners.mlp",
    "headstart.learners.neighbors",
    "headstart.learners.svm",
    "headstart.learners.kernel",
    "headstart.transforms.column_selection",
    "headstart.transforms.count_encoding",
    "headstart.transforms.generated_features",
    "headstart.transforms.target_encoding",
    "headstart.transforms.text_words",
    "headstart.metrics.built_in",
    "headstart.tables.read.files",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that could be loaded.

    Parameters
    ----------
    name, distribution, version : str
    load : callable of ``() -> object``
        Imports the plugin.
    source : {"built-in", "distribution", "file", "program"}
    path, sha256 : str
        Path and SHA-256 of a file.
    module : str
        Dotted name of the module of an installed plugin.
    """

    name: str
    distribution: str
    version: str
    load: Callable[[], Any]
    source: Source = "distribution"
    path: str = ""
    sha256: str = ""
    module: str = ""


def built_in_candidates() -> list[Candidate]:
    """Return headstart's own plugins."""
    version = own_version()
    return [
        Candidate(
            name,
            hookspecs.PROJECT,
            version,
            functools.partial(importlib.import_module, name),
            source="built-in",
        )
        for name in BUILTINS
    ]


def installed_candidates() -> list[Candidate]:
    """Return the plugins of installed distributions, sorted by distribution."""
    # A distribution may be listed twice, for two entries of sys.path.
    candidates: dict[tuple[str, str], Candidate] = {}
    for entry in importlib.metadata.entry_points(group=hookspecs.PROJECT):
        distribution = entry.dist.name if entry.dist else entry.value
        candidates.setdefault(
            (distribution, entry.name),
            Candidate(
                entry.name,
                distribution,
                entry.dist.version if entry.dist else "",
                entry.load,
                module=entry.module,
            ),
        )
    return [candidates[key] for key in sorted(candidates)]


def names_hook(candidate: Candidate, hook: str) -> bool:
    """Return whether a plugin's source contains a hook's name; true without a source.

    The plugin is not imported.
    """
    if candidate.source == "distribution":
        return module_mentions(candidate.module, hook)
    return candidate.source != "file" or file_mentions(candidate.path, hook)


def canonical(name: str) -> str:
    """Return the normalised name of a distribution."""
    return re.sub(r"[-_.]+", "-", name).lower()


def own_version() -> str:
    """Return the installed version of headstart."""
    try:
        return importlib.metadata.version(hookspecs.PROJECT)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
