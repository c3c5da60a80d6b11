"""Any scikit-learn-compatible estimator as a `Learner`.

What it can do is told by its tags and signatures, once, when the learner is made: what
cannot work is refused there, with the reason.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base.arrays import require
from headstart.base.learner import Learner, Parameters, Parts, of_all_classes
from headstart.base.matrix import FloatArray, Matrix, Rows, View
from headstart.base.probing import (
    check_names,
    defaults_of,
    dotted_name,
    prepare,
    tags_of,
    takes_weights,
)
from headstart.base.process_state import limit_threads
from headstart.base.resources import Resources
from headstart.base.space import Distribution, SearchSpace
from headstart.base.stored import (
    check_estimator,
    dump_skops,
    load_skops,
    untrusted_types,
)
from headstart.base.task import Task, TaskKind
from headstart.exceptions import ArtifactError, PluginError

__all__ = ["FittedEstimator", "FromEstimator"]

_RECORD = "estimator.json"
_CLASSES = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
# What fitted estimators hold besides their own types.
_HARMLESS = ("collections.OrderedDict", "numpy.dtype")


@dataclass(frozen=True, slots=True)
class FittedEstimator:
    """What a `FromEstimator` has fitted.

    Parameters
    ----------
    estimator : object or None
        None where there was nothing to learn: one class, or no column.
    present : tuple of int
        Class codes that training had, in the order of the estimator's; empty for
        regression.
    shares : tuple of float
        Of `present`, by weight; classes that training lacked have the rest. For
        regression mean and scale of the target.
    """

    estimator: Any
    present: tuple[int, ...]
    shares: tuple[float, ...]


class FromEstimator(Learner):
    """A learner made of an estimator; see `Learner.from_estimator`."""

    def __init__(
        self,
        name: str,
        estimator: Callable[..., Any],
        *,
        space: Mapping[str, Distribution] | SearchSpace,
        default: Parameters,
        precedents: Sequence[Parameters],
        tasks: frozenset[TaskKind] | None,
        view: View | None,
        family: str,
        max_rows: int | None,
        space_version: int,
        cost: Callable[[Task, Parameters, int], float] | None,
        trusted_types: Sequence[str],
    ) -> None:
        owner = f"Learner {name!r}"
        distributions = space.distributions if isinstance(space, SearchSpace) else space
        if isinstance(space, SearchSpace):
            default = {**space.default, **default}
        # Names first: an estimator that is given what it does not know says less.
        check_names(owner, distributions, default)
        example = _made(estimator, owner, _active(space, default))
        tags = tags_of(example)
        kind = _kind(example, tags)
        self.name = name  # type: ignore[misc]  # an instance is a learner of its own
        self.tasks = tasks or _tasks(owner, kind, tags)  # type: ignore[misc]
        self.family = family  # type: ignore[misc]
        self.max_rows = max_rows  # type: ignore[misc]
        self.space_version = space_version  # type: ignore[misc]
        _check(owner, example, tags, self.tasks)
        self.view = view or _view(tags)  # type: ignore[misc]
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
        """Return the space it was made with."""
        del task
        return self._space

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return the precedents it was made with."""
        del task
        return self._precedents

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds by the function it was made with."""
        if self._cost is None:
            return super().cost(task, parameters, n_rows)
        return float(self._cost(task, parameters, n_rows))

    def build(self, task: Task, parameters: Parameters, resources: Resources) -> Any:
        """Return the estimator, with the seed and the threads it may use."""
        del task
        made = _made(self._make, f"Learner {self.name!r}", parameters)
        prepare(made, resources)
        return made

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        train: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> FittedEstimator:
        """Fit it: on classes counted from 0, or on a target of mean 0 and scale 1."""
        del validation
        y, present, shares = self._coded(task, train)
        if len(present) == 1 or train.X.n_features == 0:
            return FittedEstimator(None, present, shares)
        more = (
            {"sample_weight": np.array(train.weight)}
            if self.uses_weights and train.weight is not None
            else {}
        )
        estimator = self.build(task, parameters, resources)
        with limit_threads(resources.threads):
            # A copy: views are mapped read-only, and not all code leaves its input be.
            fitted = estimator.fit(np.array(train.X.values), y, **more)
        # scikit-learn's fit returns the estimator; some forget to.
        return FittedEstimator(estimator if fitted is None else fitted, present, shares)

    def predict(self, model: Any, X: Matrix, task: Task) -> FloatArray:
        """Predict probabilities or values; see `Learner.predict`."""
        state: FittedEstimator = model
        classes = task.kind.is_classification
        if state.estimator is None or X.n_rows == 0:
            return _constant(state, task, X.n_rows)
        values = np.array(X.values)
        if not classes:
            found = np.asarray(state.estimator.predict(values), dtype=np.float64)
            mean, scale = state.shares
            return np.asarray(found.reshape(X.n_rows) * scale + mean)
        found = _probabilities(state.estimator, values)
        columns = np.asarray(
            getattr(state.estimator, "classes_", range(len(state.present))),
            dtype=np.int64,
        )
        present = np.asarray(state.present)[columns]
        return of_all_classes(found, present, task.n_classes, _absent(state, task))

    def dump(self, model: Any) -> Parts:
        """Return the estimator in skops' form, and what else was learnt as JSON."""
        state: FittedEstimator = model
        record = {
            "present": state.present,
            "shares": state.shares,
            "is_constant": state.estimator is None,
        }
        parts = {_RECORD: json.dumps(record).encode()}
        if state.estimator is not None:
            parts |= dump_skops(state.estimator)
        return parts

    def load(self, parts: Parts) -> FittedEstimator:
        """Return what `dump` wrote; see `Learner.load`."""
        owner = f"learner {self.name!r}"
        try:
            record = json.loads(parts[_RECORD])
            present = tuple(int(code) for code in record["present"])
            shares = tuple(float(share) for share in record["shares"])
            is_constant = record["is_constant"]
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ArtifactError(
                f"What {owner} has stored is damaged: {error!r}"
            ) from error
        require(
            bool(np.isfinite(shares).all())
            and all(code >= 0 for code in present)
            and len(set(present)) == len(present)
            and len(shares) == (len(present) or 2)
            and (not present or (min(shares) >= 0 and 0 < sum(shares) <= 1 + 1e-9))
            and isinstance(is_constant, bool)
            and set(parts) == {_RECORD, *([] if is_constant else ["model.skops"])},
            f"What {owner} has stored does not fit together.",
        )
        if is_constant:
            return FittedEstimator(None, present, shares)
        estimator = load_skops(parts, owner, self._trusted_in(parts))
        require(
            callable(getattr(estimator, "predict", None)),
            f"What {owner} has stored is no estimator.",
        )
        return FittedEstimator(estimator, present, shares)

    def check_model(self, model: Any, task: Task, n_features: int) -> None:
        """Check its codes against the task's; see `Learner.check_model`."""
        state: FittedEstimator = model
        owner = f"learner {self.name!r}"
        shares = np.asarray(state.shares)
        require(
            bool(state.present) == task.kind.is_classification
            and all(code < task.n_classes for code in state.present)
            and (
                not state.present
                or bool(np.all(shares >= 0) and abs(shares.sum() - 1.0) < 1e-6)
            ),
            f"The stored model of {owner} has classes that the task does not have.",
        )
        if state.estimator is not None:
            n_present = len(state.present) if state.present else None
            check_estimator(state.estimator, owner, n_features, n_present)

    def trusted_types(self) -> Sequence[str]:
        """Return the estimator's own type, and those it was made with."""
        return (*self._own_types, *self._trusted)

    def _trusted_in(self, parts: Parts) -> list[str]:
        """Of the types in a file, return those of the estimator's own packages."""
        try:
            named = untrusted_types(parts.get("model.skops", b""))
        except Exception:
            named = set()  # load_skops says what is wrong
        own = [n for n in named if n.partition(".")[0] in self._roots and _is_class(n)]
        return [*self.trusted_types(), *own]

    def _coded(
        self, task: Task, train: Rows
    ) -> tuple[NDArray[Any], tuple[int, ...], tuple[float, ...]]:
        """Return the target as the estimator gets it, and the way back."""
        if task.kind.is_classification:
            present, codes = np.unique(train.y, return_inverse=True)
            counts = np.bincount(codes, weights=train.weight, minlength=len(present))
            # Each class that training lacks counts as a row of usual weight.
            n_absent = task.n_classes - present.size
            shares = counts / (counts.sum() + n_absent * counts.sum() / codes.size)
            return codes, tuple(present.tolist()), tuple(shares.tolist())
        if not self._scales_target:
            mean = float(np.average(train.y, weights=train.weight))
            # A constant prediction is the mean of nothing learnt.
            shares_ = (mean, 0.0) if train.X.n_features == 0 else (0.0, 1.0)
            return np.array(train.y), (), shares_
        mean = float(np.average(train.y, weights=train.weight))
        scale = float(np.sqrt(np.average((train.y - mean) ** 2, weights=train.weight)))
        scale = scale if scale > 0 else 1.0
        return (train.y - mean) / scale, (), (mean, scale)


