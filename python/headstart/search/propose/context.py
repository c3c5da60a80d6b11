"""A proposal, and the context that sources of proposals receive."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from headstart.base import (
    Configuration,
    Learner,
    Origin,
    Precedent,
    Step,
    Task,
    Trial,
    known_configurations,
)
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.portfolio import default_order
from headstart.search.run.state import RunState

if TYPE_CHECKING:
    from headstart.search.propose.precedents import PrecedentProposer

__all__ = ["Proposal", "ProposalContext", "Scope", "Source", "Suggestion"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The configuration of the next trial.

    Parameters
    ----------
    configuration : Configuration
    origin : Origin
        The source that proposed it.
    precedents : tuple of Precedent
        The known datasets on which the proposal is based.
    """

    configuration: Configuration
    origin: Origin
    precedents: tuple[Precedent, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A configuration that competes with others for the next trial.

    Parameters
    ----------
    configuration : Configuration
    value : float
        Its expected gain per cost.
    precedents : tuple of Precedent
        The known datasets on which the suggestion is based.
    """

    configuration: Configuration
    value: float
    precedents: tuple[Precedent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scope:
    """All that stays the same for the proposals of a run.

    Parameters
    ----------
    task : Task
    learners : mapping of str to Learner
        Those to search over.
    state : RunState
        Trials and their fold fits; it grows.
    transforms : AvailableTransforms
    seconds : callable of ``(configuration) -> float``
        Predicted seconds of a fold fit.
    seed : int
        Fixes the sampler's draws, with the number of the trial.
    precedents : PrecedentProposer or None
        None where there is no knowledge base: the default order comes first.
    unproven : collection of str
        Learners and transforms without results so far; see `quarantine`.
    slow : collection of str
        Those in quarantine because their hints take too long; it may grow.
    is_timed : bool
        Whether the budget is of seconds.
    max_trials : int or None
        Number of trials in the budget; failed ones do not count. Transforms that the
        user named are tried before the budget is spent.
    """

    task: Task
    learners: Mapping[str, Learner]
    state: RunState
    transforms: AvailableTransforms
    seconds: Callable[[Configuration], float]
    seed: int = 0
    precedents: "PrecedentProposer | None" = None
    unproven: Collection[str] = frozenset()
    slow: Collection[str] = frozenset()
    is_timed: bool = False
    max_trials: int | None = None

    @cached_property
    def default_order(self) -> tuple[Configuration, ...]:
        """The configurations of the built-in portfolio, in order."""
        return tuple(default_order(self.task, self.learners))

    @cached_property
    def configurations(self) -> Mapping[str, Sequence[Configuration]]:
        """Configurations per learner: its default, then its own precedents."""
        return {
            name: known_configurations(self.task, learner)
            for name, learner in self.learners.items()
        }


@dataclass(frozen=True, kw_only=True)
class ProposalContext:
    """The state of a run when a trial is to be proposed.

    Parameters
    ----------
    scope : Scope
    number : int
        Number of the trial to be proposed.
    usable_trials : sequence of Trial
        Trials whose results may be used.
    losses : mapping of int to float
        Loss per number of those trials, made comparable across folds.
    excluded : frozenset of str
        Learners and transforms that must not be proposed; see `quarantine`.
    fits : callable of ``(configuration) -> bool``
        Whether a configuration fits into the remaining budget.
    transforms : AvailableTransforms
        Those that are not excluded.
    added : tuple of Step
        Steps that are added to later proposals, because they have helped.
    """

    scope: Scope
    number: int
    usable_trials: Sequence[Trial]
    losses: Mapping[int, float]
    excluded: frozenset[str]
    fits: Callable[[Configuration], bool]
    transforms: AvailableTransforms
    added: tuple[Step, ...] = ()

    @property
    def trials(self) -> Sequence[Trial]:
        """All trials so far, including those that are running."""
        return self.scope.state.trials

    @cached_property
    def tried(self) -> set[str]:
        """Keys of the configurations that were proposed."""
        # The baseline trial was fitted on few rows: its configuration may still be
        # proposed for all rows.
        return {t.configuration.key for t in self.trials if not t.is_baseline}

    def with_added(self, configuration: Configuration) -> Configuration:
        """Return a configuration with the added steps."""
        return self.transforms.with_steps(self.added, configuration)

    def may_try(self, configuration: Configuration) -> bool:
        """Return whether a configuration may be proposed with the added steps."""
        configuration = self.with_added(configuration)
        learner = self.scope.learners.get(configuration.learner)
        n_rows = self.scope.task.n_rows
        return (
            learner is not None
            and configuration.learner not in self.excluded
            and configuration.key not in self.tried
            and self.transforms.knows(configuration)
            and n_rows <= (learner.max_rows or n_rows)
            and self.fits(configuration)
        )


#: A source of proposals: returns a proposal, or None if it has none for this trial.
Source = Callable[[ProposalContext], Proposal | None]
