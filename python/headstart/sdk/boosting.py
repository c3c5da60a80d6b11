"""The base of the learners of boosted trees: LightGBM, XGBoost, CatBoost.

It has the options that are not searched (GPU, monotone columns, quantile), the task of
a fold, and the parameters of the refit. Each of the three libraries has a distribution
of its own, which defines the fit and the form of the stored model.
"""

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from headstart.base import (
    Choice,
    Matrix,
    Objective,
    Parameters,
    ParameterValue,
    Resources,
    Rows,
    SearchSpace,
    Task,
    TaskKind,
    View,
)
from headstart.machine.process_state import ignore_warnings
from headstart.predict import FoldTarget
from headstart.sdk.boosting_portfolio import Portfolio, number
from headstart.sdk.fold_learner import FittedFold, FoldLearner
from headstart.sdk.monotone import (
    monotone_text,
    read_monotone,
)
from headstart.sdk.words import Library, objective_word, stopping_words

__all__ = [
    "BoostingLearner",
    "best_rounds",
    "enough_columns",
    "quantile",
]

_DEVICES = ("cpu", "gpu")
# Least number of columns per tree: on narrow tables a share would leave one or two.
_FEW_COLUMNS = 4


class BoostingLearner(FoldLearner):
    """A learner of boosted trees with the user's options.

    Parameters
    ----------
    device : {"cpu", "gpu"}
        Device on which trees are grown; predictions always run on the CPU.
    monotone : mapping of str to {+1, -1}, optional
        Direction per name of a numeric column in which the prediction (the probability
        of the second class, or the value) must be monotone if all else is equal. For
        binary and regression tasks.
    quantile : float in (0, 1), optional
        Predict this quantile of the target instead of its mean. For regression tasks.

    Attributes
    ----------
    library : {"lightgbm", "xgboost", "catboost"}
        The library whose names `objective_word` and `stopping_words` return.
    portfolio : Portfolio
    has_monotone_quantiles : bool
        Whether the library supports monotone columns with the losses of quantiles and
        the median.

    Raises
    ------
    TypeError, ValueError
        If an option is invalid, or the library does not support `monotone` together
        with `quantile`.

    Notes
    -----
    `monotone` and `quantile` are parameters of every configuration, with a single
    option each. So journal, leaderboard, knowledge base and model file show them, and
    results with and without them are never mixed up.
    """

    view: ClassVar[View] = View(numeric="raw", categorical="native", missing="native")
    family: ClassVar[str] = "boosting"
    library: ClassVar[Library]
    portfolio: ClassVar[Portfolio]
    has_monotone_quantiles: ClassVar[bool] = True

    def __init__(
        self,
        *,
        device: str = "cpu",
        monotone: Mapping[str, int] | None = None,
        quantile: float | None = None,
    ) -> None:
        kind = type(self).__name__
        if device not in _DEVICES:
            raise ValueError(
                f"The 'device' parameter of {kind} must be 'cpu' or 'gpu'. "
                f"Got {device!r} instead."
            )
        self.device = device
        self._fixed: dict[str, ParameterValue] = {}
        if monotone is not None:
            self._fixed["monotone"] = monotone_text(kind, monotone)
            # Set on the instance; other instances have the class attribute.
            self.tasks = frozenset({TaskKind.BINARY, TaskKind.REGRESSION})  # type: ignore[misc]
        if quantile is not None:
            self._fixed["quantile"] = _checked_quantile(kind, quantile)
            self.tasks = frozenset({TaskKind.REGRESSION})  # type: ignore[misc]
        wants_both = monotone is not None and quantile is not None
        if wants_both and not self.has_monotone_quantiles:
            raise ValueError(
                f"{kind} cannot boost a quantile with monotone columns. "
                "hint: CatBoost can."
            )

    def search_space(self, task: Task) -> SearchSpace:
        """Return the search space, with the user's options as fixed parameters."""
        del task
        space = self.portfolio.space
        if not self._fixed:
            return space
        fixed = {name: Choice(value) for name, value in self._fixed.items()}
        return SearchSpace(
            {**space.distributions, **fixed},
            {**space.default, **self._fixed},
            space.conditions,
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return parameters that did well on other tables, best first."""
        del task
        return self.portfolio.precedents

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of a fold fit on `n_rows` rows with one thread."""
        return self.portfolio.seconds(task, parameters, n_rows)

    def fold_task(self, task: Task, parameters: Parameters, target: FoldTarget) -> Task:
        """Return the task of a fold, with the objective and constraints of parameters.

        A quantile sets the objective and the stopping metric; monotone columns are
        constraints. If the library's median does not support them, squared error is the
        objective instead.
        """
        fold = super().fold_task(task, parameters, target)
        monotone, level = read_monotone(parameters), quantile(parameters)
        if level is not None:
            fold = replace(
                fold, objective=Objective("quantile", level), stopping=("quantile",)
            )
        if monotone is None:
            return fold
        median = fold.objective.loss == "absolute_error"
        if median and not self.has_monotone_quantiles:
            fold = replace(fold, objective=Objective("squared_error"))
        return replace(fold, constraints=tuple(monotone.items()))

    def around_fit(self, resources: Resources) -> AbstractContextManager[None]:
        """Return a context without effect: the library has a parameter for threads."""
        del resources
        return ignore_warnings()

    def objective_word(self, task: Task) -> str:
        """Return the library's name of the objective."""
        return objective_word(self.library, task.objective)

    def stopping_words(self, task: Task, validation: Rows) -> dict[str, float]:
        """Return the factors of the stopping metrics, by the library's names."""
        n_classes = len(np.unique(validation.y))
        return stopping_words(self.library, task, n_classes)

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[FittedFold]
    ) -> Parameters:
        """Add ``n_rounds``, the mean of the folds' rounds."""
        rounds = [fold.model.n_rounds for fold in models if fold.model is not None]
        if not rounds:
            return parameters
        return {**parameters, "n_rounds": max(1, round(float(np.mean(rounds))))}


