"""Selection of the trials that make up the model, and of their weights.

Trials may have different numbers of folds, because time ran out or a race ended. Folds
run in a fixed order, so the folds of a trial are a prefix of that order (where a
splitter's held-out sets overlap, each split is a fold). For each length of prefix an
ensemble is selected among the trials that have these folds. The ensembles are compared
on the rows they share; more folds win unless fewer folds are clearly better.

Weights are biased towards the rows on which they are chosen: of fifty uninformative
configurations, some agree with the targets by chance. The score of an ensemble is
therefore computed by nested cross-validation: on each part of the rows with weights
that were chosen on the other parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray, Learner, Trial
from headstart.ensemble import WeightCap, select_greedily
from headstart.ensemble.output import PLAIN_MEAN, Output
from headstart.metrics import BuiltInMetric, Metric
from headstart.metrics.metric import one_column
from headstart.validation import INDEPENDENT, Dependence, Folds, OutOfFoldStore

__all__ = ["Choice", "MemberSelector", "candidate_limit", "complete_folds"]

Unit = tuple[int, int]

_N_ROUNDS = 40
# Number of parts of the rows that are scored with weights chosen on the others. On many
# rows two parts suffice, and take half the time.
_PARTS = 5
_MANY_ROWS = 5_000
# Neural networks overfit the out-of-fold rows on which weights are chosen more than
# other learners do.
_NEURAL_CAP = 0.6
# Fewer folds mean fewer models to average and fewer rows to select on. To be preferred,
# they must be better by this share of the gain over the constant prediction, and by
# more than the noise of the compared rows.
_MARGIN = 0.02
_NOISE = 2.0
# Number of candidates by number of rows: on few rows, selection among many overfits.
_CANDIDATES = ((300, 8), (1_000, 14), (3_000, 22), (10_000, 30))
_MOST_CANDIDATES = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """An ensemble over trials.

    Parameters
    ----------
    weights : dict of int to float
        Weight per trial number; positive, they sum to 1.
    prediction : ndarray of shape (n_rows, n_outputs)
        Out-of-fold predictions, each row's with weights that were chosen without that
        row (with the ensemble's own weights for metrics that are not built in), after
        the output step. NaN for rows that no fold held out.
    rows : ndarray of bool, shape (n_rows,)
        Rows with a prediction.
    score : float
        The metric of `prediction` on these rows, with the metric's own sign.
    output : Output
        The step after the mean of the members.
    """

    weights: dict[int, float]
    prediction: FloatArray
    rows: NDArray[np.bool_]
    score: float
    output: Output = PLAIN_MEAN

    @property
    def ranked(self) -> list[int]:
        """Numbers of the trials, the heaviest first."""
        return sorted(self.weights, key=lambda number: (-self.weights[number], number))


def complete_folds(trial: Trial, folds: Folds) -> int:
    """Return the length of the longest prefix of the folds that a trial has."""
    units = folds.units[: folds.n_complete]
    return next(
        (n for n, u in enumerate(units) if u not in trial.fold_losses), len(units)
    )


@dataclass(frozen=True, kw_only=True)
class MemberSelector:
    """Selects the members of an ensemble by their out-of-fold predictions.

    Parameters
    ----------
    store : OutOfFoldStore
    folds : Folds
    y : ndarray of shape (n_rows,)
        Codes of classes, or values.
    weight : ndarray of shape (n_rows,) or None
    metric : Metric
    learners : mapping of str to Learner
    constant : mapping of (repeat, fold) to float
        Loss of the constant prediction on each fold.
    dependence : Dependence
        Groups and order in time, which are respected when the rows of a single fold are
        divided.
    output : Output
        The step after the mean of the members. Weights are chosen before it.
    """

    store: OutOfFoldStore
    folds: Folds
    y: NDArray[np.int64] | NDArray[np.float64]
    weight: FloatArray | None
    metric: Metric
    learners: Mapping[str, Learner]
    constant: Mapping[Unit, float]
    dependence: Dependence = INDEPENDENT
    output: Output = PLAIN_MEAN

    def select(self, trials: Sequence[Trial]) -> Choice | None:
        """Return the best ensemble of trials that have at least one fold.

        Returns
        -------
        Choice or None
            None where no trial has a fold.
        """
        lengths = {t.number: complete_folds(t, self.folds) for t in trials}
        best: Choice | None = None
        for length in sorted({n for n in lengths.values() if n}, reverse=True):
            candidates = [t for t in trials if lengths[t.number] >= length]
            choice = self._choose(candidates, length)
            if best is None:
                best = choice
                continue
            # The longer prefix has predictions for all rows of the shorter one.
            rows, units = choice.rows, self.folds.units[:length]
            losses = [self._loss(each.prediction, rows) for each in (best, choice)]
            constant_loss = np.average(
                [self.constant[unit] for unit in units],
                weights=[self.folds.validation(*unit).size for unit in units],
            )
            gain = abs(float(constant_loss) - losses[0])
            min_gain = gain * max(_MARGIN, _NOISE / np.sqrt(rows.sum()))
            if losses[0] - losses[1] > min_gain:
                best = choice
        return best

    def _choose(self, candidates: Sequence[Trial], length: int) -> Choice:
        """Return the best ensemble of trials that have the first `length` folds."""
        units = self.folds.units[:length]
        held_out = [self.folds.validation(*unit) for unit in units]
        rows = np.zeros(self.y.size, dtype=bool)
        rows[np.concatenate(held_out)] = True
        weights = self._weigh(candidates, units, np.flatnonzero(rows))
        prediction = np.full(self.store.prediction(candidates[0].number).shape, np.nan)
        # A metric that is not built in may be slow, or undefined on part of the rows.
        is_nested = len(candidates) > 1 and isinstance(self.metric, BuiltInMetric)
        for part, other_units in self._parts(held_out, units):
            other_rows = np.setdiff1d(np.flatnonzero(rows), part, assume_unique=True)
            part_weights = weights
            if is_nested and other_rows.size:
                part_weights = self._weigh(candidates, other_units, other_rows)
            mean = sum(
                w * self.store.prediction(number)[part]
                for number, w in sorted(part_weights.items())
            )
            prediction[part] = self.output.apply(np.asarray(mean))
        score = self._score(prediction, rows)
        return Choice(weights, prediction, rows, score, self.output)

    def _score(self, prediction: FloatArray, rows: NDArray[np.bool_]) -> float:
        """Return the metric on some rows, with its own sign."""
        return self.metric.score(*self._scored(prediction, rows))

    def _loss(self, prediction: FloatArray, rows: NDArray[np.bool_]) -> float:
        """Return the metric's loss on some rows."""
        return self.metric.loss(*self._scored(prediction, rows))

    def _scored(
        self, prediction: FloatArray, rows: NDArray[np.bool_]
    ) -> tuple[Any, FloatArray, FloatArray | None]:
        """Return targets, predictions after the output step, and weights of rows."""
        return (
            self.y[rows],
            self.output.as_scored(prediction[rows], self.metric),
            None if self.weight is None else self.weight[rows],
        )

    def _weigh(
        self, candidates: Sequence[Trial], units: Sequence[Unit], rows: IntArray
    ) -> dict[int, float]:
        """Return the best weights on some rows, by trial number.

        The rows must be those of the folds in `units`, or any rows if `units` has less
        than two folds.
        """

        def loss(trial: Trial) -> float:
            if len(units) < 2:
                return self.metric.loss(
                    self.y[rows],
                    one_column(self.store.prediction(trial.number)[rows]),
                    None if self.weight is None else self.weight[rows],
                )
            return sum(trial.fold_losses[unit] for unit in units) / len(units)

        ranked = sorted(candidates, key=lambda t: (loss(t), t.number))
        ranked = ranked[: candidate_limit(rows.size)]
        neural = np.array(
            [self.learners[t.configuration.learner].family == "neural" for t in ranked]
        )
        predictions = [self.store.prediction(t.number)[rows] for t in ranked]
        weights = select_greedily(
            np.stack(predictions),
            self.y[rows],
            self.metric,
            weight=None if self.weight is None else self.weight[rows],
            n_rounds=_N_ROUNDS,
            # The order of proposal stands in for the cost: measured seconds would make
            # the selection depend on the machine's load.
            costs=np.array([float(t.number) for t in ranked]),
            cap=WeightCap(neural, 1.0 if neural.all() else _NEURAL_CAP),
        )
        return {t.number: float(w) for t, w in zip(ranked, weights, strict=True) if w}

    def _parts(
        self, held_out: Sequence[IntArray], units: Sequence[Unit]
    ) -> Iterator[tuple[IntArray, Sequence[Unit]]]:
        """Yield the rows of each part, and the folds that consist of the other rows.

        Parts are whole folds, so that they respect groups and time as the folds do.
        Rows of a single fold, or of overlapping folds, are divided by the dependence of
        the rows; the folds are then empty.
        """
        rows = np.unique(np.concatenate(held_out))
        n_parts = _PARTS if rows.size <= _MANY_ROWS else 2
        if len(held_out) == 1 or rows.size < sum(map(len, held_out)):
            part_of_row = self.dependence.divide(rows, n_parts)
            for part in range(int(part_of_row.max()) + 1):
                yield rows[part_of_row == part], ()
            return
        n_folds = len(held_out)
        for part_folds in np.array_split(np.arange(n_folds), min(n_parts, n_folds)):
            other_units = [
                unit for fold, unit in enumerate(units) if fold not in part_folds
            ]
            yield (
                np.sort(np.concatenate([held_out[fold] for fold in part_folds])),
                other_units,
            )


def candidate_limit(n_rows: int) -> int:
    """Return the number of candidates for a selection on a number of rows."""
    for bound, limit in _CANDIDATES:
        if n_rows <= bound:
            return limit
    return _MOST_CANDIDATES
