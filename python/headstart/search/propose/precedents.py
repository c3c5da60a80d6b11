"""The knowledge base as a source of proposals: what worked on similar tables."""

import logging
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from headstart.base import (
    Choice,
    Configuration,
    Learner,
    Origin,
    ParameterValue,
    Task,
    Trial,
    TrialStatus,
    complete,
)
from headstart.exceptions import HeadstartError
from headstart.meta.advice import Adviser
from headstart.meta.comparison import comparable
from headstart.meta.features import describe, for_distance
from headstart.meta.plugin_features import describe_by_plugins, with_features
from headstart.meta.shipped import open_bases, shipped_base
from headstart.plugins import load_plugins
from headstart.search.propose import unproven
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.context import Proposal, ProposalContext, Suggestion
from headstart.search.run.problem import Problem

__all__ = ["PrecedentProposer", "find_precedents", "propose"]

_log = logging.getLogger("headstart.search")

# Seconds of a fold fit besides the learner's own: views, files, communication with the
# worker.
_OVERHEAD_SECONDS = 0.1
# A base with fewer datasets takes turns with the default order: its evidence is weak.
_FEW_DATASETS = 10
# The first trials are the base's own, even if an unproven learner predicts a low cost.
_BASE_ALONE = 2


def propose(context: ProposalContext) -> Proposal | None:
    """Return the base's suggestion, or an unproven learner's with a higher value.

    Parameters
    ----------
    context : ProposalContext
    """
    base = context.scope.precedents
    if base is None:
        return None
    if (due := unproven.propose(context)) is not None:
        return due
    # The base compares absolute losses, so it needs those of the metric itself, not the
    # losses made comparable across folds.
    losses = context.scope.state.mean_losses(context.losses)
    best = base.suggest(
        context.usable_trials, losses, context.may_try, context.with_added
    )
    origin = Origin.PRECEDENT
    if context.number >= _BASE_ALONE:
        rival = unproven.suggest(context)
        if rival is not None and (best is None or rival.value > best.value):
            best, origin = rival, Origin.UNPROVEN
    if best is None:
        return None
    return Proposal(context.with_added(best.configuration), origin, best.precedents)


@dataclass(frozen=True)
class PrecedentProposer:
    """Proposes untried configurations that did well on similar tables.

    Parameters
    ----------
    adviser : Adviser
    configurations : sequence of Configuration
        The configurations to which the adviser's indices refer.
    n_datasets : int
        Number of datasets with evidence.
    learns_seconds : bool
        Whether seconds measured in this run are used. Off where the search must not
        depend on the machine.
    bases : tuple of str, default=()
        The bases that were read: ``"shipped"``, ``"own"``.
    """

    adviser: Adviser
    configurations: Sequence[Configuration]
    n_datasets: int
    learns_seconds: bool
    bases: tuple[str, ...] = ()

    @property
    def takes_turns(self) -> bool:
        """True for a base of few datasets, which takes turns with the default order."""
        return self.n_datasets < _FEW_DATASETS

    @cached_property
    def learners(self) -> frozenset[str]:
        """Names of the learners that the base knows."""
        return frozenset(c.learner for c in self.configurations)

    def suggest(
        self,
        usable_trials: Iterable[Trial],
        losses: Mapping[int, float],
        may_try: Callable[[Configuration], bool],
        with_added: Callable[[Configuration], Configuration] = lambda c: c,
    ) -> Suggestion | None:
        """Return the configuration to try next, with its precedents.

        Parameters
        ----------
        usable_trials : iterable of Trial
            Trials whose results may be used.
        losses : mapping of int to float
            Mean loss of the metric per trial number; see `RunState.mean_losses`.
        may_try : callable
            Whether a configuration is untried and fits into the remaining budget.
        with_added : callable, optional
            Returns a configuration of the base with the steps that this run adds. Its
            results count as those of the base's configuration.
        """
        observed, seconds = self._observed(usable_trials, losses, with_added)
        available = {i for i, c in enumerate(self.configurations) if may_try(c)}
        suggestion = self.adviser.next(
            observed, available=available, measured_seconds=seconds
        )
        if suggestion is None:
            return None
        return Suggestion(
            self.configurations[suggestion.index],
            suggestion.value,
            suggestion.precedents,
        )

    def value_of_unproven(
        self,
        usable_trials: Iterable[Trial],
        losses: Mapping[int, float],
        like: Container[str],
        seconds: float,
        with_added: Callable[[Configuration], Configuration] = lambda c: c,
    ) -> float:
        """Return the expected gain per cost of a learner that the base does not know.

        Parameters
        ----------
        usable_trials, losses, with_added
            As for `suggest`.
        like : container of str
            Known learners whose results stand in for those of the unproven one.
        seconds : float
            Predicted seconds of a fold fit.
        """
        observed, _ = self._observed(usable_trials, losses, with_added)
        gain = self.adviser.unproven_gain(observed, like)
        return self.adviser.value(gain, seconds)

    def _observed(
        self,
        usable_trials: Iterable[Trial],
        losses: Mapping[int, float],
        with_added: Callable[[Configuration], Configuration],
    ) -> tuple[dict[int, float], dict[int, float]]:
        """Return losses and measured seconds, both keyed by the adviser's indices."""
        indices = {with_added(c).key: i for i, c in enumerate(self.configurations)}
        observed_losses: dict[int, float] = {}
        seconds: dict[int, float] = {}
        for trial in usable_trials:
            index = indices.get(trial.configuration.key)
            if index is None or trial.is_baseline:
                continue
            if trial.status is TrialStatus.FAILED:
                observed_losses[index] = float("inf")
            elif trial.number in losses:
                observed_losses[index] = losses[trial.number]
                if self.learns_seconds:
                    total_seconds = trial.fit_seconds + trial.predict_seconds
                    seconds[index] = total_seconds / max(1, len(trial.fold_losses))
        return observed_losses, seconds


