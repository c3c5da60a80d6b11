"""What the learners of boosted trees share: LightGBM, XGBoost, CatBoost.

How a user says what is not searched (a GPU, monotone columns, a quantile), and the fit
around the library's own rounds. Each of the three is a distribution of its own that
says how its library boosts, predicts and stores.
"""

import difflib
import json
import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from headstart.base import (
    Choice,
    Matrix,
    Parameters,
    ParameterValue,
    Resources,
    Rows,
    SearchSpace,
    Task,
    TaskKind,
    View,
)
from headstart.base.process_state import ignore_warnings
from headstart.learners.fold_learner import FittedFold, FoldLearner, code_rows
from headstart.learners.fold_target import FoldTarget

__all__ = [
    "BoostingLearner",
    "Portfolio",
    "directions",
    "growth",
    "number",
    "quantile",
    "uses_absolute_error",
]

_DEVICES = ("cpu", "gpu")
# Training rows of the largest tables that the power laws of cost were fitted to.
_LARGEST_MEASURED = 30_000
_ABSOLUTE = {"mae", "medae", "mape", "pinball"}


class Portfolio(Protocol):
    """What a boosting plugin knows of its library: its module `portfolio`."""

    SPACE: SearchSpace
    PRECEDENTS: tuple[Parameters, ...]

    def seconds(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds of one fit on one thread."""


class BoostingLearner(FoldLearner):
    """A learner of boosted trees, with what its user wants of them.

    Parameters
    ----------
    device : {"cpu", "gpu"}
        Where trees are grown; predictions are always made on the processor.
    monotone : mapping of str to {+1, -1}, optional
        Numeric columns by name, with the way that the prediction (the second class's
        probability, or the value) has to go where all else stays the same. For binary
        and regression problems.
    quantile : float in (0, 1), optional
        Predict this quantile of the target, not its mean. For regression problems.

    Attributes
    ----------
    has_monotone_quantiles : bool
        Whether the library's quantiles keep to monotone columns.

    Raises
    ------
    TypeError, ValueError
        If one of them is anything else, or the library cannot do both.

    Notes
    -----
    `monotone` and `quantile` are parameters of every configuration, with one possible
    value: journal, leaderboard, knowledge base and model file show them, and results
    with them are never taken for results without.
    """

    view: ClassVar[View] = View(numeric="raw", categorical="native", missing="native")
    family: ClassVar[str] = "boosting"
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
            # Of this object alone: a class attribute for all others.
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
        """Return the space, with what the user has fixed; it is the same for all."""
        del task
        space = self.portfolio.SPACE
        if not self._fixed:
            return space
        fixed = {name: Choice(value) for name, value in self._fixed.items()}
        return SearchSpace(
            {**space.distributions, **fixed},
            {**space.default, **self._fixed},
            space.conditions,
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return configurations that did well on other tables, best first."""
        del task
        return self.portfolio.PRECEDENTS

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds of one fold fit on `n_rows` rows, one thread."""
        return self.portfolio.seconds(task, parameters, n_rows)

    def boost(
        self,
        task: Task,
        parameters: Parameters,
        target: FoldTarget,
        train: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> Any:
        """Return the best rounds, with their number as ``n_rounds``.

        None where no round could be made. Rows are coded (`code_rows`); `parameters`
        are complete; `validation` is None where there is nothing to stop by.
        """
        raise NotImplementedError

    def can_learn(self, X: Matrix) -> bool:
        """Whether the library can learn anything from these columns."""
        return X.n_features > 0

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        train: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> FittedFold:
        """Boost until the validation rows stop getting better, or the deadline."""
        target = FoldTarget.learn(task, train)
        n_features = train.X.n_features
        if target.is_constant or not self.can_learn(train.X):
            return FittedFold(target, n_features)
        completed = {**self.search_space(task).default, **parameters}
        held_out = None if validation is None else code_rows(validation, target)
        if held_out is not None and held_out.X.n_rows == 0:
            held_out = None
        with ignore_warnings():
            trees = self.boost(
                task, completed, target, code_rows(train, target), held_out, resources
            )
        return FittedFold(target, n_features, trees)

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[FittedFold]
    ) -> Parameters:
        """Add ``n_rounds``, the mean of the folds' rounds."""
        rounds = [fold.model.n_rounds for fold in models if fold.model is not None]
        if not rounds:
            return parameters
        return {**parameters, "n_rounds": max(1, round(float(np.mean(rounds))))}


def directions(parameters: Parameters, X: Matrix) -> list[int] | None:
    """Return +1, -1 or 0 for each column; None where no column is monotone.

    Raises
    ------
    ValueError
        If a monotone column is not there, or holds categories.

    Examples
    --------
    >>> X = Matrix(np.zeros((2, 2)), ("age", "height"))
    >>> directions({"monotone": '{"height": -1}'}, X)
    [0, -1]
    """
    wanted = _monotone(parameters)
    if wanted is None:
        return None
    for name in wanted:
        if name not in X.names:
            near = difflib.get_close_matches(name, X.names, n=1)
            raise ValueError(
                f"The 'monotone' parameter names the column {name!r}, which is not "
                f"there. Columns: {', '.join(map(repr, X.names[:20]))}."
                + (f" hint: did you mean {near[0]!r}?" if near else "")
            )
        if X.names.index(name) in X.categorical:
            raise ValueError(
                f"The 'monotone' parameter names the column {name!r}, which holds "
                "categories: they have no order. "
                f"hint: columns={{{name!r}: 'numeric'}}"
            )
    return [wanted.get(name, 0) for name in X.names]


def monotone_columns(parameters: Parameters) -> frozenset[str]:
    """Return the names of the columns in which a learner is to be monotone.

    Examples
    --------
    >>> monotone_columns({"monotone": '{"height": -1, "age": 0}'})
    frozenset({'height'})
    """
    wanted = _monotone(parameters) or {}
    return frozenset(name for name, direction in wanted.items() if direction)


def _monotone(parameters: Parameters) -> dict[str, int] | None:
    text = parameters.get("monotone")
    if text is None:
        return None
    wanted: dict[str, int] = json.loads(str(text))
    return wanted


def quantile(parameters: Parameters) -> float | None:
    """Return the quantile that is asked for, None for the mean."""
    return number(parameters, "quantile") if "quantile" in parameters else None


def uses_absolute_error(task: Task) -> bool:
    """Whether the task's metric asks for the median, not the mean."""
    return task.metric in _ABSOLUTE


def growth(n_rows: int, exponent: float, beyond: float) -> float:
    """Return how the seconds of a fit grow with its rows: two powers that join.

    Small tables take fewer rounds, and each round has a fixed cost: a power below 1. On
    large ones a round takes time in proportion to the rows, and rounds hardly get
    fewer.

    Parameters
    ----------
    n_rows : int
    exponent : float
        Up to 30,000 rows, the largest tables that laws of cost are fitted to.
    beyond : float
        Above.

    Examples
    --------
    >>> growth(10_000, 0.5, 1.0)
    100.0
    >>> round(growth(120_000, 0.5, 1.0) / growth(30_000, 0.5, 1.0), 6)
    4.0
    """
    within = min(max(1, n_rows), _LARGEST_MEASURED)
    more = max(1.0, n_rows / _LARGEST_MEASURED)
    return math.pow(within, exponent) * math.pow(more, beyond)


def number(parameters: Parameters, name: str) -> float:
    """Return a parameter that must be a number.

    Raises
    ------
    TypeError
        If it is something else.
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
    for name, way in monotone.items():
        sound = isinstance(name, str) and not isinstance(way, bool) and way in {1, -1}
        if not sound:
            raise ValueError(f"{expected} Got {name!r}: {way!r} instead.")
    # Parameters are text in JSON: one text for one meaning.
    return json.dumps({name: int(monotone[name]) for name in sorted(monotone)})


def _checked_quantile(kind: str, value: Any) -> float:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not 0.0 < float(value) < 1.0 or math.isnan(value):
        raise ValueError(
            f"The 'quantile' parameter of {kind} must be a number between 0 and 1, "
            f"0.5 for the median. Got {value!r} instead."
        )
    return float(value)
