"""What is known of a plugin: where it comes from, what it brought, what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["PluginProblem", "PluginRecord", "Source"]

Source = Literal["built-in", "distribution", "file", "program"]


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """A loaded plugin.

    Parameters
    ----------
    name : str
        Dotted name of a built-in module, the entry point's name, a file's name without
        its ending, or the name it was registered by in a running program.
    distribution : str
        What has to be installed for it; of a file, its name; empty for what a running
        program registered.
    version : str
        Of the distribution; of a file, the beginning of its SHA-256.
    brought : mapping of str to tuple of str
        Names it registered, by kind: ``"learners"``, ``"transforms"``, ``"metrics"``,
        ``"splitters"``, ``"meta_features"``, ``"listeners"``, ``"table_readers"``,
        ``"exporters"``, ``"commands"``, ``"executors"``. Kinds of which it brought
        none are not there.
    source : {"built-in", "distribution", "file", "program"}
    hooks : tuple of str
        Hooks it implements.
    api_version : int
        Of the plugin interface that it was built for.
    path, sha256 : str
        Of a file: where it lies, and what was loaded of it.
    notes : tuple of str
        What is odd but harmless: it printed when it was imported.
    """

    name: str
    distribution: str
    version: str
    brought: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: Source = "distribution"
    hooks: tuple[str, ...] = ()
    api_version: int = 2
    path: str = ""
    sha256: str = ""
    notes: tuple[str, ...] = ()

    @property
    def learners(self) -> tuple[str, ...]:
        """Names of the learners it registered."""
        return self.brought.get("learners", ())

    @property
    def origin(self) -> str:
        """Where it comes from, for people: a distribution, a file, this program."""
        if self.source == "file":
            return f"the file {self.path or self.distribution}"
        return self.distribution or "this program"


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """A plugin that was left out, and why, in one line."""

    name: str
    distribution: str
    reason: str

    def __str__(self) -> str:
        origin = self.distribution or "this program"
        return f"Plugin {self.name!r} of {origin} is left out: {self.reason}"
