"""Confirmation of generated features by a model on other rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import TaskKind
from headstart.features.screening.baseline import Baseline
from headstart.features.screening.redundancy import choose_apart
from headstart.features.screening.stages import Screening, Survivors, screen
from headstart.features.screening.table import ScreenedTable
from headstart.features.screening.values import make_values

__all__ = ["Choice", "Confirmation", "Trial", "choose"]

FloatArray = NDArray[np.float64]
Rows = NDArray[np.int64]

_GROUPS = (5, 10, 20, 50)
_ERRORS = 2.0  # standard errors that a gain must be above 0
_QUANTILE = 1.645  # of the normal distribution, for 95 %
_SOLVED = 0.01
_CONSIDERED = 100  # survivors that the choice is made of


@dataclass(frozen=True)
class Confirmation:
    """The out-of-sample gain of a group of features.

    Parameters
    ----------
    n_features : int
        Size of the group, at most.
    gain : float
        Share of the baseline's loss that it took off; below 0 where it cost.
    fold_gains : tuple of float
        The same, fold by fold.
    error : float
        Standard error of the gain over the rows.
    null_quantile : float
        The 95 % quantile of what the same features gain with their rows shuffled; NaN
        where the gain was within two standard errors of 0 and it was not asked.
    """

    n_features: int
    gain: float
    fold_gains: tuple[float, ...]
    error: float
    null_quantile: float = float("nan")

    @property
    def is_promising(self) -> bool:
        """True if the gain is two standard errors above 0."""
        return self.gain > _ERRORS * self.error

    @property
    def is_confirmed(self) -> bool:
        """True if the gain is promising, and above that of shuffled features."""
        return self.is_promising and self.gain > max(self.null_quantile, 0.0)


@dataclass(frozen=True, eq=False)
class Choice:
    """Candidates selected on some rows, best first.

    Parameters
    ----------
    descriptors : ndarray of shape (n_chosen, 4), int32
    gains : ndarray of shape (n_chosen,), float32
    survivors : Survivors
    """

    descriptors: NDArray[np.int32]
    gains: NDArray[np.float32]
    survivors: Survivors


def choose(
    table: ScreenedTable,
    residuals: FloatArray,
    fold_ids: NDArray[np.uint8],
    how: Screening,
    n_chosen: int,
) -> Choice:
    """Return screened candidates with little redundancy."""
    found = screen(table, residuals, fold_ids, how)
    descriptors = found.descriptors[:_CONSIDERED]
    gains = found.gains[:_CONSIDERED]
    # The residual stands for the target: it is all that screening looked at.
    values = make_values(
        table, descriptors, np.arange(table.n_rows), residuals[:1], fold_ids
    )
    places = choose_apart(
        values,
        gains.astype(np.float64),
        table.numeric,
        n_chosen=n_chosen,
        seed=how.seed,
    )
    return Choice(descriptors[places], gains[places], found)


@dataclass(frozen=True, eq=False)
class Trial:
    """The baselines' out-of-fold predictions.

    Features are selected by the residual of the additive one, and tested with the
    other.

    Parameters
    ----------
    table : ScreenedTable
    y : ndarray of shape (n_rows,)
    fold_ids : ndarray of shape (n_rows,), uint8
    baseline : Baseline
    prediction, additive : ndarray of shape (n_rows, n_outputs)
    """

    table: ScreenedTable
    y: NDArray[Any]
    fold_ids: NDArray[np.uint8]
    baseline: Baseline
    prediction: FloatArray
    additive: FloatArray

    @classmethod
    def start(
        cls,
        table: ScreenedTable,
        y: NDArray[Any],
        fold_ids: NDArray[np.uint8],
        baseline: Baseline,
        how: Screening,
        *,
        confirms: bool = True,
    ) -> "Trial | None":
        """Return the baselines fitted on each fold; None without time for it.

        One that does not confirm needs the additive one only, which then stands for
        both.
        """
        empty = np.zeros((len(y), max(1, baseline.n_classes)))
        trial = cls(table, y, fold_ids, baseline, empty, empty.copy())
        n_folds = len(np.unique(fold_ids))
        for number, (train, test) in enumerate(trial.folds()):
            if how.is_late():
                return None
            trial.additive[test] = trial._fit_predict(train, test, None, additive=True)
            trial.prediction[test] = (
                trial._fit_predict(train, test, None)
                if confirms
                else trial.additive[test]
            )
            how.tell("baseline", number + 1, n_folds)
        return trial

    def is_solved(self) -> bool:
        """Return whether the baseline leaves less than 1 % of the loss of a constant.

        What is left then is a handful of rows, whose loss grows many times by chance.
        """
        if self.baseline.kind is TaskKind.REGRESSION:
            constant = np.full_like(self.prediction, self.y.mean())
        else:
            shares = np.bincount(self.y, minlength=self.baseline.n_classes)
            constant = np.broadcast_to(shares / len(self.y), self.prediction.shape)
        left = self.baseline.losses(self.y, self.prediction).mean()
        return bool(left <= _SOLVED * self.baseline.losses(self.y, constant).mean())

    def folds(self) -> Iterator[tuple[Rows, Rows]]:
        """Return the training and validation rows of each fold."""
        for fold in np.unique(self.fold_ids):
            held = self.fold_ids == fold
            yield np.flatnonzero(~held), np.flatnonzero(held)

    def choose(self, rows: Rows, how: Screening, n_chosen: int) -> Choice:
        """Return candidates selected by the residual of the additive baseline."""
        residuals = self.baseline.residuals(self.y[rows], self.additive[rows])
        table = self.table.take(rows)
        return choose(table, residuals, self.fold_ids[rows], how, n_chosen)

    def confirm(self, how: Screening, n_most: int) -> tuple[list[Confirmation], bool]:
        """Return the gains of groups of features selected within each fold.

        Larger groups are evaluated as long as the gain grows.

        Returns
        -------
        confirmations : list of Confirmation
        truncated : bool
            Whether the time limit ended it.
        """
        choices = []
        for number, (train, _) in enumerate(self.folds()):
            choices.append(self.choose(train, how, n_most))
            how.tell("choice in folds", number + 1, len(np.unique(self.fold_ids)))
            if how.is_late() or choices[-1].survivors.truncated:
                return [], True
        found: list[Confirmation] = []
        longest = max(len(choice.descriptors) for choice in choices)
        for size in sorted({min(size, n_most) for size in _GROUPS}):
            if longest == 0 or (found and found[-1].n_features >= longest):
                break
            confirmation = self._confirm(choices, size, how, shuffled=False)
            if confirmation is None:
                return found, True
            found.append(confirmation)
            if len(found) > 1 and found[-1].gain <= found[-2].gain:
                break
        if not found:
            return found, False
        best = max(range(len(found)), key=lambda place: found[place].gain)
        if found[best].is_promising:
            size = found[best].n_features
            null = self._confirm(choices, size, how, shuffled=True)
            if null is None:
                return found, True
            found[best] = _with_null(found[best], null)
        return found, False

    def _confirm(
        self, choices: list[Choice], size: int, how: Screening, *, shuffled: bool
    ) -> Confirmation | None:
        before = self.baseline.losses(self.y, self.prediction)
        taken_off = np.zeros(len(self.y))
        fold_gains = []
        name = "null" if shuffled else f"confirmation of {size}"
        for number, (train, test) in enumerate(self.folds()):
            if how.is_late():
                return None
            made = self._values(choices[number].descriptors[:size], train)
            if shuffled:
                random = np.random.default_rng((how.seed, number))
                made = np.stack([random.permutation(column) for column in made])
            after = self._fit_predict(train, test, made)
            taken_off[test] = before[test] - self.baseline.losses(self.y[test], after)
            fold_gains.append(float(taken_off[test].mean() / before[test].mean()))
            how.tell(name, number + 1, len(choices))
        scale = max(float(before.mean()), np.finfo(float).tiny)
        error = float(taken_off.std() / np.sqrt(len(self.y)))
        gain = float(taken_off.mean())
        return Confirmation(size, gain / scale, tuple(fold_gains), error / scale)

    def _values(self, descriptors: NDArray[np.int32], train: Rows) -> FloatArray:
        targets = self.y[np.newaxis].astype(np.float64)
        n_classes = self.baseline.n_classes
        if n_classes > 2:
            targets = (np.arange(n_classes - 1)[:, np.newaxis] == self.y).astype(float)
        return make_values(self.table, descriptors, train, targets, self.fold_ids)

    def _fit_predict(
        self,
        train: Rows,
        test: Rows,
        made: FloatArray | None,
        *,
        additive: bool = False,
    ) -> FloatArray:
        X = self.table.matrix()
        categorical = np.arange(X.shape[1]) >= self.table.n_numeric
        if made is not None:
            X = np.concatenate([X, made.T], axis=1)
            categorical = np.append(categorical, np.zeros(len(made), dtype=bool))
        return self.baseline.fit_predict(
            X, self.y, categorical, train, test, additive=additive
        )


def _with_null(found: Confirmation, null: Confirmation) -> Confirmation:
    gains = np.array(null.fold_gains)
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0.0
    quantile = float(gains.mean() + _QUANTILE * error)
    return Confirmation(
        found.n_features, found.gain, found.fold_gains, found.error, quantile
    )
