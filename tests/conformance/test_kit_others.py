"""The checks of transforms and metrics name what is broken on purpose, and no more."""

import pytest
from tests.conformance import broken_metrics, broken_transforms

from headstart.plugins import load_plugins
from headstart.testing import (
    check_metric,
    check_transform,
    checks_for,
    metric_checks,
    transform_checks,
)

IMPORTS = {"import-time", "import-effects"}  # shared with learners, and tested there
REGISTRY = load_plugins()


def installed_checks():
    """Return the checks of transforms and metrics that no other file runs."""
    for name, metric in REGISTRY.metrics.items():
        yield from ((name, check) for check in metric_checks(metric))
    for name, transform in REGISTRY.transforms.items():
        # Those of built-in transforms are in test_transforms.py, all but the import's.
        is_built_in = REGISTRY.plugin_of(name, "transforms").source == "built-in"
        for check in transform_checks(transform):
            if str(check) in IMPORTS or not is_built_in:
                yield name, check


@pytest.mark.parametrize(
    "transform", [broken_transforms.Right(), broken_transforms.TargetMean()]
)
def test_a_right_transform_passes(transform):
    report = check_transform(transform)

    assert report.ok, str(report)


def test_a_right_metric_passes():
    report = check_metric(broken_metrics.RIGHT)

    assert report.ok, str(report)


@pytest.mark.parametrize(
    ("kind", "broken"),
    [("transform", broken_transforms.BROKEN), ("metric", broken_metrics.BROKEN)],
)
def test_every_check_has_something_that_fails_it(kind, broken):
    assert set(broken) | IMPORTS == set(checks_for(kind))


@pytest.mark.parametrize("name", broken_transforms.BROKEN)
def test_a_broken_transform_is_named_by_its_check_alone(name):
    report = check_transform(broken_transforms.BROKEN[name]())

    assert {result.id for result in report.failed} == {name}, str(report)
    assert report.failed[0].hint


@pytest.mark.parametrize("name", broken_metrics.BROKEN)
def test_a_broken_metric_is_named_by_its_check_alone(name):
    report = check_metric(broken_metrics.BROKEN[name])

    assert {result.id for result in report.failed} == {name}, str(report)
    assert report.failed[0].hint


@pytest.mark.parametrize(
    "check",
    [pytest.param(check, id=f"{name}-{check}") for name, check in installed_checks()],
)
def test_what_is_installed_behaves(check):
    check()
