"""Checks of the types and attributes of what plugins register.

Only cheap checks are made here; the conformance kit tests the behaviour.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from headstart.base.learner import Learner
from headstart.base.matrix import View
from headstart.base.task import TaskKind
from headstart.base.transform import Transform
from headstart.exceptions import PluginError
from headstart.plugins.contributions import (
    CommandRecord,
    ExecutorRecord,
    ExporterRecord,
    ListenerRecord,
    MetaFeatureRecord,
    MetricRecord,
    SplitterRecord,
    TableReaderRecord,
)

__all__ = ["CHECKS", "check_learner_declaration", "check_transform_declaration"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SUFFIX = re.compile(r"\.[a-z0-9][a-z0-9_.-]*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


def check_learner_declaration(learner: object) -> Learner:
    """Return `learner` if its attributes are valid.

    Raises
    ------
    PluginError
        If it is not an instance of `Learner`, or an attribute is invalid.
    """
    _check_instance(learner, "learner", Learner, "headstart.sdk.Learner")
    assert isinstance(learner, Learner)
    name = _checked_name(learner)
    for attribute, ok, expected in (
        ("tasks", _are_kinds(learner.tasks), "a set of at least one TaskKind"),
        ("view", isinstance(learner.view, View), "a View"),
        ("space_version", _is_count(learner.space_version), "an int >= 1"),
        (
            "max_rows",
            learner.max_rows is None or _is_count(learner.max_rows),
            "an int >= 1 or None",
        ),
        ("family", isinstance(learner.family, str), "a str"),
        ("opt_in", isinstance(learner.opt_in, bool), "a bool"),
    ):
        if not ok:
            raise _nonsense(learner, "learner", attribute, expected, name)
    return learner


def check_transform_declaration(transform: object) -> Transform:
    """Return `transform` if its attributes are valid.

    Raises
    ------
    PluginError
        If it is not an instance of `Transform`, or an attribute is invalid.
    """
    _check_instance(transform, "transform", Transform, "headstart.sdk.Transform")
    assert isinstance(transform, Transform)
    name = _checked_name(transform)
    for attribute, ok, expected in (
        ("tasks", _are_kinds(transform.tasks), "a set of at least one TaskKind"),
        ("space_version", _is_count(transform.space_version), "an int >= 1"),
        ("order", type(transform.order) is int, "an int"),
        (
            "max_rows",
            transform.max_rows is None or _is_count(transform.max_rows),
            "an int >= 1 or None",
        ),
        ("replaces", type(transform.replaces) is bool, "a bool"),
        ("reads_target", type(transform.reads_target) is bool, "a bool"),
    ):
        if not ok:
            raise _nonsense(transform, "transform", attribute, expected, name)
    return transform


def _check_metric(metric: Any) -> Any:
    if isinstance(metric, type):
        raise _is_class(metric, "metric")
    if not isinstance(metric, MetricRecord) and not callable(
        getattr(metric, "score", None)
    ):
        raise PluginError(
            "A metric must be a MetricRecord or an instance of "
            f"headstart.metrics.Metric. Got {type(metric).__name__} instead."
        )
    name = _checked_name(metric)
    kinds = getattr(metric, "kinds", None)
    needs = getattr(metric, "needs", None)
    of_values = kinds == {TaskKind.REGRESSION}
    for attribute, ok, expected in (
        ("kinds", _are_kinds(kinds), "a frozenset of at least one TaskKind"),
        (
            "kinds",
            of_values or TaskKind.REGRESSION not in (kinds or ()),
            "of classification or of regression, not of both",
        ),
        (
            "needs",
            needs in ({"value"} if of_values else {"label", "probability"}),
            "'value'" if of_values else "'label' or 'probability'",
        ),
        (
            "greater_is_better",
            isinstance(getattr(metric, "greater_is_better", None), bool),
            "a bool",
        ),
    ):
        if not ok:
            raise _nonsense(metric, "metric", attribute, expected, name)
    if isinstance(metric, MetricRecord):
        _check_callable(metric, "metric", "function", name)
    return metric


def _check_splitter(record: Any) -> Any:
    name = _check_record(record, "splitter", SplitterRecord)
    _check_callable(record, "splitter", "factory", name)
    return record


def _check_meta_feature(record: Any) -> Any:
    name = _check_record(record, "meta-feature", MetaFeatureRecord)
    _check_callable(record, "meta-feature", "function", name)
    return record


def _check_listener(record: Any) -> Any:
    name = _check_record(record, "listener", ListenerRecord)
    _check_callable(record, "listener", "factory", name)
    return record


def _check_table_reader(record: Any) -> Any:
    name = _check_record(record, "table reader", TableReaderRecord)
    _check_callable(record, "table reader", "function", name)
    for attribute, form, expected in (
        ("suffixes", _SUFFIX, "a tuple of endings, lower case, such as '.sas'"),
        ("schemes", _SCHEME, "a tuple of schemes, lower case, such as 's3'"),
    ):
        values = getattr(record, attribute)
        if not isinstance(values, tuple) or not all(_fits(form, v) for v in values):
            raise _nonsense(record, "table reader", attribute, expected, name)
    if not record.suffixes and not record.schemes:
        raise _nonsense(
            record, "table reader", "suffixes", "not empty where 'schemes' is", name
        )
    return record


def _check_exporter(record: Any) -> Any:
    name = _check_record(record, "exporter", ExporterRecord)
    _check_callable(record, "exporter", "function", name)
    if not _fits(_SUFFIX, record.suffix):
        raise _nonsense(
            record, "exporter", "suffix", "an ending, lower case, such as '.onnx'", name
        )
    return record


def _check_command(record: Any) -> Any:
    name = _check_record(record, "command", CommandRecord)
    _check_callable(record, "command", "function", name)
    return record


def _check_executor(record: Any) -> Any:
    name = _check_record(record, "executor", ExecutorRecord)
    _check_callable(record, "executor", "factory", name)
    return record


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "learners": check_learner_declaration,
    "transforms": check_transform_declaration,
    "metrics": _check_metric,
    "splitters": _check_splitter,
    "meta_features": _check_meta_feature,
    "listeners": _check_listener,
    "table_readers": _check_table_reader,
    "exporters": _check_exporter,
    "commands": _check_command,
    "executors": _check_executor,
}
"""Checks by kind: each returns its argument or raises `PluginError`."""


def _check_instance(item: object, what: str, kind: type, dotted: str) -> None:
    if isinstance(item, type):
        raise _is_class(item, what)
    if not isinstance(item, kind):
        raise PluginError(
            f"A {what} must be an instance of {dotted}. "
            f"Got {type(item).__name__} instead."
        )


def _check_record(item: object, what: str, kind: type) -> str:
    _check_instance(item, what, kind, f"headstart.sdk.{kind.__name__}")
    return _checked_name(item)


def _check_callable(item: object, what: str, attribute: str, name: str) -> None:
    if not callable(getattr(item, attribute)):
        raise _nonsense(item, what, attribute, "callable", name)


def _checked_name(item: object) -> str:
    name = getattr(item, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PluginError(
            f"The 'name' of {type(item).__name__} must be lower-case letters, "
            f"digits and underscores. Got {name!r} instead."
        )
    return name


def _is_class(item: type, what: str) -> PluginError:
    return PluginError(
        f"A {what} must be an instance. Got the class {item.__name__} instead. "
        f"hint: write {item.__name__}()."
    )


def _nonsense(
    item: object, what: str, attribute: str, expected: str, name: str
) -> PluginError:
    return PluginError(
        f"The {attribute!r} of {what} {name!r} must be {expected}. "
        f"Got {getattr(item, attribute, None)!r} instead."
    )


def _fits(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _are_kinds(value: object) -> bool:
    return (
        isinstance(value, frozenset | set)
        and bool(value)
        and all(isinstance(kind, TaskKind) for kind in value)
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
