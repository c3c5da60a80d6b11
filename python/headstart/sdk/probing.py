"""Inspection and configuration of scikit-learn-compatible objects."""

import inspect
from collections.abc import Mapping
from typing import Any

from headstart.base.resources import Resources
from headstart.base.space import Distribution, Parameters
from headstart.exceptions import PluginError

__all__ = [
    "check_names",
    "defaults_of",
    "dotted_name",
    "prepare",
    "tags_of",
    "takes_weights",
]


def tags_of(estimator: Any) -> Any:
    """Return scikit-learn's tags of an object, None if it has none."""
    from sklearn.utils import get_tags

    try:
        return get_tags(estimator)
    except (AttributeError, TypeError, ValueError):
        return None  # not compatible with scikit-learn


def takes_weights(estimator: Any) -> bool:
    """Return whether its `fit` has a parameter named ``sample_weight``."""
    try:
        return "sample_weight" in inspect.signature(estimator.fit).parameters
    except (TypeError, ValueError):
        return False


def needs_target(estimator: Any) -> bool:
    """Return whether its `fit` learns from a target.

    Predictors that also transform do, and selectors of columns, for some of which the
    target is optional.
    """
    from sklearn.feature_selection import SelectorMixin

    tags = tags_of(estimator)
    if isinstance(estimator, SelectorMixin) or (
        tags is not None
        and (
            tags.target_tags.required
            or tags.estimator_type in ("classifier", "regressor")
        )
    ):
        return True
    try:
        y = inspect.signature(estimator.fit).parameters.get("y")
    except (TypeError, ValueError):
        return False
    return y is not None and y.default is inspect.Parameter.empty


def has_axes_of_its_own(transformer: Any) -> bool:
    """Return whether the columns of fits on different rows differ in meaning.

    Selectors of columns do, and projections, whose axes may rotate or change places.
    Projections of scikit-learn name their columns after their class.
    """
    from sklearn.base import ClassNamePrefixFeaturesOutMixin
    from sklearn.feature_selection import SelectorMixin

    steps = getattr(transformer, "steps", ())
    return isinstance(transformer, SelectorMixin | ClassNamePrefixFeaturesOutMixin) or (
        any(has_axes_of_its_own(step) for _, step in steps)
    )


def dotted_name(kind: type) -> str:
    """Return the dotted name of a class, as in model files."""
    return f"{kind.__module__}.{kind.__qualname__}"


def prepare(estimator: Any, resources: Resources) -> None:
    """Set the seed and number of threads of an estimator and its parts.

    A seed other than the default of its class is kept.
    """
    if not hasattr(estimator, "get_params"):
        return
    settings = {}
    parameters = estimator.get_params()
    for key, value in parameters.items():
        owner, _, parameter = key.rpartition("__")
        holder = parameters.get(owner, estimator) if owner else estimator
        if parameter == "random_state" and _is_default(holder, parameter, value):
            settings[key] = resources.seed
        elif parameter == "n_jobs":
            # For scikit-learn's own, None is one thread, and some warn about numbers.
            module = getattr(type(holder).__init__, "__module__", None) or ""
            plain = module.startswith("sklearn.")
            if not (plain and value is None and resources.threads == 1):
                settings[key] = resources.threads
    estimator.set_params(**settings)


def _is_default(holder: Any, parameter: str, value: Any) -> bool:
    """Return True for None, and for the default of the class, such as a fixed seed."""
    if value is None:
        return True
    try:
        declared = inspect.signature(type(holder)).parameters.get(parameter)
    except (TypeError, ValueError):  # a class of an extension without a signature
        return False
    return declared is not None and bool(value == declared.default)


def check_names(
    owner: str, space: Mapping[str, Distribution], values: Parameters
) -> None:
    """Raise if there are values for parameters that the space does not have.

    Raises
    ------
    PluginError
    """
    unknown = sorted(set(values) - set(space))
    if unknown:
        raise PluginError(
            f"The default of {owner} names {unknown[0]!r}, which its space does not "
            f"have. Known: {sorted(space)}. hint: a fixed parameter "
            "belongs in a function that creates the object."
        )


def defaults_of(
    owner: str, example: Any, space: Mapping[str, Distribution], values: Parameters
) -> dict[str, Any]:
    """Return a value per parameter of a space: the given value or the object's own.

    Raises
    ------
    PluginError
        If a value lies outside its distribution.
    """
    current = example.get_params() if hasattr(example, "get_params") else {}
    defaults: dict[str, Any] = {}
    for key, distribution in space.items():
        value = values.get(key, current.get(key))
        if value not in distribution:
            raise PluginError(
                f"{owner} needs a default for {key!r} that lies in {distribution}. Got "
                f"{value!r}. hint: default={{{key!r}: ...}}"
            )
        defaults[key] = value
    return defaults
