"""`from_estimator`: a `Learner` made of a scikit-learn-compatible estimator.

The estimator's tags and signatures are inspected once, when the learner is made.
Estimators that cannot work raise then, with the reason.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headstart.base.arrays import require
from headstart.base.learner import Learner, of_all_classes
from headstart.base.matrix import FloatArray, Matrix, View
from headstart.base.resources import Resources
from headstart.base.rows import Rows
from headstart.base.space import Distribution, Parameters, SearchSpace
from headstart.base.stored import (
    Parts,
    check_estimator,
    dump_skops,
    load_skops,
    untrusted_types,
)
from headstart.base.task import Task, TaskKind
from headstart.exceptions import PluginError
from headstart.predict import FoldTarget
from headstart.sdk.fold_learner import FoldLearner, one_part
from headstart.sdk.probing import (
    check_names,
    defaults_of,
    dotted_name,
    prepare,
    tags_of,
    takes_weights,
)

__all__ = ["FromEstimator", "LearnerTraits", "from_estimator"]

_CLASSES = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
# Types that fitted estimators contain besides their own.
_HARMLESS = ("collections.OrderedDict", "numpy.dtype")


@dataclass(frozen=True, slots=True)
class LearnerTraits:
    """The attributes of a learner that the estimator's tags do not define.

    Parameters
    ----------
    tasks : frozenset of TaskKind, optional
        Kinds of task, for an estimator whose tags do not name them.
    view : View, optional
        The form of the matrix. By default numeric columns are scaled and categorical
        ones one-hot encoded; missing values are imputed unless the estimator accepts
        them.
    family, max_rows, space_version
        As the attributes of `Learner`.
    """

    tasks: frozenset[TaskKind] | None = None
    view: View | None = None
    family: str = ""
    max_rows: int | None = None
    space_version: int = 1


def from_estimator(
    name: str,
    estimator: Callable[..., Any],
    *,
    space: Mapping[str, Distribution] | SearchSpace | None = None,
    default: Parameters | None = None,
    precedents: Sequence[Parameters] = (),
    cost: Callable[[Task, Parameters, int], float] | None = None,
    trusted_types: Sequence[str] = (),
    traits: LearnerTraits | None = None,
) -> Learner:
    """Return a learner made of a class with scikit-learn's ``fit`` and ``predict``.

    The estimator's tags and signatures define its kinds of task and its support of
    missing values and sample weights. Its parameters ``random_state`` and ``n_jobs``
    are set, if it has them; a seed other than the default of its class is kept.
    Classes are counted from 0, and targets of a regression have mean 0 and scale 1.

    Parameters
    ----------
    name : str
    estimator : class, or callable of ``(**parameters) -> estimator``
    space : mapping of str to Distribution, or SearchSpace, optional
        Parameters that are searched.
    default : mapping, optional
        Start of the search: values for parameters in `space` that replace the
        estimator's own defaults.
    precedents : sequence of mappings
        Parameters worth trying first, besides the default.
    cost : callable of ``(task, parameters, n_rows) -> seconds``, optional
        See `Learner.cost`.
    trusted_types : sequence of str
        Dotted names of types in a fitted estimator from packages other than its own;
        see `Learner.trusted_types`.
    traits : LearnerTraits, optional
        Attributes of the learner that the estimator does not define.

    Returns
    -------
    Learner

    Raises
    ------
    PluginError
        If it is not an estimator, is neither a classifier nor a regressor, has neither
        probabilities nor scores, or does not accept all tables.

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> from headstart.sdk import Float
    >>> learner = from_estimator(
    ...     "linear_svm", LinearSVC, space={"C": Float(1e-3, 1e3, log=True)}
    ... )
    >>> sorted(map(str, learner.tasks)), learner.view.missing, learner.uses_weights
    (['binary', 'multiclass'], 'imputed', True)
    """
    return FromEstimator(
        name,
        estimator,
        space=space or {},
        default=default or {},
        precedents=precedents,
        cost=cost,
        trusted_types=trusted_types,
        traits=traits or LearnerTraits(),
    )


class FromEstimator(FoldLearner):
    """A learner made of an estimator; see `from_estimator`."""

    def __init__(
        self,
        name: str,
        estimator: Callable[..., Any],
        *,
        space: Mapping[str, Distribution] | SearchSpace,
        default: Parameters,
        precedents: Sequence[Parameters],
        cost: Callable[[Task, Parameters, int], float] | None,
        trusted_types: Sequence[str],
        traits: LearnerTraits,
    ) -> None:
        owner = f"Learner {name!r}"
        distributions = space.distributions if isinstance(space, SearchSpace) else space
        if isinstance(space, SearchSpace):
            default = {**space.default, **default}
        # Names are checked first: the estimator's own error would be less clear.
        check_names(owner, distributions, default)
        example = _new_estimator(estimator, owner, _active(space, default))
        tags = tags_of(example)
        kind = _kind(example, tags)
        self.name = name  # type: ignore[misc]  # an instance is a learner of its own
        self.tasks = traits.tasks or _tasks(owner, kind, tags)  # type: ignore[misc]
        self.family = traits.family  # type: ignore[misc]
        self.max_rows = traits.max_rows  # type: ignore[misc]
        self.space_version = traits.space_version  # type: ignore[misc]
        _check(owner, example, tags, self.tasks)
        self.view = traits.view or _view(tags)  # type: ignore[misc]
        self.uses_weights = takes_weights(example)  # type: ignore[misc]
        self._make = estimator
        self._space = (
            space
            if isinstance(space, SearchSpace)
            else SearchSpace(
                dict(distributions), defaults_of(owner, example, distributions, default)
            )
        )
        self._precedents = tuple(dict(p) for p in precedents)
        self._cost = cost
        self._scales_target = tags is None or not tags.target_tags.positive_only
        self._roots, self._own_types = _origins(example)
        self._trusted = (*_HARMLESS, *trusted_types)

    def search_space(self, task: Task) -> SearchSpace:
        """Return the given space."""
        del task
        return self._space

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return the given precedents."""
        del task
        return self._precedents

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return the seconds that the given function predicts."""
        if self._cost is None:
            return super().cost(task, parameters, n_rows)
        return float(self._cost(task, parameters, n_rows))

    def build(self, task: Task, parameters: Parameters, resources: Resources) -> Any:
        """Return the estimator with its seed and number of threads."""
        del task
        estimator = _new_estimator(self._make, f"Learner {self.name!r}", parameters)
        prepare(estimator, resources)
        return estimator

    def learn_target(self, task: Task, rows: Rows) -> FoldTarget:
        """Return the coding of the target; a positive-only target is not scaled."""
        target = super().learn_target(task, rows)
        is_fitted = not target.is_constant and self.can_learn(rows.X)
        if target.is_classification or self._scales_target or not is_fitted:
            return target
        return replace(target, center=0.0, scale=1.0)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> Any:
        """Return the fitted estimator; see `FoldLearner.fit_model`."""
        del validation
        active = {
            name: value
            for name, value in parameters.items()
            if self._space.is_active(name, parameters)
        }
        weights = (
            {"sample_weight": np.array(rows.weight)}
            if self.uses_weights and rows.weight is not None
            else {}
        )
        estimator = self.build(task, active, resources)
        # Copies: views are memory-mapped read-only, and some estimators change inputs.
        fitted = estimator.fit(np.array(rows.X.values), np.array(rows.y), **weights)
        # Some estimators do not return themselves from fit.
        return estimator if fitted is None else fitted

    def predict_model(self, model: Any, X: Matrix, target: FoldTarget) -> FloatArray:
        """Return values, or probabilities of the fold's classes."""
        values = np.array(X.values)
        if not target.is_classification:
            return np.asarray(model.predict(values), dtype=np.float64).reshape(-1)
        probabilities = _probabilities(model, values)
        classes = getattr(model, "classes_", range(target.n_present))
        columns = np.asarray(classes, dtype=np.int64)
        return of_all_classes(probabilities, columns, target.n_present, 0.0)

    def dump_model(self, model: Any) -> Parts:
        """Return the estimator in skops' format."""
        return dump_skops(model)

    def load_model(self, parts: Parts, n_features: int, target: FoldTarget) -> Any:
        """Return the estimator of `parts`, checked against columns and classes."""
        owner = f"learner {self.name!r}"
        one_part(parts, "model.skops")
        estimator = load_skops(parts, owner, self._trusted_in(parts))
        require(
            callable(getattr(estimator, "predict", None)),
            f"What {owner} has stored is no estimator.",
        )
        n_present = target.n_present if target.is_classification else None
        check_estimator(estimator, owner, n_features, n_present)
        return estimator

    def trusted_types(self) -> Sequence[str]:
        """Return the estimator's own type and the given ones."""
        return (*self._own_types, *self._trusted)

    def _trusted_in(self, parts: Parts) -> list[str]:
        """Return the stored types that are from the estimator's own packages."""
        try:
            stored = untrusted_types(parts.get("model.skops", b""))
        except Exception:
            stored = set()  # load_skops raises the error
        own_types = [
            n for n in stored if n.partition(".")[0] in self._roots and _is_class(n)
        ]
        return [*self.trusted_types(), *own_types]


