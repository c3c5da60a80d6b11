"""Selection of the trials that make the model, and of their weights.

Trials may have different numbers of folds: time ran out, or a race ended. Folds are
run in one order, so each trial has a first part of it (where a splitter's held-out sets
overlap, each split is a fold). For every length of that part
an ensemble is chosen among the trials that have it, and the lengths are compared on
the rows they share; more folds win unless the gain of fewer is clear.

Weights flatter themselves on the rows they are chosen on: among fifty configurations
that know nothing, some agree with the targets at hand. So what an ensemble is worth is
asked of weights that were chosen without the rows in question.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray, Learner, Trial
from headstart.ensemble import WeightCap, select_greedily
from headstart.metrics import BuiltInMetric, Metric
from headstart.validation import INDEPENDENT, Dependence, Folds, OutOfFoldStore

__all__ = ["Choice", "MemberSelector", "candidate_limit", "complete_folds"]

Unit = tuple[int, int]

_N_ROUNDS = 40
# Parts of the rows that are judged by weights chosen on the others; of many rows halves
# will do, and take half the time.
_PARTS = 5
_MANY_ROWS = 5_000
# Neural nets overfit the validation rows they are chosen by more than others do.
_NEURAL_CAP = 0.6
# Fewer folds mean fewer models in the bag and fewer rows to choose by: they must be
# this much better (share of what the ensemble gains over the constant prediction) to
# be preferred, and better than the noise of the rows that are compared.
_MARGIN = 0.02
_NOISE = 2.0
# Members that may enter, by rows: with few rows, many candidates overfit the choice.
_CANDIDATES = ((300, 8), (1_000, 14), (3_000, 22), (10_000, 30))
_MOST_CANDIDATES = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """An ensemble over trials.

    Parameters
    ----------
    weights : dict of int to float
        By trial number; positive, they sum to 1.
    prediction : ndarray of shape (n_rows, n_outputs)
        Out-of-fold predictions of ensembles like it: each row's by weights that were
        chosen without it, but for metrics of the user's own. NaN where no fold held a
        row out.
    rows : ndarray of bool, shape (n_rows,)
        Rows with a prediction.
    score : float
        The metric of `prediction` on these rows, as users read it.
    """

    weights: dict[int, float]
    prediction: FloatArray
    rows: NDArray[np.bool_]
    score: float


def complete_folds(trial: Trial, folds: Folds) -> int:
    """Return how many folds of a complete trial one has, counted in their order."""
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
        Groups and order in time, which are kept apart where rows of a single fold are
        divided.
    """

    store: OutOfFoldStore
    folds: Folds
    y: NDArray[np.int64] | NDArray[np.float64]
    weight: FloatArray | None
    metric: Metric
    learners: Mapping[str, Learner]
    constant: Mapping[Unit, float]
    dependence: Dependence = INDEPENDENT

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
            # The longer choice predicts all rows that the shorter one does.
            rows, units = choice.rows, self.folds.units[:length]
            losses = [self._loss(each.prediction, rows) for each in (best, choice)]
            flat = np.average(
                [self.constant[unit] for unit in units],
                weights=[self.folds.validation(*unit).size for unit in units],
            )
            gain = abs(float(flat) - losses[0])
            least = gain * max(_MARGIN, _NOISE / np.sqrt(rows.sum()))
            if losses[0] - losses[1] > least:
                best = choice
        return best

    def _choose(self, candidates: Sequence[Trial], length: int) -> Choice:
        """Return the best ensemble of trials that have the first `length` folds."""
        units = self.folds.units[:length]
        held = [self.folds.validation(*unit) for unit in units]
        rows = np.zeros(self.y.size, dtype=bool)
        rows[np.concatenate(held)] = True
        weights = self._weigh(candidates, units, np.flatnonzero(rows))
        prediction = np.full(self.store.prediction(candidates[0].number).shape, np.nan)
        # A metric of the user's own may take long, or not bear some of a fold's rows.
        is_weighed_anew = len(candidates) > 1 and isinstance(self.metric, BuiltInMetric)
        for part, others in self._parts(held, units):
            rest = np.setdiff1d(np.flatnonzero(rows), part, assume_unique=True)
            judged = weights
            if is_weighed_anew and rest.size:
                judged = self._weigh(candidates, others, rest)
            prediction[part] = sum(
                w * self.store.prediction(number)[part]
                for number, w in sorted(judged.items())
            )
        return Choice(weights, prediction, rows, self._score(prediction, rows))

    def _score(self, prediction: FloatArray, rows: NDArray[np.bool_]) -> float:
        """Return the metric on some rows, as users read it."""
        return self.metric.score(*self._on_rows(prediction, rows))

    def _loss(self, prediction: FloatArray, rows: NDArray[np.bool_]) -> float:
        """Return the metric on some rows, less is better."""
        return self.metric.loss(*self._on_rows(prediction, rows))

    def _on_rows(
        self, prediction: FloatArray, rows: NDArray[np.bool_] | IntArray
    ) -> tuple[Any, FloatArray, FloatArray | None]:
        outputs = prediction[rows]
        return (
            self.y[rows],
            outputs[:, 0] if outputs.shape[1] == 1 else outputs,
            None if self.weight is None else self.weight[rows],
        )

    def _weigh(
        self, candidates: Sequence[Trial], units: Sequence[Unit], rows: IntArray
    ) -> dict[int, float]:
        """Return the weights that are best on some rows, by trial number.

        Rows are those of the folds in `units`, or any where it has less than two.
        """

        def loss(trial: Trial) -> float:
            if len(units) < 2:
                return self.metric.loss(
                    *self._on_rows(self.store.prediction(trial.number), rows)
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
            # In the order of proposal, which is the order of cost where nothing else
            # is known; measured seconds would make the choice depend on the machine's
            # load.
            costs=np.array([float(t.number) for t in ranked]),
            cap=WeightCap(neural, 1.0 if neural.all() else _NEURAL_CAP),
        )
        return {t.number: float(w) for t, w in zip(ranked, weights, strict=True) if w}

    def _parts(
        self, held: Sequence[IntArray], units: Sequence[Unit]
    ) -> Iterator[tuple[IntArray, Sequence[Unit]]]:
        """Deal held-out rows into parts: rows of each, and folds that have the others.

        Parts are whole folds, so that what keeps folds apart (groups, time) keeps parts
        apart. Rows of a single fold, and of folds that overlap, are dealt one by one:
        no fold has just the others.
        """
        rows = np.unique(np.concatenate(held))
        n_parts = _PARTS if rows.size <= _MANY_ROWS else 2
        if len(held) == 1 or rows.size < sum(map(len, held)):
            dealt = self.dependence.parts(rows, n_parts)
            for part in range(int(dealt.max()) + 1):
                yield rows[dealt == part], ()
            return
        for places in np.array_split(np.arange(len(held)), min(n_parts, len(held))):
            others = [unit for place, unit in enumerate(units) if place not in places]
            yield np.sort(np.concatenate([held[place] for place in places])), others


def candidate_limit(n_rows: int) -> int:
    """Return how many configurations so many rows can tell apart."""
    for bound, limit in _CANDIDATES:
        if n_rows <= bound:
            return limit
    return _MOST_CANDIDATES
