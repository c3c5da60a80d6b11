"""Rules that map parameters of scikit-learn's estimators to headstart's.

One rule per estimator, by the name of its class, since its module depends on the
version of scikit-learn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["RULES", "FlowRule", "NoPlaceError", "Values", "is_number"]

Values = Mapping[str, Any]
"""Values of an estimator's parameters, by name."""


class NoPlaceError(Exception):
    """A parameter has a value that headstart's space does not have."""


@dataclass(frozen=True, slots=True)
class FlowRule:
    """The translation of an estimator's parameters to those of a learner.

    Parameters
    ----------
    learner : str
    is_classification : bool
    component : str
        Dotted name of the estimator in the flow.
    translate : callable
        Converts the values of the estimator's parameters to those of the learner.
        Parameters that it does not use must have a value of `neutral`, or be of those
        that do not change the predictions.
    used : frozenset of str
    neutral : mapping of str to tuple
        Values of a parameter that have no effect.
    """

    learner: str
    is_classification: bool
    component: str
    translate: Callable[[Values], dict[str, Any]]
    used: frozenset[str]
    neutral: Mapping[str, tuple[Any, ...]]


def is_number(value: object) -> bool:
    """Return whether a value is a number of JSON, where a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


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
        # A split node has at least the rows of its two leaves.
        if not (is_number(leaf) and is_number(split) and split <= max(2, 2 * leaf)):
            raise NoPlaceError("min_samples_split")
        # headstart's forests have many trees; one of few trees is not comparable.
        n_trees = values.get("n_estimators", 100)
        if not is_number(n_trees) or n_trees < _FEWEST_TREES:
            raise NoPlaceError("n_estimators")
        parameters = {
            "max_features": _share(
                values.get("max_features", "auto"), is_classification=is_classification
            ),
            "min_samples_leaf": leaf,
        }
        if is_classification:
            parameters["criterion"] = values.get("criterion", "gini")
        return parameters

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
    """Return the share of columns per split; ``"auto"`` was a name of defaults."""
    if value == "auto":
        return "sqrt" if is_classification else 1.0
    if value is None:
        return 1.0
    # A whole number counts columns, but the setup has no number of columns.
    if value == "sqrt" or isinstance(value, float):
        return value
    raise NoPlaceError("max_features")


def _support_vectors(*, is_classification: bool) -> Any:
    def translate(values: Values) -> dict[str, Any]:
        # headstart's gamma is relative to the columns' total variance, and so are both
        # words for scaled columns. A number would need the number of columns.
        gamma = values.get("gamma", "auto")
        if gamma not in ("auto", "scale", "auto_deprecated"):
            raise NoPlaceError("gamma")
        parameters = {"C": values.get("C", 1.0), "gamma": 1.0}
        if not is_classification:
            parameters["epsilon"] = values.get("epsilon", 0.1)
        return parameters

    neutral: dict[str, tuple[Any, ...]] = {
        "class_weight": (None,),
        # Parameters of other kernels.
        "coef0": (0.0,),
        "degree": (3,),
        "decision_function_shape": ("ovr", "ovo", None),
        "kernel": ("rbf",),
        # A fit that stopped early is not comparable.
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
        # headstart stops early and has no parameter for rounds: few rounds do not map.
        rounds = values.get("max_iter", 100)
        if not is_number(rounds) or rounds < 100:
            raise NoPlaceError("max_iter")
        leaves = values.get("max_leaf_nodes", 31)
        return {
            "learning_rate": values.get("learning_rate", 0.1),
            "max_leaf_nodes": 128 if leaves is None else leaves,
            "min_samples_leaf": values.get("min_samples_leaf", 20),
            # headstart's range is logarithmic; its lower end is practically zero.
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
        # Parameters of early stopping, which headstart does, too.
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


RULES: Mapping[str, Callable[[str], FlowRule]] = {
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
"""Functions that make the rule of a class, given the component's dotted name."""