def _new_estimator(make: Callable[..., Any], owner: str, parameters: Parameters) -> Any:
    if not callable(make):
        raise PluginError(
            f"The estimator of {owner} must be a class or a function that makes one. "
            f"Got {make!r:.80} instead. hint: pass {type(make).__name__} without "
            "brackets."
        )
    estimator = make(**parameters)
    for method in ("fit", "predict"):
        if not callable(getattr(estimator, method, None)):
            raise PluginError(
                f"{owner} needs an estimator with fit() and predict(). "
                f"{type(estimator).__name__} has no {method}()."
            )
    return estimator


def _active(
    space: Mapping[str, Distribution] | SearchSpace, default: Parameters
) -> dict[str, Any]:
    if isinstance(space, SearchSpace):
        return {k: v for k, v in default.items() if space.is_active(k, default)}
    return dict(default)


def _kind(example: Any, tags: Any) -> str | None:
    if tags is not None and tags.estimator_type is not None:
        return str(tags.estimator_type)
    if hasattr(example, "predict_proba"):
        return "classifier"
    return getattr(example, "_estimator_type", None)


def _tasks(owner: str, kind: str | None, tags: Any) -> frozenset[TaskKind]:
    if kind == "regressor":
        return frozenset({TaskKind.REGRESSION})
    if kind == "classifier":
        has_tags = tags is not None and tags.classifier_tags is not None
        is_multiclass = not has_tags or tags.classifier_tags.multi_class
        return _CLASSES if is_multiclass else frozenset({TaskKind.BINARY})
    raise PluginError(
        f"{owner} needs a classifier or a regressor. Its estimator says it is "
        f"{'none' if kind is None else repr(kind)}. hint: name tasks=... if it is one."
    )


