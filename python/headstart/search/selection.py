"""Which trials make the model, with which weights.

Trials may have different numbers of folds: time ran out, or a race ended. Folds are
run in one order, so each trial has a first part of it. For every length of that part
an ensemble is chosen among the trials that have it, and the lengths are compared on
the rows they share; more folds win unless the gain of fewer is clear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, Learner, Trial
from headstart.ensemble import select_greedily
from headstart.metrics import Metric
from headstart.validation import Folds, OutOfFoldStore

__all__ = ["Choice", "candidate_limit", "choose_members", "complete_folds"]

_N_ROUNDS = 40
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
        The ensemble's out-of-fold prediction; NaN where no fold held a row out.
    rows : ndarray of bool, shape (n_rows,)
        Rows with a prediction.
    score : float
        The metric on these rows, as users read it.
    """

    weights: dict[int, float]
    prediction: FloatArray
    rows: NDArray[np.bool_]
    score: float


def choose_members(
    trials: Sequence[Trial],
    store: OutOfFoldStore,
    folds: Folds,
    y: NDArray[np.int64] | NDArray[np.float64],
    weight: FloatArray | None,
    metric: Metric,
    learners: Mapping[str, Learner],
    constant: Mapping[tuple[int, int], float],
) -> Choice | None:
    """Choose an ensemble among trials that have at least one fold.

    Returns
    -------
    Choice or None
        None where no trial has a fold.
    """
    lengths = {t.number: complete_folds(t, folds) for t in trials}
    choices: list[Choice] = []
    for length in sorted({n for n in lengths.values() if n}, reverse=True):
        candidates = [t for t in trials if lengths[t.number] >= length]
        rows = np.zeros(y.size, dtype=bool)
        for fold in range(length):
            rows[folds.validation(0, fold)] = True
        choices.append(
            _select(candidates, store, rows, y, weight, metric, learners, length)
        )
    if not choices:
        return None
    best = choices[0]
    for choice in choices[1:]:
        # The longer choice predicts all rows that the shorter one does.
        rows = choice.rows
        losses = [
            metric.loss(
                y[rows],
                _as_metric_input(each.prediction[rows]),
                None if weight is None else weight[rows],
            )
            for each in (best, choice)
        ]
        gain = abs(constant[0, 0] - losses[0])
        if losses[0] - losses[1] > gain * max(_MARGIN, _NOISE / np.sqrt(rows.sum())):
            best = choice
    return best


def complete_folds(trial: Trial, folds: Folds) -> int:
    """Return how many folds of the first repeat a trial has, counted in order."""
    length = 0
    while length < folds.n_folds and (0, length) in trial.fold_losses:
        length += 1
    return length


def _select(
    candidates: Sequence[Trial],
    store: OutOfFoldStore,
    rows: NDArray[np.bool_],
    y: NDArray[np.int64] | NDArray[np.float64],
    weight: FloatArray | None,
    metric: Metric,
    learners: Mapping[str, Learner],
    length: int,
) -> Choice:
    def loss(trial: Trial) -> float:
        return sum(trial.fold_losses[0, fold] for fold in range(length)) / length

    ranked = sorted(candidates, key=lambda t: (loss(t), t.number))
    ranked = ranked[: candidate_limit(int(rows.sum()))]
    predictions = np.stack([store.prediction(t.number)[rows] for t in ranked])
    row_weight = None if weight is None else weight[rows]
    neural = np.array(
        [learners[t.configuration.learner].family == "neural" for t in ranked]
    )
    weights = select_greedily(
        predictions.astype(np.float32),
        y[rows],
        metric,
        weight=row_weight,
        n_rounds=_N_ROUNDS,
        # In the order of proposal, which is the order of cost where nothing else is
        # known; measured seconds would make the choice depend on the machine's load.
        costs=np.array([float(t.number) for t in ranked]),
        capped=neural,
        cap=1.0 if neural.all() else _NEURAL_CAP,
    )
    combined = np.full((y.size, predictions.shape[2]), np.nan)
    combined[rows] = np.tensordot(weights, predictions, axes=1)
    score = metric.score(y[rows], _as_metric_input(combined[rows]), row_weight)
    return Choice(
        {t.number: float(w) for t, w in zip(ranked, weights, strict=True) if w > 0},
        combined,
        rows,
        score,
    )


def candidate_limit(n_rows: int) -> int:
    """Return how many configurations so many rows can tell apart."""
    for bound, limit in _CANDIDATES:
        if n_rows <= bound:
            return limit
    return _MOST_CANDIDATES


def _as_metric_input(prediction: FloatArray) -> FloatArray:
    return prediction[:, 0] if prediction.shape[1] == 1 else prediction