def find_precedents(
    problem: Problem,
    learners: Mapping[str, Learner],
    *,
    seed: int,
    learns_seconds: bool,
    transforms: AvailableTransforms | None = None,
    deadline: float | None = None,
) -> tuple[PrecedentProposer | None, list[str]]:
    """Return a proposer for the table, made from the knowledge bases.

    Configurations with a transform that is not available here are not suggested.

    Parameters
    ----------
    problem : Problem
    learners : mapping of str to Learner
    seed : int
    learns_seconds : bool
        See `PrecedentProposer`.
    transforms : AvailableTransforms or None
    deadline : float or None
        Time of `time.monotonic`. If the user's own base has not answered by then, it is
        left out.

    Returns
    -------
    proposer : PrecedentProposer or None
        None if the bases have no evidence for the table or cannot be read.
    notes : list of str
        Messages for the user: evidence that is not used, and the reason.
    """
    task = problem.task
    versions = {name: learner.space_version for name, learner in learners.items()}
    try:
        with open_bases(deadline=deadline) as base:
            stored = base.evidence(
                frozenset({task.kind}), task.metric, learners=versions
            )
            notes = [f"A knowledge base is left out. {e}" for e in base.problems]
            shipped = str(shipped_base())
            bases = tuple(
                "shipped" if layer.place == shipped else "own" for layer in base.layers
            )
    except HeadstartError as error:
        return None, [f"The search starts from the default order. {error}"]
    evidence = comparable(stored)
    transforms = transforms or AvailableTransforms(task)
    usable = _usable(evidence.configurations, learners, transforms)
    if not evidence.names or not usable:
        return None, notes
    features = for_distance(
        describe(problem.frame, problem.schema, problem.y, task.kind, seed=seed)
    )
    by_plugins, problems = describe_by_plugins(load_plugins(), problem.summary())
    notes += problems
    features |= by_plugins
    evidence = with_features(evidence, stored, by_plugins)
    adviser = Adviser(
        evidence,
        features,
        task.n_rows,
        task.n_features,
        overhead_seconds=_OVERHEAD_SECONDS,
    )
    configurations = _as_fitted(evidence.configurations, learners, task)
    proposer = PrecedentProposer(
        adviser, configurations, len(evidence.names), learns_seconds, bases
    )
    return proposer, [*notes, *adviser.notes]


def _as_fitted(
    configurations: Sequence[Configuration], learners: Mapping[str, Learner], task: Task
) -> list[Configuration]:
    """Return the configurations with parameters set to the only value allowed here.

    Where a parameter has a single option on this task, the learner ignores other
    values. Two stored configurations that differ only there would be fitted twice.
    """
    only_values: dict[str, dict[str, ParameterValue]] = {}
    for name in learners.keys() & {c.learner for c in configurations}:
        distributions = learners[name].search_space(task).distributions
        only_values[name] = {
            parameter: distribution.options[0]
            for parameter, distribution in distributions.items()
            if isinstance(distribution, Choice) and len(distribution.options) == 1
        }
    completed = []
    for configuration in configurations:
        fixed_parameters, stored_parameters = (
            only_values.get(configuration.learner, {}),
            configuration.parameters,
        )
        fixed = {
            name: value
            for name, value in fixed_parameters.items()
            if name in stored_parameters
        }
        completed.append(
            replace(configuration, parameters={**stored_parameters, **fixed})
            if fixed
            else configuration
        )
    return completed


def _usable(
    configurations: Sequence[Configuration],
    learners: Mapping[str, Learner],
    transforms: AvailableTransforms,
) -> list[Configuration]:
    """Return the configurations that this run's learners can fit."""
    task, usable = transforms.task, []
    for configuration in configurations:
        learner = learners.get(configuration.learner)
        if learner is None or task.n_rows > (learner.max_rows or task.n_rows):
            continue
        if not transforms.knows(configuration):
            continue
        # A user's own instance of the learner may have fixed parameters: it would then
        # fit another configuration than the stored one.
        completed = complete(learner, task, configuration.parameters)
        if completed.parameters != configuration.parameters:
            continue
        usable.append(configuration)
    return usable
