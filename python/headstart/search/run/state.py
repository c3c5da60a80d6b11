"""The state of a run: its trials, with finished and running fold fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from headstart.base import Configuration, Origin, Precedent, Trial, TrialStatus

__all__ = ["RunState", "Unit"]

Unit = tuple[int, int]


@dataclass
class RunState:
    """Trials of a run and their fold fits.

    Parameters
    ----------
    units : sequence of (repeat, fold)
        All fold fits that a trial can have, in the order in which they are run.
    n_folds : int
        A trial is complete if it has the first `n_folds` units.
    constant : dict of (repeat, fold) to float
        Loss of the constant prediction on each fold.
    """

    units: Sequence[Unit]
    n_folds: int
    constant: dict[Unit, float]
    trials: list[Trial] = field(default_factory=list)
    running: dict[int, set[Unit]] = field(default_factory=dict)

    def add(
        self,
        configuration: Configuration,
        origin: Origin,
        precedents: tuple[Precedent, ...] = (),
    ) -> Trial:
        """Add a trial under the next number."""
        trial = Trial(len(self.trials), configuration, origin, precedents)
        self.trials.append(trial)
        return trial

    def next_unit(self, trial: Trial, *, limit: int | None = None) -> Unit | None:
        """Return the first unit (of the first `limit`) neither finished nor running."""
        if trial.status is not TrialStatus.RUNNING:
            return None
        under_way = self.running.get(trial.number, set())
        for unit in self.units[:limit]:
            if unit not in trial.outcomes and unit not in under_way:
                return unit
        return None

    def has(self, trial: Trial, n_units: int) -> bool:
        """Return whether the first `n_units` units of a trial have a result."""
        return all(unit in trial.fold_losses for unit in self.units[:n_units])

    def is_complete(self, trial: Trial) -> bool:
        """Return whether a trial has a result on the first `n_folds` units."""
        return self.has(trial, self.n_folds)

    def with_results(self) -> list[Trial]:
        """Return the trials that have at least their first fold and did not fail."""
        return [
            t
            for t in self.trials
            if t.status is not TrialStatus.FAILED and self.has(t, 1)
        ]

    def complete(self) -> list[Trial]:
        """Return the trials that are complete and did not fail."""
        return [t for t in self.with_results() if self.is_complete(t)]

    def under_way(self) -> int:
        """Return the number of running fold fits."""
        return sum(len(units) for units in self.running.values())

    def comparable_losses(self, trials: Iterable[Trial]) -> dict[int, float]:
        """Return the mean loss of each trial minus the constant's on the same folds.

        This makes trials with different folds comparable; lower is better.
        """
        comparable = {}
        for trial in trials:
            losses = trial.fold_losses
            gaps = [losses[unit] - self.constant[unit] for unit in sorted(losses)]
            if gaps:
                comparable[trial.number] = sum(gaps) / len(gaps)
        return comparable

    def mean_losses(self, comparable: Mapping[int, float]) -> dict[int, float]:
        """Return comparable losses as mean losses of the metric over all folds.

        The mean loss of the constant prediction is added back. So a trial that has
        all folds of the first repeat has its own mean loss, the one that a knowledge
        base stores.
        """
        units = self.units[: self.n_folds]
        level = sum(self.constant[unit] for unit in units) / len(units)
        return {number: loss + level for number, loss in comparable.items()}
