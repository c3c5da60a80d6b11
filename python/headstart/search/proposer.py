"""Where configurations come from: the portfolio in its order, then the sampler."""

from collections.abc import Callable, Mapping

from headstart.base import Configuration, Learner, Task, Trial, TrialStatus
from headstart.search.portfolio import default_order
from headstart.search.sampler import sample_configuration
from headstart.search.schedule import Proposal
from headstart.search.state import RunState

__all__ = ["PortfolioThenSampler"]

# A learner that failed this often, and never succeeded, is benched for the run.
_BENCHED_AFTER = 2
# Configurations the sampler may propose in vain (none fits the time left).
_ATTEMPTS = 4


class PortfolioThenSampler:
    """Proposes the portfolio's configurations that fit, then sampled ones.

    Parameters
    ----------
    seed : int
        Fixes the sampler's draws, with the number of the trial.
    """

    def __init__(
        self,
        task: Task,
        learners: Mapping[str, Learner],
        state: RunState,
        *,
        seed: int,
    ) -> None:
        self._task = task
        self._learners = learners
        self._state = state
        self._seed = seed
        # The floor saw few rows: its configuration is still to be tried with all.
        tried = {t.configuration.key for t in state.trials if t.origin != "floor"}
        self._queue = [
            configuration
            for configuration in default_order(task, learners)
            if configuration.key not in tried
        ]

    def __call__(
        self,
        number: int,
        known: list[Trial],
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        """Return the next configuration that `fits`, with where it comes from."""
        benched = self.benched(known)
        for place, configuration in enumerate(self._queue):
            if configuration.learner not in benched and fits(configuration):
                return self._queue.pop(place), "portfolio"
        usable = {n: v for n, v in self._learners.items() if n not in benched}
        values = self._state.comparable_losses(
            t for t in known if t.status is not TrialStatus.FAILED
        )
        for attempt in range(_ATTEMPTS):
            found = sample_configuration(
                self._task,
                usable,
                self._state.trials,
                values,
                number=number,
                seed=self._seed + attempt,
            )
            if found is None:
                return None
            if fits(found):
                return found, "search"
            # Too dear for the time left: try the other learners.
            usable = {n: v for n, v in usable.items() if n != found.learner}
        return None

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
