"""Other people's flows in our own words: which setups are a configuration of ours.

A flow is known by its name, the tree of its components:
``sklearn.pipeline.Pipeline(imputer=...,estimator=sklearn.svm.classes.SVC)``. It maps
where the last step is an estimator with a rule here, and every step before it does
what our views do anyway. A setup maps where every parameter that is not at its default
has a place in our space; all others have no configuration, and stay evidence about
the flow alone. Implementations differ even so (other trees, other preprocessing): a
mapped setup says where to look, and its score is never compared with one of ours.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from headstart.base import Choice, Configuration, Float, Integer, Task, TaskKind
from headstart.base.learner import Learner

__all__ = ["FlowRule", "map_setup", "rule_of"]

Values = Mapping[str, Any]

# Filling gaps, one-hot codes and scaling are what the views of our learners do, and a
# column without variance carries nothing.
_HARMLESS_STEPS = frozenset(
    {
        "ConditionalImputer",
        "ConditionalImputer2",
        "Imputer",
        "MissingIndicator",
        "OneHotEncoder",
        "OrdinalEncoder",
        "SimpleImputer",
        "StandardScaler",
        "VarianceThreshold",
    }
)
# These say how to compute, not what.
_IGNORED = frozenset(
    {
        "algorithm",  # of neighbours; of support vectors there is none
        "break_ties",
        "cache_size",
        "leaf_size",
        "max_iter",
        "metric_params",
        "n_jobs",
        "oob_score",
        "presort",
        "probability",
        "random_state",
        "shrinking",
        "tol",
        "verbose",
        "warm_start",
    }
)


class _NoPlaceError(Exception):
    """A parameter has a value that our space cannot express."""


@dataclass(frozen=True, slots=True)
class FlowRule:
    """How the parameters of an estimator become those of a learner.

    Parameters
    ----------
    learner : str
    is_classification : bool
    component : str
        Dotted name of the estimator in the flow.
    translate : callable
        From the values of the estimator's parameters to ours; parameters that it does
        not use must be at a default of `neutral`, or among those that do not matter.
    used : frozenset of str
    neutral : mapping of str to tuple
        Values under which a parameter changes nothing.
    """

    learner: str
    is_classification: bool
    component: str
    translate: Callable[[Values], dict[str, Any]]
    used: frozenset[str]
    neutral: Mapping[str, tuple[Any, ...]]


def rule_of(flow_name: str) -> FlowRule | None:
    """Return the rule for a flow, None where there is none.

    Examples
    --------
    >>> rule_of("sklearn.svm.classes.SVC").learner
    'svm'
    >>> rule_of("weka.J48") is None
    True
    """
    component = _estimator_of(flow_name)
    if component is None or not component.startswith("sklearn."):
        return None
    make = _RULES.get(component.rpartition(".")[2])
    return None if make is None else make(component)


def map_setup(
    rule: FlowRule, parameters: Mapping[str, str], learner: Learner
) -> Configuration | None:
    """Return the configuration that a setup stands for, None where none does.

    Parameters
    ----------
    rule : FlowRule
    parameters : mapping of str to str
        By full name, ``component(version)_parameter``, JSON text each.
    learner : Learner
        The one that `rule` names.
    """
    values = _own_values(rule.component, parameters)
    if not values:
        return None
    try:
        _check_rest(rule, values)
        wanted = rule.translate(values)
        return _in_space(rule, wanted, learner)
    except (_NoPlaceError, ArithmeticError, TypeError, ValueError):
        # Whatever stands where a number should be has no place either.
        return None


def _estimator_of(name: str) -> str | None:
    """Return the component that predicts, None where other steps matter too."""
    head, opened, rest = name.partition("(")
    if not opened:
        return name
    if head.rpartition(".")[2] != "Pipeline" or not rest.endswith(")"):
        return None
    steps = _split(rest[:-1])
    *before, last = [step.partition("=")[2] or step for step in steps]
    if "(" in last or not all(map(_is_harmless, before)):
        return None
    return last


def _is_harmless(component: str) -> bool:
    head, opened, rest = component.partition("(")
    kind = head.rpartition(".")[2]
    if not opened:
        return kind in _HARMLESS_STEPS
    if kind not in {"ColumnTransformer", "Pipeline"} or not rest.endswith(")"):
        return False
    return all(_is_harmless(s.partition("=")[2] or s) for s in _split(rest[:-1]))


def _split(text: str) -> list[str]:
    """Split at commas outside of brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _own_values(component: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for full_name, text in parameters.items():
        # sklearn.svm.classes.SVC(12)_C; other components' parameters are of steps
        # that do not matter.
        owner, bracket, rest = full_name.partition("(")
        _, closed, name = rest.partition(")_")
        if bracket and closed and owner == component:
            values[name] = _value(text)
    return values


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # Old flows have bare words.


def _check_rest(rule: FlowRule, values: Values) -> None:
    for name, value in values.items():
        if name in rule.used or (name in _IGNORED and name not in rule.neutral):
            continue
        if name not in rule.neutral or not _is_one_of(value, rule.neutral[name]):
            raise _NoPlaceError(name)


def _is_one_of(value: Any, options: tuple[Any, ...]) -> bool:
    return any(
        value == o and isinstance(value, bool) is isinstance(o, bool) for o in options
    )


def _in_space(
    rule: FlowRule, wanted: Mapping[str, Any], learner: Learner
) -> Configuration:
    kind = TaskKind.MULTICLASS if rule.is_classification else TaskKind.REGRESSION
    task = Task(kind, 1000, 10, 0, 3 if rule.is_classification else 0, "")
    space = learner.search_space(task)
    if not set(wanted) <= set(space.distributions):
        raise _NoPlaceError(str(sorted(wanted)))
    parameters = {
        **space.default,
        **{n: _placed(space.distributions[n], v) for n, v in wanted.items()},
    }
    return Configuration(rule.learner, parameters, learner.space_version)


def _placed(distribution: object, value: Any) -> Any:
    """Return the value of the distribution that `value` is, or nearly is."""
    if isinstance(distribution, Choice):
        if value in distribution:
            return value
        near = [
            o
            for o in distribution.options
            if _is_number(o) and _is_number(value) and abs(float(o) - value) <= 0.1  # type: ignore[arg-type]
        ]
        if near:
            return min(near, key=lambda o: abs(float(o) - value))  # type: ignore[arg-type]
    elif isinstance(distribution, Integer) and _is_number(value):
        if int(value) == value and int(value) in distribution:
            return int(value)
    elif isinstance(distribution, Float) and _is_number(value):
        number = float(value)
        if number in distribution:
            return number
    raise _NoPlaceError(repr(value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# -- the rules ------------------------------------------------------------------------

_WHOLE_TREES: Mapping[str, tuple[Any, ...]] = {
    "ccp_alpha": (0.0,),
    "class_weight": (None,),
    "max_depth": (None,),
    "max_leaf_nodes": (None,),
    "max_samples": (None,),
    "min_impurity_decrease": (0.0,),
    # A threshold of old versions, and its old default.
    "min_impurity_split": (None, 1e-7),
    "min_weight_fraction_leaf": (0.0,),
    "monotonic_cst": (None,),
}
_FEWEST_TREES = 50


def _forest(learner: str, *, is_classification: bool, bootstrap: bool) -> Any:
    criteria = () if is_classification else ("mse", "squared_error")

    def translate(values: Values) -> dict[str, Any]:
        leaf = values.get("min_samples_leaf", 1)
        split = values.get("min_samples_split", 2)
        # A node that makes two leaves has twice their rows anyway.
        if not (_is_number(leaf) and _is_number(split) and split <= max(2, 2 * leaf)):
            raise _NoPlaceError("min_samples_split")
        # Ours are many; a forest of few trees is another thing.
        n_trees = values.get("n_estimators", 100)
        if not _is_number(n_trees) or n_trees < _FEWEST_TREES:
            raise _NoPlaceError("n_estimators")
        found = {
            "max_features": _share(
                values.get("max_features", "auto"), is_classification=is_classification
            ),
            "min_samples_leaf": leaf,
        }
        if is_classification:
            found["criterion"] = values.get("criterion", "gini")
        return found

    used = {"min_samples_leaf", "min_samples_split", "n_estimators", "max_features"}
    neutral = {**_WHOLE_TREES, "bootstrap": (bootstrap,)}
    if is_classification:
        used.add("criterion")
    else:
        neutral["criterion"] = criteria
    return lambda component: FlowRule(
        learner, is_classification, component, translate, frozenset(used), neutral
    )


def _share(value: Any, *, is_classification: bool) -> Any:
    """Return the share of columns a split; ``"auto"`` was another name of defaults."""
    if value == "auto":
        return "sqrt" if is_classification else 1.0
    if value is None:
        return 1.0
    # Whole numbers count columns: how many there are is not the setup's to know.
    if value == "sqrt" or isinstance(value, float):
        return value
    raise _NoPlaceError("max_features")


def _support_vectors(*, is_classification: bool) -> Any:
    def translate(values: Values) -> dict[str, Any]:
        # Ours is relative to the columns' total variance, which is what both words
        # mean for scaled columns; a number would need the count of columns.
        gamma = values.get("gamma", "auto")
        if gamma not in ("auto", "scale", "auto_deprecated"):
            raise _NoPlaceError("gamma")
        found = {"C": values.get("C", 1.0), "gamma": 1.0}
        if not is_classification:
            found["epsilon"] = values.get("epsilon", 0.1)
        return found

    neutral: dict[str, tuple[Any, ...]] = {
        "class_weight": (None,),
        # Of other kernels.
        "coef0": (0.0,),
        "degree": (3,),
        "decision_function_shape": ("ovr", "ovo", None),
        "kernel": ("rbf",),
        # Stopped before its end it is another machine.
        "max_iter": (-1,),
    }
    used = {"C", "gamma"} | (set() if is_classification else {"epsilon"})
    return lambda component: FlowRule(
        "svm", is_classification, component, translate, frozenset(used), neutral
    )


def _neighbors(*, is_classification: bool) -> Any:
    def translate(values: Values) -> dict[str, Any]:
        return {
            "n_neighbors": values.get("n_neighbors", 5),
            "weights": values.get("weights", "uniform"),
            "power": values.get("p", 2),
            "stretch": 0.0,
        }

    used = frozenset({"n_neighbors", "weights", "p"})
    neutral = {"metric": ("minkowski",)}
    return lambda component: FlowRule(
        "k_neighbors", is_classification, component, translate, used, neutral
    )


def _boosted(*, is_classification: bool) -> Any:
    def translate(values: Values) -> dict[str, Any]:
        # Ours stop early, so the rounds are no parameter: neither may theirs be few.
        rounds = values.get("max_iter", 100)
        if not _is_number(rounds) or rounds < 100:
            raise _NoPlaceError("max_iter")
        leaves = values.get("max_leaf_nodes", 31)
        return {
            "learning_rate": values.get("learning_rate", 0.1),
            "max_leaf_nodes": 128 if leaves is None else leaves,
            "min_samples_leaf": values.get("min_samples_leaf", 20),
            # Our range is logarithmic: its lower end does as little as none at all.
            "l2_regularization": max(values.get("l2_regularization", 0.0), 1e-3),
            "max_features": values.get("max_features", 1.0),
        }

    names = "learning_rate max_iter max_leaf_nodes min_samples_leaf l2_regularization"
    losses = (
        ("auto", "log_loss", "binary_crossentropy", "categorical_crossentropy")
        if is_classification
        else ("squared_error", "least_squares")
    )
    neutral: dict[str, tuple[Any, ...]] = {
        "class_weight": (None,),
        "interaction_cst": (None,),
        "loss": losses,
        "max_bins": (255,),
        "max_depth": (None,),
        "monotonic_cst": (None,),
        "quantile": (None,),
        # How they stop early: ours do too.
        "early_stopping": ("auto", True, False),
        "n_iter_no_change": (10,),
        "scoring": ("loss", None),
        "validation_fraction": (0.1,),
        "categorical_features": ("from_dtype", "warn", None),
    }
    used = frozenset({*names.split(), "max_features"})
    return lambda component: FlowRule(
        "hist_gradient_boosting",
        is_classification,
        component,
        translate,
        used,
        neutral,
    )


def _logistic(component: str) -> FlowRule:
    def translate(values: Values) -> dict[str, Any]:
        return {"C": values.get("C", 1.0), "n_knots": 0}

    neutral: dict[str, tuple[Any, ...]] = {
        "class_weight": (None,),
        "dual": (False,),
        "fit_intercept": (True,),
        "intercept_scaling": (1, 1.0),
        "l1_ratio": (None, 0.0),
        "multi_class": ("auto", "ovr", "multinomial", "warn", "deprecated"),
        "penalty": ("l2", "deprecated"),
        "solver": ("lbfgs", "liblinear", "newton-cg", "sag", "saga", "warn"),
    }
    return FlowRule(
        learner="logistic",
        is_classification=True,
        component=component,
        translate=translate,
        used=frozenset({"C"}),
        neutral=neutral,
    )


_RULES: Mapping[str, Callable[[str], FlowRule]] = {
    "RandomForestClassifier": _forest(
        "random_forest", is_classification=True, bootstrap=True
    ),
    "RandomForestRegressor": _forest(
        "random_forest", is_classification=False, bootstrap=True
    ),
    "ExtraTreesClassifier": _forest(
        "extra_trees", is_classification=True, bootstrap=False
    ),
    "ExtraTreesRegressor": _forest(
        "extra_trees", is_classification=False, bootstrap=False
    ),
    "SVC": _support_vectors(is_classification=True),
    "SVR": _support_vectors(is_classification=False),
    "KNeighborsClassifier": _neighbors(is_classification=True),
    "KNeighborsRegressor": _neighbors(is_classification=False),
    "HistGradientBoostingClassifier": _boosted(is_classification=True),
    "HistGradientBoostingRegressor": _boosted(is_classification=False),
    "LogisticRegression": _logistic,
}
