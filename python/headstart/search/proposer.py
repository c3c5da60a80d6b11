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
# A base of fewer datasets takes turns with the built-in order: it knows few tables, and
# not much of them.
_FEW_DATASETS = 10

_Source = Callable[[], Proposal | None]


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
        self._takes_turns = guide is not None and guide.n_datasets < _FEW_DATASETS
        order = default_order(task, learners)
        if guide is not None and not self._takes_turns:
            # The base orders what it knows; learners it has never seen come by their
            # own defaults.
            order = strangers(task, learners, {c.learner for c in guide.configurations})
        tried = self._tried()
        self._queue = [c for c in order if c.key not in tried]

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

        def listed() -> Proposal | None:
            return self._listed(benched, fits)

        def precedent() -> Proposal | None:
            return self._by_precedent(known, losses, benched, fits)

        def sample() -> Proposal | None:
            return self._sample(number, losses, benched, fits)

        for source in self._turn(number, listed, precedent, sample, bool(losses)):
            found = source()
            if found is not None:
                return found
        return None

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
        every = 4 if self._takes_turns else 2
        if number >= _PRECEDENT_ALONE and number % every == every - 1 and has_results:
            return sample, precedent, listed
        if self._takes_turns:
            first, second = (listed, precedent) if number % 2 else (precedent, listed)
            return first, second, sample
        if number < _BEFORE_STRANGERS:
            return precedent, listed, sample
        return listed, precedent, sample

    def _listed(
        self, benched: set[str], fits: Callable[[Configuration], bool]
    ) -> Proposal | None:
        tried = self._tried()
        self._queue = [c for c in self._queue if c.key not in tried]
        for place, configuration in enumerate(self._queue):
            if configuration.learner not in benched and fits(configuration):
                return Proposal(self._queue.pop(place), "portfolio")
        return None

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
