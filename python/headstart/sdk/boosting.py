"""The base of the learners of boosted trees: LightGBM, XGBoost, CatBoost.

It has the options that are not searched (GPU, monotone columns, quantile), the task of
a fold, and the parameters of the refit. Each of the three libraries has a distribution
of its own, which defines the fit and the form of the stored model.
"""

import difflib
import json
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
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
from headstart.sdk.fold_learner import FittedFold, FoldLearner
from headstart.sdk.words import Library, objective_word, stopping_words

__all__ = [
    "BoostingLearner",
    "CostLaw",
    "LearningRate",
    "Portfolio",
    "best_rounds",
    "directions",
    "enough_columns",
    "growth",
    "monotone_columns",
    "number",
    "quantile",
]

_DEVICES = ("cpu", "gpu")
# Training rows of the largest tables to which the power laws of cost were fitted.
_LARGEST_MEASURED = 30_000
# Least number of columns per tree: on narrow tables a share would leave one or two.
_FEW_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class LearningRate:
    """A learning rate that is a power of the number of rows, within bounds.

    Parameters
    ----------
    lowest, highest : float
    at_2000 : float
        The rate for 2,000 rows.
    power : float
    many_classes : float
        Factor with more than two classes.
    """

    lowest: float
    highest: float
    at_2000: float
    power: float
    many_classes: float = 1.0

    def of(self, n_rows: int, n_classes: int) -> float:
        """Return the rate for a number of rows and a number of classes."""
        rate = self.at_2000 * math.pow(n_rows / 2_000, self.power)
        base = min(self.highest, max(self.lowest, rate))
        return base * (self.many_classes if n_classes > 2 else 1.0)