def _check(owner: str, example: Any, tags: Any, tasks: frozenset[TaskKind]) -> None:
    """Raise, with the reason, if the estimator cannot work."""
    name = type(example).__name__
    if TaskKind.REGRESSION in tasks and len(tasks) > 1:
        raise PluginError(
            f"{owner} must be for classification or for regression. Got both. "
            "hint: make a learner of the classifier, and one of the regressor."
        )
    if (
        TaskKind.REGRESSION not in tasks
        and not hasattr(example, "predict_proba")
        and not hasattr(example, "decision_function")
    ):
        raise PluginError(
            f"{owner} needs an estimator that gives probabilities. {name} has neither "
            "predict_proba() nor decision_function(). hint: wrap it in "
            "sklearn.calibration.CalibratedClassifierCV."
        )
    if tags is None:
        return
    if not tags.input_tags.two_d_array:
        raise PluginError(
            f"{owner} needs an estimator of tables. {name} says in its tags that it "
            "takes no two-dimensional array."
        )
    if tags.input_tags.positive_only:
        raise PluginError(
            f"{owner} needs an estimator that takes any numbers. {name} takes none "
            "below 0. hint: put it into a pipeline after a MinMaxScaler(clip=True)."
        )


def _view(tags: Any) -> View:
    """Return the view for an estimator, by its tags."""
    # Scaled numbers are bounded, so that no value overflows; trees split them equally.
    takes_missing = tags is not None and tags.input_tags.allow_nan
    return View(
        numeric="scaled",
        categorical="one_hot",
        missing="native" if takes_missing else "imputed",
    )


def _origins(example: Any) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the packages of an estimator and its parts, and their types."""
    objects = [example]
    if hasattr(example, "get_params"):
        objects += [v for v in example.get_params().values() if hasattr(v, "fit")]
    types = {type(each) for each in objects}
    roots = {kind.__module__.partition(".")[0] for kind in types}
    # A script is not a package: of it, only the named types are trusted.
    return (
        frozenset(roots - {"__main__", "builtins"}),
        tuple(sorted(dotted_name(kind) for kind in types)),
    )


def _is_class(dotted: str) -> bool:
    """Return whether a dotted name is a class of an imported module, not a function.

    Nothing is imported because of a file: an import runs code.
    """
    module, _, name = dotted.rpartition(".")
    return isinstance(getattr(sys.modules.get(module), name, None), type)


def _probabilities(estimator: Any, values: FloatArray) -> FloatArray:
    """Return probabilities, or scores mapped through the logistic function.

    These order rows as the scores do, but they are not calibrated.
    """
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(values), dtype=np.float64)
    scores = np.asarray(estimator.decision_function(values), dtype=np.float64)
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros(len(scores)), scores])
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
