"""The predicted cost of a fold fit: hints, corrected by the seconds this run measured.

`Learner.cost` predicts seconds on a reference machine. The seconds of the transforms
are added, and the learner's prediction takes the columns that they make into account.
The correction is one factor per learner, estimated as a mean log ratio and shrunk
towards the factor of all learners while there are few measurements. If the trial itself
has finished folds, their mean is the prediction.
"""

import math
from collections.abc import Mapping

from headstart.base import Configuration, Learner, Task, Trial
from headstart.search.propose.available import AvailableTransforms

__all__ = ["CostModel"]

# The factor of all learners weighs as much as this many measurements of one learner.
_SHRINKAGE = 1.0
_LEAST = 1e-3  # seconds


class CostModel:
    """Predicts seconds of a fold fit.

    Parameters
    ----------
    task : Task
    learners : mapping of str to Learner
    n_rows : int
        Training rows of a fold.
    learns : bool
        Whether measured seconds correct the hints. Off in runs without a time limit,
        whose results must not depend on the machine.
    transforms : AvailableTransforms or None
        Transforms that configurations may name.
    """

    def __init__(
        self,
        task: Task,
        learners: Mapping[str, Learner],
        n_rows: int,
        *,
        learns: bool,
        transforms: AvailableTransforms | None = None,
    ) -> None:
        self._transforms = transforms or AvailableTransforms(task)
        self._task = task
        self._learners = learners
        self._n_rows = n_rows
        self._learns = learns
        # Sum and count of log ratios, per learner and in total.
        self._ratios: dict[str, tuple[float, int]] = {}
        self._overall = (0.0, 0)

    def hint(self, configuration: Configuration) -> float:
        """Return the seconds predicted by the hints of the learner and the transforms.

        Infinite if the learner's hint is infinite. NaN counts as the least possible
        cost, so that a fit measures it.
        """
        seconds = self._of_learner(configuration)
        if math.isnan(seconds):
            seconds = _LEAST
        steps = self._transforms.seconds(configuration.transforms, self._n_rows)
        return max(_LEAST, seconds) + steps

    def _of_learner(self, configuration: Configuration) -> float:
        """Return the learner's hint as it is: any number, infinite or NaN."""
        learner = self._learners[configuration.learner]
        steps = configuration.transforms
        task = self._transforms.task_after(steps) if steps else self._task
        return float(learner.cost(task, configuration.parameters, self._n_rows))

    def observe(self, configuration: Configuration, seconds: float) -> None:
        """Update the correction by the measured seconds of a fold fit."""
        if not math.isfinite(self._of_learner(configuration)):
            return
        ratio = math.log(max(_LEAST, seconds) / self.hint(configuration))
        total, count = self._ratios.get(configuration.learner, (0.0, 0))
        self._ratios[configuration.learner] = (total + ratio, count + 1)
        self._overall = (self._overall[0] + ratio, self._overall[1] + 1)

    def seconds(
        self, configuration: Configuration, trial: Trial | None = None
    ) -> float:
        """Predict seconds of one more fold fit of a configuration."""
        if not self._learns:
            return self.hint(configuration)
        if trial is not None and trial.outcomes:
            spent = [o.total_seconds for o in trial.outcomes.values()]
            return sum(spent) / len(spent)
        total, count = self._overall
        if not count:
            return self.hint(configuration)
        learner_total, learner_count = self._ratios.get(configuration.learner, (0.0, 0))
        factor = (learner_total + _SHRINKAGE * total / count) / (
            learner_count + _SHRINKAGE
        )
        return self.hint(configuration) * math.exp(factor)