def _made(make: Callable[..., Any], owner: str, parameters: Parameters) -> Any:
    if not callable(make):
        raise PluginError(
            f"The estimator of {owner} must be a class or a function that makes one. "
            f"Got {make!r:.80} instead. hint: pass {type(make).__name__} without "
            "brackets."
        )
    made = make(**parameters)
    for method in ("fit", "predict"):
        if not callable(getattr(made, method, None)):
            raise PluginError(
                f"{owner} needs an estimator with fit() and predict(). "
                f"{type(made).__name__} has no {method}()."
            )
    return made


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
        one = tags is not None and tags.classifier_tags is not None
        several = not one or tags.classifier_tags.multi_class
        return _CLASSES if several else frozenset({TaskKind.BINARY})
    raise PluginError(
        f"{owner} needs a classifier or a regressor. Its estimator says it is "
        f"{'none' if kind is None else repr(kind)}. hint: name tasks=... if it is one."
    )


def _check(owner: str, example: Any, tags: Any, tasks: frozenset[TaskKind]) -> None:
    """Refuse what cannot work, with the reason."""
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
    """Return the form that suits an estimator of which only the tags are known."""
    # Scaled numbers are bounded, and trees split them alike: no huge value overflows.
    takes_missing = tags is not None and tags.input_tags.allow_nan
    return View(
        numeric="scaled",
        categorical="one_hot",
        missing="native" if takes_missing else "imputed",
    )


