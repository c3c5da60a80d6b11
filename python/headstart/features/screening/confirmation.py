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
_ERRORS = 2.0  # a promising gain exceeds this many standard errors
_QUANTILE = 1.645  # of the normal distribution, for 95 %
_SOLVED = 0.01
_CONSIDERED = 100  # survivors among which to choose


@dataclass(frozen=True)
class Confirmation:
    """The out-of-sample gain of a group of features.

    Parameters
    ----------
    n_features : int
        Upper bound of the size of the group.
    gain : float
        Relative reduction of the baseline's loss; negative if the loss rose.
    fold_gains : tuple of float
        The gain on each fold.
    error : float
        Standard error of the gain over the rows.
    null_quantile : float
        The 95 % quantile of the gain of the same features with shuffled rows. NaN if
        the gain was not promising, and this was not computed.
    """

    n_features: int
    gain: float
    fold_gains: tuple[float, ...]
    error: float
    null_quantile: float = float("nan")

    @property
    def is_promising(self) -> bool:
        """True if the gain exceeds two standard errors."""
        return self.gain > _ERRORS * self.error

    @property
    def is_confirmed(self) -> bool:
        """True if the gain is promising, and larger than that of shuffled features."""
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
    options: Screening,
    n_chosen: int,
) -> Choice:
    """Return screened candidates with little redundancy."""
    survivors = screen(table, residuals, fold_ids, options)
    descriptors = survivors.descriptors[:_CONSIDERED]
    gains = survivors.gains[:_CONSIDERED]
    # The residual replaces the target, because screening used the residual only.
    values = make_values(
        table, descriptors, np.arange(table.n_rows), residuals[:1], fold_ids
    )
    selected = choose_apart(
        values,
        gains.astype(np.float64),
        table.numeric,
        n_chosen=n_chosen,
        seed=options.seed,
    )
    return Choice(descriptors[selected], gains[selected], survivors)


@dataclass(frozen=True, eq=False)
class Trial:
    """The baselines' out-of-fold predictions.

    Features are selected by the residual of the additive baseline, and confirmed with
    the baseline with interactions.

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
        options: Screening,
        *,
        confirms: bool = True,
    ) -> "Trial | None":
        """Return the baselines fitted on each fold; None if the time ran out.

        If `confirms` is False, only the additive baseline is fitted, and replaces the
        other one.
        """
        empty = np.zeros((len(y), max(1, baseline.n_classes)))
        trial = cls(table, y, fold_ids, baseline, empty, empty.copy())
        n_folds = len(np.unique(fold_ids))
        for number, (train, test) in enumerate(trial.folds()):
            if options.is_late():
                return None
            trial.additive[test] = trial._fit_predict(train, test, None, additive=True)
            trial.prediction[test] = (
                trial._fit_predict(train, test, None)
                if confirms
                else trial.additive[test]
            )
            options.report("baseline", number + 1, n_folds)
        return trial

    def is_solved(self) -> bool:
        """Return whether the baseline's loss is below 1 % of the loss of a constant.

        Such a loss comes from a handful of rows, and may rise many times by chance.
        """
        if self.baseline.kind is TaskKind.REGRESSION:
            constant = np.full_like(self.prediction, self.y.mean())
        else:
            shares = np.bincount(self.y, minlength=self.baseline.n_classes)
            constant = np.broadcast_to(shares / len(self.y), self.prediction.shape)
        loss = self.baseline.losses(self.y, self.prediction).mean()
        return bool(loss <= _SOLVED * self.baseline.losses(self.y, constant).mean())

    def folds(self) -> Iterator[tuple[Rows, Rows]]:
        """Return the training and validation rows of each fold."""
        for fold in np.unique(self.fold_ids):
            in_fold = self.fold_ids == fold
            yield np.flatnonzero(~in_fold), np.flatnonzero(in_fold)

    def choose(self, rows: Rows, options: Screening, n_chosen: int) -> Choice:
        """Return candidates selected by the residual of the additive baseline."""
        residuals = self.baseline.residuals(self.y[rows], self.additive[rows])
        table = self.table.take(rows)
        return choose(table, residuals, self.fold_ids[rows], options, n_chosen)

    def confirm(
        self, options: Screening, n_most: int
    ) -> tuple[list[Confirmation], bool]:
        """Return the gains of groups of features selected within each fold.

        Larger groups are evaluated as long as the gain grows.

        Returns
        -------
        confirmations : list of Confirmation
        truncated : bool
            Whether the time limit ended the confirmation.
        """
        choices = []
        for number, (train, _) in enumerate(self.folds()):
            choices.append(self.choose(train, options, n_most))
            options.report("choice in folds", number + 1, len(np.unique(self.fold_ids)))
            if options.is_late() or choices[-1].survivors.truncated:
                return [], True
        confirmations: list[Confirmation] = []
        longest = max(len(choice.descriptors) for choice in choices)
        for size in sorted({min(size, n_most) for size in _GROUPS}):
            if longest == 0 or (
                confirmations and confirmations[-1].n_features >= longest
            ):
                break
            confirmation = self._confirm(choices, size, options, shuffled=False)
            if confirmation is None:
                return confirmations, True
            confirmations.append(confirmation)
            if (
                len(confirmations) > 1
                and confirmations[-1].gain <= confirmations[-2].gain
            ):
                break
        if not confirmations:
            return confirmations, False
        best = max(
            range(len(confirmations)), key=lambda index: confirmations[index].gain
        )
        if confirmations[best].is_promising:
            size = confirmations[best].n_features
            null = self._confirm(choices, size, options, shuffled=True)
            if null is None:
                return confirmations, True
            confirmations[best] = _with_null(confirmations[best], null)
        return confirmations, False

    def _confirm(
        self, choices: list[Choice], size: int, options: Screening, *, shuffled: bool
    ) -> Confirmation | None:
        before = self.baseline.losses(self.y, self.prediction)
        reductions = np.zeros(len(self.y))
        fold_gains = []
        name = "null" if shuffled else f"confirmation of {size}"
        for number, (train, test) in enumerate(self.folds()):
            if options.is_late():
                return None
            features = self._values(choices[number].descriptors[:size], train)
            if shuffled:
                random = np.random.default_rng((options.seed, number))
                features = np.stack([random.permutation(column) for column in features])
            after = self._fit_predict(train, test, features)
            reductions[test] = before[test] - self.baseline.losses(self.y[test], after)
            fold_gains.append(float(reductions[test].mean() / before[test].mean()))
            options.report(name, number + 1, len(choices))
        scale = max(float(before.mean()), np.finfo(float).tiny)
        error = float(reductions.std() / np.sqrt(len(self.y)))
        gain = float(reductions.mean())
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
        features: FloatArray | None,
        *,
        additive: bool = False,
    ) -> FloatArray:
        X = self.table.matrix()
        categorical = np.arange(X.shape[1]) >= self.table.n_numeric
        if features is not None:
            X = np.concatenate([X, features.T], axis=1)
            categorical = np.append(categorical, np.zeros(len(features), dtype=bool))
        return self.baseline.fit_predict(
            X, self.y, categorical, train, test, additive=additive
        )


def _with_null(confirmation: Confirmation, null: Confirmation) -> Confirmation:
    gains = np.array(null.fold_gains)
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0.0
    quantile = float(gains.mean() + _QUANTILE * error)
    return Confirmation(
        confirmation.n_features,
        confirmation.gain,
        confirmation.fold_gains,
        confirmation.error,
        quantile,
    )
