"""Where configurations come from: precedents, the built-in order, then the sampler."""

from collections.abc import Callable, Mapping

from headstart.base import Configuration, Learner, Task, Trial, TrialStatus
from headstart.search.guide import Guide
from headstart.search.portfolio import default_order, strangers
from headstart.search.sampler import sample_configuration
from headstart.search.schedule import Proposal
from headstart.search.state import RunState

__all__ = ["PrecedentThenSampler"]

# A learner that failed this often, and never succeeded, is benched for the run.
_BENCHED_AFTER = 2
# Configurations the sampler may propose in vain (none fits the time left).
_ATTEMPTS = 4
# The first trials follow precedent alone; from here on every second one is sampled, so
# that in a run of twice as many one in four is from outside.
_PRECEDENT_ALONE = 8
# A learner that the base does not know is tried after this many trials.
_BEFORE_STRANGERS = 2


class PrecedentThenSampler:
    """Proposes what the guide says, then the built-in order, then sampled ones.

    Parameters
    ----------
    guide : Guide or None
        None where there is no knowledge base: the built-in order comes first.
    seed : int
        Fixes the sampler's draws, with the number of the trial.
    """

    def __init__(
        self,
        task: Task,
        learners: Mapping[str, Learner],
        state: RunState,
        guide: Guide | None,
        *,
        seed: int,
    ) -> None:
        self._task = task
        self._learners = learners
        self._state = state
        self._guide = guide
        self._seed = seed
        order = default_order(task, learners)
        if guide is not None:
            # The base orders what it knows; learners it has never seen come by their
            # own defaults.
            order = strangers(task, learners, {c.learner for c in guide.configurations})
        self._queue = [c for c in order if c.key not in self._tried()]

    def __call__(
        self,
        number: int,
        known: list[Trial],
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        """Return the next configuration that `fits`, with where it comes from."""
        benched = self.benched(known)
        losses = self._state.comparable_losses(
            t for t in known if t.status is not TrialStatus.FAILED
        )
        sampled = number >= _PRECEDENT_ALONE and number % 2 == 1
        if self._guide is None or number >= _BEFORE_STRANGERS:
            for place, configuration in enumerate(self._queue):
                if configuration.learner not in benched and fits(configuration):
                    return Proposal(self._queue.pop(place), "portfolio")
        if self._guide is not None and not (sampled and losses):
            found = self._by_precedent(known, losses, benched, fits)
            if found is not None:
                return found
        return self._sample(number, losses, benched, fits)

    def _by_precedent(
        self,
        known: list[Trial],
        losses: Mapping[int, float],
        benched: set[str],
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        assert self._guide is not None
        tried = self._tried()

        def may_try(configuration: Configuration) -> bool:
            learner = self._learners.get(configuration.learner)
            return (
                learner is not None
                and configuration.learner not in benched
                and configuration.key not in tried
                and self._task.n_rows <= (learner.max_rows or self._task.n_rows)
                and fits(configuration)
            )

        found = self._guide.next(known, losses, may_try)
        return None if found is None else Proposal(found[0], "precedent", found[1])

    def _sample(
        self,
        number: int,
        losses: Mapping[int, float],
        benched: set[str],
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        usable = {n: v for n, v in self._learners.items() if n not in benched}
        for attempt in range(_ATTEMPTS):
            found = sample_configuration(
                self._task,
                usable,
                self._state.trials,
                losses,
                number=number,
                seed=self._seed + attempt,
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

    @staticmethod
    def benched(known: list[Trial]) -> set[str]:
        """Return learners whose trials only fail."""
        failed: dict[str, int] = {}
        for trial in known:
            name = trial.configuration.learner
            if trial.status is TrialStatus.FAILED:
                failed[name] = failed.get(name, 0) + 1
        # The floor is fitted here, not by a worker: it proves nothing.
        succeeded = {
            t.configuration.learner
            for t in known
            if t.fold_losses and t.origin != "floor"
        }
        return {
            name
            for name, count in failed.items()
            if count >= _BENCHED_AFTER and name not in succeeded
        }