def _origins(example: Any) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the packages that an estimator and its parts are from, and their types."""
    objects = [example]
    if hasattr(example, "get_params"):
        objects += [v for v in example.get_params().values() if hasattr(v, "fit")]
    types = {type(each) for each in objects}
    roots = {kind.__module__.partition(".")[0] for kind in types}
    # A script is no package of its own: only what was named is trusted of it.
    return (
        frozenset(roots - {"__main__", "builtins"}),
        tuple(sorted(dotted_name(kind) for kind in types)),
    )


def _is_class(dotted: str) -> bool:
    """Whether a dotted name is a class, not a function, of a module that is imported.

    Nothing is imported for a file: an import runs code.
    """
    module, _, name = dotted.rpartition(".")
    return isinstance(getattr(sys.modules.get(module), name, None), type)


def _probabilities(estimator: Any, values: FloatArray) -> FloatArray:
    """Return probabilities; of one without, its scores through the logistic function.

    They order rows as the scores do; how sure they are is the estimator's own scale.
    """
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(values), dtype=np.float64)
    scores = np.asarray(estimator.decision_function(values), dtype=np.float64)
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros(len(scores)), scores])
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _constant(state: FittedEstimator, task: Task, n_rows: int) -> FloatArray:
    if not task.kind.is_classification:
        return np.full(n_rows, state.shares[0])
    shares = np.tile(np.divide(state.shares, sum(state.shares)), (n_rows, 1))
    present = np.asarray(state.present)
    return of_all_classes(shares, present, task.n_classes, _absent(state, task))


def _absent(state: FittedEstimator, task: Task) -> float:
    """Return the share of each class that training lacked."""
    n_absent = task.n_classes - len(state.present)
    return max(0.0, 1.0 - sum(state.shares)) / n_absent if n_absent else 0.0
