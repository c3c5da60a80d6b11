"""The run: the objects that the parts of a search share, created by `prepare`."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self

from headstart.base import Learner
from headstart.base.events import Emitter
from headstart.execution import FoldFitExecutor
from headstart.execution.fit_data import FitData
from headstart.metrics import Metric
from headstart.search.inspection import TableInspection
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.precedents import PrecedentProposer
from headstart.search.propose.quarantine import PluginClock
from headstart.search.run.clock import Clock
from headstart.search.run.folder import RunFolder
from headstart.search.run.history import History
from headstart.search.run.listening import ExecutorNotices
from headstart.search.run.problem import Problem
from headstart.search.run.settings import FitSettings

__all__ = ["Run"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a search; leaving its context closes the workers and the run folder.

    Parameters
    ----------
    settings : FitSettings
    problem : Problem
        The table, in its original and in canonical form.
    learners : mapping of str to Learner
        The learners of the search.
    transforms : AvailableTransforms
        The transforms that may go before a learner.
    data : FitData
        The data of the fold fits: folds, target, weights, ...
    folder : RunFolder
    executor : FoldFitExecutor
    clock : Clock
    seed : int
    events : Emitter
        Sends events to all listeners.
    plugin_clock : PluginClock
        Times the code of plugins in this process.
    notices : ExecutorNotices
        Sends a notice when the place where fold fits run changes.
    history : History
    precedents : PrecedentProposer or None
        The suggestions of the knowledge base.
    notes : tuple of str
        Notices on the knowledge base.
    inspection : TableInspection
        Columns, findings and rows that were left out.
    memory_per_fit : int
        Resident bytes of one worker above which its fold fit is stopped.
    refits : bool
        Whether each member is fitted once more on all rows.
    resources : ExitStack
        The resources to close at the end of the run.
    """

    settings: FitSettings
    problem: Problem
    learners: Mapping[str, Learner]
    transforms: AvailableTransforms
    data: FitData
    folder: RunFolder
    executor: FoldFitExecutor
    clock: Clock
    seed: int
    events: Emitter
    plugin_clock: PluginClock
    notices: ExecutorNotices
    history: History
    precedents: PrecedentProposer | None
    notes: tuple[str, ...]
    inspection: TableInspection
    memory_per_fit: int
    refits: bool
    resources: ExitStack

    @property
    def is_timed(self) -> bool:
        """True for a budget in seconds, False for a budget in trials."""
        return self.clock.limit is not None

    @cached_property
    def metric(self) -> Metric:
        """The metric of the search, with its seconds counted."""
        return self.plugin_clock.timed_metric(self.problem.metric)

    @cached_property
    def timed_learners(self) -> Mapping[str, Learner]:
        """The learners with timed hints, as the search uses them."""
        return self.plugin_clock.timed(self.learners, "learners")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.resources.close()
