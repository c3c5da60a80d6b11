"""Records of plugins: their origin, contributions and problems."""

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
        Dotted name of a built-in module, name of the entry point, name of a file
        without suffix, or the name with which the program registered it.
    distribution : str
        Its distribution; for a file, its name; empty for a plugin that the program
        registered.
    version : str
        Version of the distribution; for a file, the beginning of its SHA-256.
    provides : mapping of str to tuple of str
        Registered names by kind: ``"learners"``, ``"transforms"``, ``"metrics"``,
        ``"splitters"``, ``"meta_features"``, ``"listeners"``, ``"table_readers"``,
        ``"exporters"``, ``"commands"``, ``"executors"``. Kinds without a name are left
        out.
    source : {"built-in", "distribution", "file", "program"}
    hooks : tuple of str
        The hooks that it implements.
    api_version : int
        Version of the plugin interface that it was built for.
    path, sha256 : str
        Path and SHA-256 of a file.
    notes : tuple of str
        Harmless observations, such as output during its import.
    """

    name: str
    distribution: str
    version: str
    provides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: Source = "distribution"
    hooks: tuple[str, ...] = ()
    api_version: int = 2
    path: str = ""
    sha256: str = ""
    notes: tuple[str, ...] = ()

    @property
    def learners(self) -> tuple[str, ...]:
        """Names of the learners it registered."""
        return self.provides.get("learners", ())

    @property
    def origin(self) -> str:
        """Its origin for messages: a distribution, a file or this program."""
        if self.source == "file":
            return f"the file {self.path or self.distribution}"
        return self.distribution or "this program"


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """A plugin that was left out, and the reason in one line."""

    name: str
    distribution: str
    reason: str

    def __str__(self) -> str:
        origin = self.distribution or "this program"
        return f"Plugin {self.name!r} of {origin} is left out: {self.reason}"
