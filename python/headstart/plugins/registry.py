"""The registry of plugins' contributions, and the selection of learners."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headstart.base.learner import Learner
from headstart.base.task import TaskKind
from headstart.base.transform import Transform
from headstart.exceptions import MissingPluginError, PluginError
from headstart.plugins.contributions import (
    CommandRecord,
    ExecutorRecord,
    ExporterRecord,
    ListenerRecord,
    MetaFeatureRecord,
    SplitterRecord,
    TableReaderRecord,
)
from headstart.plugins.declarations import check_learner_declaration
from headstart.plugins.records import PluginProblem, PluginRecord

__all__ = ["Registry"]

# Learners of first-party distributions, to distinguish a missing distribution from a
# misspelt name.
_KNOWN_DISTRIBUTIONS = {
    "catboost": "headstart-catboost",
    "explainable_boosting": "headstart-interpret",
    "lightgbm": "headstart-lightgbm",
    "naive_bayes": "headstart-example",
    "real_mlp": "headstart-neural[torch]",
    "tabm": "headstart-neural[torch]",
    "xgboost": "headstart-xgboost",
}


@dataclass(frozen=True)
class Registry:
    """The contributions of plugins, by name, and the plugins they came from.

    Parameters
    ----------
    learners : mapping of str to Learner
        Built-ins first, in a fixed order.
    plugins : tuple of PluginRecord
    problems : tuple of PluginProblem
        Plugins that were left out because of an error.
    disabled : tuple of PluginProblem
        Plugins that were left out because they are not enabled.
    transforms : mapping of str to Transform
    metrics : mapping of str to MetricRecord or Metric
    splitters : mapping of str to SplitterRecord
    meta_features : mapping of str to MetaFeatureRecord
    listeners : mapping of str to ListenerRecord
    table_readers : mapping of str to TableReaderRecord
    exporters : mapping of str to ExporterRecord
    commands : mapping of str to CommandRecord
    executors : mapping of str to ExecutorRecord
    """

    learners: Mapping[str, Learner] = field(default_factory=dict)
    plugins: tuple[PluginRecord, ...] = ()
    problems: tuple[PluginProblem, ...] = ()
    disabled: tuple[PluginProblem, ...] = ()
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    splitters: Mapping[str, SplitterRecord] = field(default_factory=dict)
    meta_features: Mapping[str, MetaFeatureRecord] = field(default_factory=dict)
    listeners: Mapping[str, ListenerRecord] = field(default_factory=dict)
    table_readers: Mapping[str, TableReaderRecord] = field(default_factory=dict)
    exporters: Mapping[str, ExporterRecord] = field(default_factory=dict)
    commands: Mapping[str, CommandRecord] = field(default_factory=dict)
    executors: Mapping[str, ExecutorRecord] = field(default_factory=dict)

    def learner(self, name: str) -> Learner:
        """Return the learner of that name.

        Raises
        ------
        MissingPluginError
            If its distribution is not installed or not usable.
        PluginError
            If there is no such learner.
        """
        if name in self.learners:
            return self.learners[name]
        distribution = _KNOWN_DISTRIBUTIONS.get(name)
        if distribution is not None:
            raise MissingPluginError(self._why_missing(name, distribution))
        raise PluginError(_unknown(name, self.learners))

    def plugin_of(self, name: str, kind: str = "learners") -> PluginRecord | None:
        """Return the plugin that registered `name` of a kind, or None."""
        return next((p for p in self.plugins if name in p.provides.get(kind, ())), None)

    def distribution_of(self, name: str, kind: str = "learners") -> str:
        """Return the distribution that registered `name` of a kind, or ``""``."""
        plugin = self.plugin_of(name, kind)
        return "" if plugin is None else plugin.distribution

    def select(
        self, learners: Sequence[str | Learner] | None, kind: TaskKind
    ) -> dict[str, Learner]:
        """Return the learners to use for a task of `kind`, by name.

        Parameters
        ----------
        learners : sequence of str or Learner, or None
            Names to use, names to leave out (``"-svm"``) and `Learner` objects. With
            None, or only names to leave out, all learners for the task are used but
            those with `opt_in`.
        kind : TaskKind

        Raises
        ------
        PluginError
            If a name is unknown, a learner is not made for `kind`, or none remains.
        MissingPluginError
            If a learner's distribution is not installed.
        """
        if isinstance(learners, str):
            raise PluginError(
                "The 'learners' parameter must be a list of names or learners. "
                f"Got the str {learners!r} instead. hint: write [{learners!r}]."
            )
        if isinstance(learners, Learner | type):
            raise PluginError(
                "The 'learners' parameter must be a list of names or learners. "
                f"Got {learners!r} instead. hint: put it into a list."
            )
        candidates: dict[str, Learner] = {}
        excluded: set[str] = set()
        for item in learners or ():
            if isinstance(item, str) and item.startswith("-"):
                excluded.add(self._known_name(item[1:]))
                continue
            learner = (
                self.learner(item)
                if isinstance(item, str)
                else check_learner_declaration(item)
            )
            if candidates.setdefault(learner.name, learner) is not learner:
                raise PluginError(f"Two learners are named {learner.name!r}.")
            if kind not in learner.tasks:
                raise PluginError(_wrong_kind(learner, kind, self.learners.values()))
        if not candidates:
            candidates = {
                name: learner
                for name, learner in self.learners.items()
                if kind in learner.tasks and not learner.opt_in
            }
        chosen = {n: learner for n, learner in candidates.items() if n not in excluded}
        if not chosen:
            raise PluginError(
                f"No learner remains for a {kind} task. Got learners={learners!r}. "
                "hint: leave out fewer."
            )
        return chosen

    def executor(self, text: str) -> tuple[ExecutorRecord, str]:
        """Return the executor of ``name`` or ``name://address``, and the address.

        Raises
        ------
        PluginError
            If there is no executor of that name.
        """
        name, _, address = text.partition("://")
        if name in self.executors:
            return self.executors[name], address
        installed = ", ".join(map(repr, sorted(self.executors))) or "none"
        raise PluginError(
            f"Unknown executor {name!r}. Installed: {installed}. hint: executors come "
            "from plugins; headstart's own worker processes need none."
        )

    def _known_name(self, name: str) -> str:
        # Leaving out a first-party learner that is not installed is no error.
        if name not in self.learners and name not in _KNOWN_DISTRIBUTIONS:
            raise PluginError(_unknown(name, self.learners))
        return name

    def _why_missing(self, name: str, distribution: str) -> str:
        for problem in self.problems:
            if problem.distribution == distribution.partition("[")[0]:
                return f"Learner {name!r} is not usable. {problem}"
        # The brackets of an extra must be quoted in a shell.
        quoted = f"'{distribution}'" if "[" in distribution else distribution
        return (
            f"Learner {name!r} needs the distribution {distribution}. "
            f"hint: pip install {quoted}"
        )


def _unknown(name: str, learners: Iterable[str]) -> str:
    names = sorted(learners)
    message = (
        f"Unknown learner {name!r}. Installed: {', '.join(map(repr, names)) or 'none'}."
    )
    near = difflib.get_close_matches(name, [*names, *_KNOWN_DISTRIBUTIONS], n=1)
    return f"{message} hint: did you mean {near[0]!r}?" if near else message


def _wrong_kind(learner: Learner, kind: TaskKind, learners: Iterable[Learner]) -> str:
    fitting = ", ".join(sorted(repr(v.name) for v in learners if kind in v.tasks))
    return (
        f"Learner {learner.name!r} is made for {', '.join(sorted(learner.tasks))} "
        f"tasks. The task is {kind}. Learners for it: {fitting}."
    )
