"""The mapping of OpenML's flows and setups to headstart's configurations.

The name of a flow has the tree of its components:
``sklearn.pipeline.Pipeline(imputer=...,estimator=sklearn.svm.classes.SVC)``. A flow
maps if its last step is an estimator with a rule (`flow_rules`), and every earlier step
does the same as headstart's views. A setup maps if every parameter that is not at its
default has a value in headstart's space; other setups have no configuration, and are
evidence on the flow alone. Implementations differ in other respects (trees,
preprocessing), so the score of a mapped setup is never compared with headstart's own.
"""

import json
from collections.abc import Mapping
from typing import Any

from headstart.base import Choice, Configuration, Float, Integer, Task, TaskKind
from headstart.base.learner import Learner
from headstart.meta.openml.flow_rules import (
    RULES,
    FlowRule,
    NoPlaceError,
    Values,
    is_number,
)

__all__ = ["map_setup", "rule_of"]

# Length of a flow's name; the server cuts longer names, with open brackets.
_LONGEST_NAME = 2_000
# Views of headstart's learners impute, encode and scale, too, and a column without
# variance has no information.
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
# Parameters of the computation that do not change its result.
_IGNORED = frozenset(
    {
        "algorithm",  # of nearest neighbours; support vector machines have none
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


def rule_of(flow_name: str) -> FlowRule | None:
    """Return the rule for a flow, None without one.

    Examples
    --------
    >>> rule_of("sklearn.svm.classes.SVC").learner
    'svm'
    >>> rule_of("weka.J48") is None
    True
    """
    component = _estimator_of(flow_name[:_LONGEST_NAME])
    if component is None or not component.startswith("sklearn."):
        return None
    make = RULES.get(component.rpartition(".")[2])
    return None if make is None else make(component)


def map_setup(
    rule: FlowRule, parameters: Mapping[str, str], learner: Learner
) -> Configuration | None:
    """Return the configuration that a setup maps to, None if it does not map.

    Parameters
    ----------
    rule : FlowRule
    parameters : mapping of str to str
        JSON texts by full name, ``component(version)_parameter``.
    learner : Learner
        The learner of `rule`.
    """
    values = _own_values(rule.component, parameters)
    if not values:
        return None
    try:
        _check_rest(rule, values)
        parameter_values = rule.translate(values)
        return _in_space(rule, parameter_values, learner)
    except (NoPlaceError, ArithmeticError, TypeError, ValueError):
        # A value that is not a number where one is needed does not map.
        return None


def _estimator_of(name: str) -> str | None:
    """Return the component that predicts, None if other steps have an effect."""
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
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _own_values(component: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for full_name, text in parameters.items():
        # sklearn.svm.classes.SVC(12)_C. Parameters of other components belong to steps
        # without an effect.
        owner, bracket, rest = full_name.partition("(")
        _, closed, name = rest.partition(")_")
        if bracket and closed and owner == component:
            values[name] = _value(text)
    return values


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # Old flows have words without quotes.


def _check_rest(rule: FlowRule, values: Values) -> None:
    for name, value in values.items():
        if name in rule.used or (name in _IGNORED and name not in rule.neutral):
            continue
        if name not in rule.neutral or not _is_one_of(value, rule.neutral[name]):
            raise NoPlaceError(name)


def _is_one_of(value: Any, options: tuple[Any, ...]) -> bool:
    return any(
        value == o and isinstance(value, bool) is isinstance(o, bool) for o in options
    )


def _in_space(
    rule: FlowRule, values: Mapping[str, Any], learner: Learner
) -> Configuration:
    kind = TaskKind.MULTICLASS if rule.is_classification else TaskKind.REGRESSION
    task = Task(kind, 1000, 10, 0, 3 if rule.is_classification else 0, "")
    space = learner.search_space(task)
    if not set(values) <= set(space.distributions):
        raise NoPlaceError(str(sorted(values)))
    parameters = {
        **space.default,
        **{n: _placed(space.distributions[n], v) for n, v in values.items()},
    }
    return Configuration(rule.learner, parameters, learner.space_version)


def _placed(distribution: object, value: Any) -> Any:
    """Return the value of the distribution that equals `value`, or nearly."""
    if isinstance(distribution, Choice):
        if value in distribution:
            return value
        near = [
            o
            for o in distribution.options
            if is_number(o) and is_number(value) and abs(float(o) - value) <= 0.1  # type: ignore[arg-type]
        ]
        if near:
            return min(near, key=lambda o: abs(float(o) - value))  # type: ignore[arg-type]
    elif isinstance(distribution, Integer) and is_number(value):
        if int(value) == value and int(value) in distribution:
            return int(value)
    elif isinstance(distribution, Float) and is_number(value):
        number = float(value)
        if number in distribution:
            return number
    raise NoPlaceError(repr(value))
