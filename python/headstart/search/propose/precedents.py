"""What the knowledge base says of a fit: what to try next, and who spoke for it."""

import logging
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from headstart.base import (
    Choice,
    Configuration,
    Learner,
    ParameterValue,
    Precedent,
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
from headstart.search.propose.available import OfferedTransforms
from headstart.search.run.problem import Problem

__all__ = ["Guide", "Suggestion", "consult"]

_log = logging.getLogger("headstart.search")

# What a fold fit costs besides the learner: views, files, the way to a worker and back.
_OVERHEAD_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Guide:
    """Proposes what did well on similar tables and is still to be tried.

    Parameters
    ----------
    adviser : Adviser
    configurations : sequence of Configuration
        Those that the adviser's indices mean.
    n_datasets : int
        How many datasets speak.
    learns_seconds : bool
        Whether seconds measured in this run count. Off where the search may not
        depend on the machine.
    bases : tuple of str, default=()
        Which bases were read: ``"shipped"``, ``"own"``.
    """

    adviser: Adviser
    configurations: Sequence[Configuration]
    n_datasets: int
    learns_seconds: bool
    bases: tuple[str, ...] = ()

    def next(
        self,
        known: Iterable[Trial],
        losses: Mapping[int, float],
        may_try: Callable[[Configuration], bool],
        as_tried: Callable[[Configuration], Configuration] = lambda c: c,
    ) -> "Suggestion | None":
        """Return the configuration to try next, with the datasets that spoke for it.

        Parameters
        ----------
        known : iterable of Trial
            Trials whose results may be used.
        losses : mapping of int to float
            Mean loss of the metric, by number of the trial; see
            `RunState.mean_losses`.
        may_try : callable
            Whether a configuration is still to be tried, and fits.
        as_tried : callable, optional
            What this run makes of a configuration of the base: results of that count
            as its results.
        """
        observed, seconds = self._observed(known, losses, as_tried)
        available = {i for i, c in enumerate(self.configurations) if may_try(c)}
        advice = self.adviser.next(
            observed, available=available, measured_seconds=seconds
        )
        if advice is None:
            return None
        return Suggestion(
            self.configurations[advice.index], advice.value, advice.precedents
        )

    def value_of_newcomer(
        self,
        known: Iterable[Trial],
        losses: Mapping[int, float],
        like: Container[str],
        seconds: float,
        as_tried: Callable[[Configuration], Configuration] = lambda c: c,
    ) -> float:
        """Return the expected gain, for its price, of what the base does not know.

        Parameters
        ----------
        known, losses, as_tried
            As for `next`.
        like : container of str
            Learners that it is taken for.
        seconds : float
            Predicted, of a fold fit.
        """
        observed, _ = self._observed(known, losses, as_tried)
        gain = self.adviser.newcomer_gain(observed, like)
        return self.adviser.value(gain, seconds)

    def _observed(
        self,
        known: Iterable[Trial],
        losses: Mapping[int, float],
        as_tried: Callable[[Configuration], Configuration],
    ) -> tuple[dict[int, float], dict[int, float]]:
        """Return losses and measured seconds by the adviser's indices."""
        place = {as_tried(c).key: i for i, c in enumerate(self.configurations)}
        observed: dict[int, float] = {}
        seconds: dict[int, float] = {}
        for trial in known:
            index = place.get(trial.configuration.key)
            if index is None or trial.origin == "floor":
                continue
            if trial.status is TrialStatus.FAILED:
                observed[index] = float("inf")
            elif trial.number in losses:
                observed[index] = losses[trial.number]
                if self.learns_seconds:
                    spent = trial.fit_seconds + trial.predict_seconds
                    seconds[index] = spent / max(1, len(trial.fold_losses))
        return observed, seconds


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A configuration, its expected gain for its price, and who spoke for it."""

    configuration: Configuration
    value: float
    precedents: tuple[Precedent, ...]


def consult(
    problem: Problem,
    learners: Mapping[str, Learner],
    *,
    seed: int,
    learns_seconds: bool,
    offered: OfferedTransforms | None = None,
    deadline: float | None = None,
) -> tuple[Guide | None, list[str]]:
    """Ask the knowledge base about a table.

    Configurations with a transform that is not offered here are no advice. A base of
    the user's own that has not answered by the deadline, a moment of `time.monotonic`,
    is left out.

    Returns
    -------
    guide : Guide or None
        None where the base has nothing to say, or cannot be read.
    notes : list of str
        What the user should know: what the advice is not based on, and why.
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
        return None, [f"The search starts from the built-in order. {error}"]
    evidence = comparable(stored)
    offered = offered or OfferedTransforms(task)
    usable = _usable(evidence.configurations, learners, offered)
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
    return (
        Guide(adviser, configurations, len(evidence.names), learns_seconds, bases),
        [*notes, *adviser.notes],
    )


def _as_fitted(
    configurations: Sequence[Configuration], learners: Mapping[str, Learner], task: Task
) -> list[Configuration]:
    """Return configurations with the only value that a parameter can have here.

    The base may hold another, of which a learner would make the same: the model of one
    configuration would be fitted twice.
    """
    only: dict[str, dict[str, ParameterValue]] = {}
    for name in learners.keys() & {c.learner for c in configurations}:
        distributions = learners[name].search_space(task).distributions
        only[name] = {
            parameter: distribution.options[0]
            for parameter, distribution in distributions.items()
            if isinstance(distribution, Choice) and len(distribution.options) == 1
        }
    found = []
    for configuration in configurations:
        here, own = only.get(configuration.learner, {}), configuration.parameters
        fixed = {name: value for name, value in here.items() if name in own}
        found.append(
            replace(configuration, parameters={**own, **fixed})
            if fixed
            else configuration
        )
    return found


def _usable(
    configurations: Sequence[Configuration],
    learners: Mapping[str, Learner],
    offered: OfferedTransforms,
) -> list[Configuration]:
    """Return the configurations that this run's learners can be given."""
    task, found = offered.task, []
    for configuration in configurations:
        learner = learners.get(configuration.learner)
        if learner is None or task.n_rows > (learner.max_rows or task.n_rows):
            continue
        if not offered.knows(configuration):
            continue
        # Fitted otherwise than this learner would: one that a user has told more.
        whole = complete(learner, task, configuration.parameters)
        if whole.parameters != configuration.parameters:
            continue
        found.append(configuration)
    return found
