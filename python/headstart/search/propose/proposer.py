"""Where configurations come from: precedents, the built-in order, then the sampler.

Transforms come in three ways: the best configuration so far is tried with each of them,
the sampler has those as a choice that helped it, or that the user asked for, and what
is proposed after an eager one has proved itself has it too.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from headstart.base import (
    Configuration,
    Learner,
    Step,
    Task,
    Trial,
    TrialStatus,
    known_configurations,
    known_steps,
)
from headstart.search.loop.schedule import Proposal
from headstart.search.loop.state import RunState
from headstart.search.propose.added import adopted_steps
from headstart.search.propose.available import OfferedTransforms
from headstart.search.propose.default_order import default_order
from headstart.search.propose.gains import gains_of_transforms
from headstart.search.propose.precedents import Guide
from headstart.search.propose.quarantine import (
    benched,
    blamed,
    failed_on_probation,
    involved,
    transform_token,
    transforms_in,
    untested,
)
from headstart.search.propose.sampler import sample_configuration
from headstart.search.propose.transforms import enrich
from headstart.search.propose.unproven import Newcomers

__all__ = ["PrecedentThenSampler"]

# Configurations the sampler may propose in vain (none fits the time left).
_ATTEMPTS = 4
# One trial in four is from outside the base's advice: of the built-in order, which was
# made without the base, so that what misleads the one seldom misleads the other.
_OUTSIDE = 4
# Of the first so many it is every second one: the built-in order begins with one good
# configuration of each learner, and ensembles live on such variety.
_EVENLY = 12
# Of few results the sampler learns nothing; from here on it has every second trial.
_SAMPLED_FROM = 24
# The same for a base that takes turns with the built-in order.
_TAKING_TURNS_FROM = 8
# A base of fewer datasets takes turns with the built-in order: it knows few tables, and
# not much of them.
_FEW_DATASETS = 10

# The first trials are the base's own, whatever a newcomer says of its cost.
_BASE_ALONE = 2

_Found = Proposal | None
_Source = Callable[[], _Found]
_Fits = Callable[[Configuration], bool]
_AsTried = Callable[[Configuration], Configuration]


class PrecedentThenSampler:
    """Proposes what the guide says, then the built-in order, then sampled ones.

    Parameters
    ----------
    guide : Guide or None
        None where there is no knowledge base: the built-in order comes first.
    on_probation : collection of str
        Learners of which nothing is known; see `headstart.search.propose.quarantine`.
    seed : int
        Fixes the sampler's draws, with the number of the trial.
    seconds : callable of ``(configuration) -> float``, optional
        Predicted seconds of a fold fit; by default the learner's own hint.
    offered : OfferedTransforms or None
        Transforms that may go before a learner.
    is_timed : bool
        Whether the budget is of seconds.
    max_trials : int or None
        Trials that there will be, those that fail not counted: transforms that the user
        named are tried before they are used up.
    """

    def __init__(
        self,
        task: Task,
        learners: Mapping[str, Learner],
        state: RunState,
        guide: Guide | None,
        *,
        seed: int,
        on_probation: Collection[str] = (),
        seconds: Callable[[Configuration], float] | None = None,
        offered: OfferedTransforms | None = None,
        is_timed: bool = False,
        max_trials: int | None = None,
    ) -> None:
        self._is_timed = is_timed
        self._max_trials = max_trials
        self._offered = offered or OfferedTransforms(task)
        self._seconds = seconds or self._hint
        self._task = task
        self._learners = learners
        self._state = state
        self._guide = guide
        self._seed = seed
        self._on_probation = on_probation
        self._takes_turns = guide is not None and guide.n_datasets < _FEW_DATASETS
        self._newcomers: Newcomers | None = None
        self._order = list(default_order(task, learners))
        if guide is not None and not self._takes_turns:
            # The base orders what it knows; learners it has never seen compete by what
            # they bring.
            self._newcomers = Newcomers(task, learners, guide, self._seconds)
            spoken_of = {c.learner for c in guide.configurations}
            self._order = [c for c in self._order if c.learner in spoken_of]

    def __call__(
        self,
        number: int,
        known: list[Trial],
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        """Return the next configuration that `fits`, with where it comes from."""
        trials = self._state.trials
        failed = failed_on_probation(trials, self._on_probation)
        out = benched(known) | benched(failed) | self._awaited()
        if not self._learners.keys() <= out | self._state.slow:
            out |= self._state.slow  # while there is another learner
        offered = self._offered.without(transforms_in(out))
        own_fault = [t for t in failed if blamed(t) == t.configuration.learner]
        second = self._second_chance(own_fault, out, fits)
        if second is not None:
            return second
        losses = self._state.comparable_losses(
            t for t in known if t.status is not TrialStatus.FAILED
        )

        steps = adopted_steps(offered, trials, losses)
        as_tried = partial(offered.with_steps, steps)

        def listed(fits: _Fits = fits, as_tried: _AsTried = as_tried) -> _Found:
            return self._listed(out, fits, as_tried)

        def precedent(fits: _Fits = fits, as_tried: _AsTried = as_tried) -> _Found:
            return self._by_precedent(
                number, known, losses, out, offered, fits, as_tried
            )

        def sample() -> Proposal | None:
            return self._sample(number, losses, out, offered, fits)

        def enriched(fits: _Fits = fits) -> _Found:
            return enrich(
                offered,
                trials,
                losses,
                number,
                out,
                fits,
                self._seconds,
                waits=self._is_timed,
            )

        due = self._due_steps(number, known, failed, offered)

        def has_due_and_fits(configuration: Configuration) -> bool:
            names = {step.name for step in configuration.transforms}
            return all(step.name in names for step in due) and fits(configuration)

        if due:
            found = enriched(has_due_and_fits)
            with_due = partial(offered.with_steps, [*due, *steps])
            if found is None and self._guide is not None:
                found = precedent(has_due_and_fits, with_due)
            found = found or listed(has_due_and_fits, with_due)
            if found is not None:
                return found
        turn = self._turn(number, listed, precedent, sample, bool(losses))
        for source in (enriched, *turn):
            found = source()
            if found is not None:
                return found
        return None

    def _due_steps(
        self,
        number: int,
        known: Sequence[Trial],
        failed: Sequence[Trial],
        offered: OfferedTransforms,
    ) -> list[Step]:
        """Return what the user named and no trial has, where one trial is left."""
        if self._max_trials is None:
            return []
        known_failed = [t for t in known if t.status is TrialStatus.FAILED]
        n_uncounted = len(known_failed) + sum(t.origin == "floor" for t in known)
        if number + 1 < self._max_trials + n_uncounted:
            return []
        # One that failed by the fault of something else has not been tried.
        innocent = {
            (t.number, step.name)
            for t in [*known_failed, *failed]
            for step in t.configuration.transforms
            if blamed(t) != transform_token(step.name)
        }
        tried = {
            step.name
            for t in self._state.trials
            for step in t.configuration.transforms
            if (t.number, step.name) not in innocent
        }
        return [
            known_steps(self._task, offered.transforms[name])[0]
            for name in offered.transforms
            if name in offered.named - tried
        ]

    def _turn(
        self,
        number: int,
        listed: _Source,
        precedent: _Source,
        sample: _Source,
        has_results: bool,  # noqa: FBT001 - one of five that are passed on as they are
    ) -> tuple[_Source, ...]:
        """Return who is asked for trial `number`, in order."""
        if self._guide is None:
            return listed, sample
        place = number % _OUTSIDE
        if self._takes_turns:
            if number >= _TAKING_TURNS_FROM and place == _OUTSIDE - 1 and has_results:
                return sample, precedent, listed
            first, second = (listed, precedent) if number % 2 else (precedent, listed)
            return first, second, sample
        if number >= _SAMPLED_FROM and number % 2 and has_results:
            return sample, precedent, listed
        # What is on probation leaves no trace, should it fail.
        origins = [
            t.origin
            for t in self._state.trials
            if t.configuration.learner not in self._on_probation
        ]
        n_advised, n_listed = (origins.count(o) for o in ("precedent", "portfolio"))
        is_early = n_advised + n_listed < _EVENLY
        if n_listed < n_advised if is_early else place == _OUTSIDE - 1:
            return listed, precedent, sample
        return precedent, sample

    def _awaited(self) -> set[str]:
        """Return what is on probation with its first fold fit under way."""
        running = {
            name
            for trial in self._state.trials
            if trial.status is TrialStatus.RUNNING
            for name in involved(trial)
        }
        return running & untested(self._state.trials, self._on_probation)

    def _second_chance(
        self,
        failed: Sequence[Trial],
        out: set[str],
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        """Return another configuration of a learner that has failed once."""
        tried = self._tried()
        for name in {t.configuration.learner: None for t in failed}:
            if name in out or name not in untested(self._state.trials, [name]):
                continue
            for configuration in known_configurations(self._task, self._learners[name]):
                if configuration.key not in tried and fits(configuration):
                    return Proposal(configuration, "portfolio")
            found = sample_configuration(
                self._task,
                {name: self._learners[name]},
                self._state.trials,
                {},
                number=0,
                seed=self._seed,
            )
            if found is not None and fits(found):
                return Proposal(found, "search")
        return None

    def _listed(
        self,
        out: set[str],
        fits: Callable[[Configuration], bool],
        as_tried: _AsTried,
    ) -> Proposal | None:
        tried = self._tried()
        for configuration in map(as_tried, self._order):
            if (
                configuration.learner not in out
                and configuration.key not in tried
                and fits(configuration)
            ):
                return Proposal(configuration, "portfolio")
        return None

    def _by_precedent(
        self,
        number: int,
        known: list[Trial],
        losses: Mapping[int, float],
        out: set[str],
        offered: OfferedTransforms,
        fits: Callable[[Configuration], bool],
        as_tried: _AsTried,
    ) -> Proposal | None:
        """Return what the base speaks for, or a newcomer that promises more."""
        assert self._guide is not None
        # The base compares locations of losses: it needs those of the metric itself.
        losses = self._state.mean_losses(losses)
        tried = self._tried()

        def may_try(configuration: Configuration) -> bool:
            configuration = as_tried(configuration)
            learner = self._learners.get(configuration.learner)
            return (
                learner is not None
                and configuration.learner not in out
                and configuration.key not in tried
                and offered.knows(configuration)
                and self._task.n_rows <= (learner.max_rows or self._task.n_rows)
                and fits(configuration)
            )

        if self._newcomers is not None:
            due = self._newcomers.due(number, tried, may_try)
            if due is not None:
                return Proposal(as_tried(due), "plugin")
        found = self._guide.next(known, losses, may_try, as_tried)
        if self._newcomers is not None and number >= _BASE_ALONE:
            newcomer = self._newcomers.best(known, losses, may_try, as_tried)
            if newcomer is not None and (found is None or newcomer.value > found.value):
                return Proposal(as_tried(newcomer.configuration), "plugin")
        if found is None:
            return None
        return Proposal(as_tried(found.configuration), "precedent", found.precedents)

    def _hint(self, configuration: Configuration) -> float:
        learner = self._learners[configuration.learner]
        return learner.cost(self._task, configuration.parameters, self._task.n_rows)

    def _sample(
        self,
        number: int,
        losses: Mapping[int, float],
        out: set[str],
        offered: OfferedTransforms,
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        # What has not had a success yet is tried by its own configurations only.
        out = out | untested(self._state.trials, self._on_probation)
        gains = gains_of_transforms(self._state.trials, losses)
        helped = {name for name, own in gains.items() if max(own) > 0}
        offered = offered.without(transforms_in(out)).only(offered.eager | helped)
        usable = {n: v for n, v in self._learners.items() if n not in out}
        for attempt in range(_ATTEMPTS):
            found = sample_configuration(
                self._task,
                usable,
                self._state.trials,
                losses,
                number=number,
                seed=self._seed + attempt,
                offered=offered,
            )
            if found is None:
                return None
            if fits(found):
                return Proposal(found, "search")
            # Too dear for the time left: try the other learners.
            usable = {n: v for n, v in usable.items() if n != found.learner}
        return None

    def _tried(self) -> set[str]:
        # The floor saw few rows: its configuration is still to be tried with all.
        return {t.configuration.key for t in self._state.trials if t.origin != "floor"}