def best_rounds(
    boost: Callable[[], int],
    loss: Callable[[], float] | None,
    *,
    limit: int,
    patience: int,
    resources: Resources,
) -> int:
    """Boost round by round and return the number of rounds to keep.

    Parameters
    ----------
    boost : callable of ``() -> int``
        Runs a round and returns the number of rounds so far. A library may drop a round
        in which no split helps. It counts as one without gain, as the next round may
        draw other rows and columns.
    loss : callable of ``() -> float``, or None
        The validation loss after a round; None without early stopping: all rounds are
        kept.
    limit : int
        Maximum number of rounds.
    patience : int
        Number of rounds without gain after which boosting stops.
    resources : Resources
        Its deadline ends boosting too.

    Examples
    --------
    >>> losses = iter([3.0, 2.0, 2.5, 2.6, 1.0])
    >>> rounds = iter(range(1, 6))
    >>> best_rounds(
    ...     lambda: next(rounds),
    ...     lambda: next(losses),
    ...     limit=5,
    ...     patience=2,
    ...     resources=Resources(),
    ... )
    2
    """
    best, best_loss, last_gain = 0, math.inf, 0
    for attempt in range(limit):
        n_rounds = boost()
        value = -float(attempt) if loss is None else loss()
        if value < best_loss or best == 0:
            best, best_loss, last_gain = n_rounds, value, attempt
        # No early stopping: only the limit and the deadline end it.
        is_over = loss is not None and attempt - last_gain >= patience
        if is_over or resources.seconds_left() == 0.0:
            break
    return best


def enough_columns(X: Matrix) -> float:
    """Return the least share of the columns that a tree must draw."""
    return min(1.0, _FEW_COLUMNS / X.n_features)


def quantile(parameters: Parameters) -> float | None:
    """Return the requested quantile, or None for the mean."""
    return number(parameters, "quantile") if "quantile" in parameters else None


def _checked_quantile(kind: str, value: Any) -> float:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not 0.0 < float(value) < 1.0 or math.isnan(value):
        raise ValueError(
            f"The 'quantile' parameter of {kind} must be a number between 0 and 1, "
            f"0.5 for the median. Got {value!r} instead."
        )
    return float(value)
