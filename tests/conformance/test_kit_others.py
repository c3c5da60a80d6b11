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
    [
        pytest.param(check, id=f"{name}-{check}")
        for kind, checks in (
            ("transforms", transform_checks),
            ("metrics", metric_checks),
        )
        for name, thing in getattr(load_plugins(), kind).items()
        for check in checks(thing)
    ],
)
def test_what_is_installed_behaves(check):
    check()