@dataclass(frozen=True, slots=True)
class CostLaw:
    """A power law of the seconds of a fit, fitted to measurements.

    Parameters
    ----------
    seconds : float
        Constant factor.
    rows : tuple of float
        Exponents of the number of rows up to 30,000, and above; see `growth`.
    columns, classes : float
        Exponents of the number of columns, and of the trees per round.
    regression : float
        Factor for regression.
    size : callable of ``(parameters) -> float``
        Factor for the size of a tree; parameters are complete.
    slowness : float
        Exponent of ``learning_rate_scale``.
    """

    seconds: float
    rows: tuple[float, float]
    columns: float
    classes: float
    regression: float
    size: Callable[[Parameters], float]
    slowness: float

    def of(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of a fit on one thread; parameters are complete."""
        n_trees = task.n_classes if task.n_classes > 2 else 1
        typical = (
            self.seconds
            * growth(n_rows, *self.rows)
            * math.pow(task.n_features + 1, self.columns)
            * math.pow(n_trees, self.classes)
            * (1.0 if task.kind.is_classification else self.regression)
        )
        slowness = math.pow(number(parameters, "learning_rate_scale"), self.slowness)
        return 0.03 + typical * self.size(parameters) * slowness


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The search space, learning rate, rounds and cost of a boosting library.

    Parameters
    ----------
    space : SearchSpace
        With the parameter ``learning_rate_scale``.
    precedents : tuple of mappings
        Configurations that did well on other tables, best first.
    rate : LearningRate
    most_rounds : int
        Maximum number of rounds of one tree each at the usual learning rate.
    cost : CostLaw
    """

    space: SearchSpace
    precedents: tuple[Parameters, ...]
    rate: LearningRate
    most_rounds: int
    cost: CostLaw

    def learning_rate(
        self, n_rows: int, n_classes: int, parameters: Parameters
    ) -> float:
        """Return the learning rate of the table, times the searched factor."""
        rate = self.rate.of(n_rows, n_classes)
        return rate * number(parameters, "learning_rate_scale")

    def max_rounds(self, n_classes: int, parameters: Parameters) -> int:
        """Return the maximum number of rounds: more for a smaller learning rate.

        A round fits one tree per class, so there are fewer rounds with many classes.
        """
        if "n_rounds" in parameters:
            return int(number(parameters, "n_rounds"))
        scale = number(parameters, "learning_rate_scale")
        slowness = min(2.0, max(0.7, 1.0 / scale))
        return round(self.most_rounds / math.sqrt(max(1, n_classes)) * slowness)

    def patience(self, rate: float) -> int:
        """Return the number of rounds without gain after which boosting stops."""
        return max(20, round(3.0 / rate))

    def seconds(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of a fit on one thread.

        On some twenty tables of 243 to 29,524 training rows the prediction was within a
        factor of two for two thirds of them; the number of rounds varies most. On
        synthetic tables of 100,000 and 200,000 rows and 20 columns it was within a
        factor of three.
        """
        return self.cost.of(task, {**self.space.default, **parameters}, n_rows)


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
            self._fixed["monotone"] = _monotone_text(kind, monotone)
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
        monotone, level = _monotone(parameters), quantile(parameters)
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


def directions(task: Task, X: Matrix) -> list[int] | None:
    """Return +1, -1 or 0 per column; None if no column is monotone.

    Raises
    ------
    ValueError
        If a monotone column is missing or categorical.

    Examples
    --------
    >>> from headstart.sdk import TaskKind
    >>> constraints = (("height", -1),)
    >>> task = Task(TaskKind.BINARY, 2, 2, 0, 2, "log_loss", constraints=constraints)
    >>> directions(task, Matrix(np.zeros((2, 2)), ("age", "height")))
    [0, -1]
    """
    if not task.constraints:
        return None
    monotone = dict(task.constraints)
    for name in monotone:
        if name not in X.names:
            similar = difflib.get_close_matches(name, X.names, n=1)
            raise ValueError(
                f"The 'monotone' parameter names the column {name!r}, which is not "
                f"there. Columns: {', '.join(map(repr, X.names[:20]))}."
                + (f" hint: did you mean {similar[0]!r}?" if similar else "")
            )
        if X.names.index(name) in X.categorical:
            raise ValueError(
                f"The 'monotone' parameter names the column {name!r}, which holds "
                "categories: they have no order. "
                f"hint: columns={{{name!r}: 'numeric'}}"
            )
    return [monotone.get(name, 0) for name in X.names]


def monotone_columns(parameters: Parameters) -> frozenset[str]:
    """Return the names of the columns with a monotone constraint.

    Examples
    --------
    >>> monotone_columns({"monotone": '{"height": -1, "age": 0}'})
    frozenset({'height'})
    """
    monotone = _monotone(parameters) or {}
    return frozenset(name for name, direction in monotone.items() if direction)


def _monotone(parameters: Parameters) -> dict[str, int] | None:
    text = parameters.get("monotone")
    if text is None:
        return None
    monotone: dict[str, int] = json.loads(str(text))
    return monotone


def quantile(parameters: Parameters) -> float | None:
    """Return the requested quantile, or None for the mean."""
    return number(parameters, "quantile") if "quantile" in parameters else None


def growth(n_rows: int, exponent: float, beyond: float) -> float:
    """Return the factor of a fit's seconds for its number of rows: two joined powers.

    On small tables the exponent is below 1: they need fewer rounds, and each round has
    a fixed cost. On large ones the time of a round is proportional to the rows, and the
    number of rounds hardly changes.

    Parameters
    ----------
    n_rows : int
    exponent : float
        Exponent up to 30,000 rows, the largest tables to which laws of cost are fitted.
    beyond : float
        Exponent above 30,000 rows.

    Examples
    --------
    >>> growth(10_000, 0.5, 1.0)
    100.0
    >>> round(growth(120_000, 0.5, 1.0) / growth(30_000, 0.5, 1.0), 6)
    4.0
    """
    within = min(max(1, n_rows), _LARGEST_MEASURED)
    excess = max(1.0, n_rows / _LARGEST_MEASURED)
    return math.pow(within, exponent) * math.pow(excess, beyond)


def number(parameters: Parameters, name: str) -> float:
    """Return a parameter that must be a number.

    Raises
    ------
    TypeError
        If it is not a number.
    """
    value = parameters[name]
    if isinstance(value, str) or value is None:
        raise TypeError(f"Parameter {name!r} must be a number. Got {value!r} instead.")
    return float(value)


def _monotone_text(kind: str, monotone: Any) -> str:
    expected = (
        f"The 'monotone' parameter of {kind} must map names of columns to +1 (the "
        "prediction rises with the column) or -1 (it falls)."
    )
    if not isinstance(monotone, Mapping):
        raise TypeError(f"{expected} Got {monotone!r:.80} instead.")
    if not monotone:
        raise ValueError(f"{expected} Got no column. hint: leave it out.")
    for name, direction in monotone.items():
        is_valid = (
            isinstance(name, str)
            and not isinstance(direction, bool)
            and direction in {1, -1}
        )
        if not is_valid:
            raise ValueError(f"{expected} Got {name!r}: {direction!r} instead.")
    # Parameters are compared as text: equal constraints must have equal text.
    return json.dumps({name: int(monotone[name]) for name in sorted(monotone)})


def _checked_quantile(kind: str, value: Any) -> float:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not 0.0 < float(value) < 1.0 or math.isnan(value):
        raise ValueError(
            f"The 'quantile' parameter of {kind} must be a number between 0 and 1, "
            f"0.5 for the median. Got {value!r} instead."
        )
    return float(value)
