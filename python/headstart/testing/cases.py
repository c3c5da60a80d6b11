"""The entry points for plugin authors: all checks together, or as pytest cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headstart.testing.catalogue import checks_of
from headstart.testing.outcome import (
    CheckError,
    CheckReport,
    CheckStatus,
    NotApplicableError,
)
from headstart.testing.session import Session

__all__ = [
    "Case",
    "check_learner",
    "check_metric",
    "check_transform",
    "learner_checks",
    "metric_checks",
    "transform_checks",
]

_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Case:
    """One check of one subject, called by a test.

    Its string is the check's id.
    """

    id: str
    session: Session

    def __call__(self) -> None:
        """Run the check.

        Raises
        ------
        CheckError
            If the check fails; an `AssertionError`.
        NotApplicableError
            If the check does not apply to the subject; a `unittest.SkipTest`, which
            pytest reports as a skip.
        """
        result = self.session.result(self.id)
        if result.status is CheckStatus.SKIPPED:
            raise NotApplicableError(result.message)
        if result.status is CheckStatus.FAILED:
            raise CheckError(str(result))

    def __str__(self) -> str:
        return self.id


def check_learner(
    learner: Any, *, module: str | None = None, seconds: float = _SECONDS
) -> CheckReport:
    """Run all checks of a learner, and return their report.

    Checks run in a worker process: a crash or hang of the learner only fails its
    checks.

    Parameters
    ----------
    learner : Learner
    module : str or None
        Module of the learner, for the checks of its import; by default the module of
        its class.
    seconds : float, default=120
        Wall time after which a check fails.

    Returns
    -------
    CheckReport
        `ok` is True if no check failed. Its string lists the failed checks with hints.

    Examples
    --------
    >>> from headstart.plugins import load_plugins
    >>> report = check_learner(load_plugins().learners["ridge"])
    >>> print(report)
    learner 'ridge': 0 failed, ... skipped, ... passed
    """
    return Session("learner", learner, module=module, seconds=seconds).report()


def learner_checks(
    learner: Any, *, module: str | None = None, seconds: float = _SECONDS
) -> Sequence[Case]:
    """Return the checks of a learner as calls, for ``pytest.mark.parametrize``.

    Parameters
    ----------
    learner, module, seconds
        As in `check_learner`.

    Examples
    --------
    A whole test file::

        @pytest.mark.parametrize("check", learner_checks(MyLearner()), ids=str)
        def test_the_learner_behaves(check):
            check()
    """
    return _cases("learner", learner, module=module, seconds=seconds)


def check_transform(
    transform: Any, *, module: str | None = None, seconds: float = _SECONDS
) -> CheckReport:
    """Run all checks of a transform; see `check_learner`.

    Parameters
    ----------
    transform : Transform
    module, seconds
        As in `check_learner`.
    """
    return Session("transform", transform, module=module, seconds=seconds).report()


def check_metric(
    metric: Any, *, module: str | None = None, seconds: float = _SECONDS
) -> CheckReport:
    """Run all checks of a metric; see `check_learner`.

    Parameters
    ----------
    metric : MetricRecord or Metric
    module, seconds
        As in `check_learner`.
    """
    return Session("metric", metric, module=module, seconds=seconds).report()


def transform_checks(
    transform: Any, *, module: str | None = None, seconds: float = _SECONDS
) -> Sequence[Case]:
    """Return the checks of a transform as calls; see `learner_checks`.

    Parameters
    ----------
    transform : Transform
    module, seconds
        As in `check_learner`.
    """
    return _cases("transform", transform, module=module, seconds=seconds)


def metric_checks(
    metric: Any, *, module: str | None = None, seconds: float = _SECONDS
) -> Sequence[Case]:
    """Return the checks of a metric as calls; see `learner_checks`.

    Parameters
    ----------
    metric : MetricRecord or Metric
    module, seconds
        As in `check_learner`.
    """
    return _cases("metric", metric, module=module, seconds=seconds)


def _cases(
    kind: str, tested: Any, *, module: str | None, seconds: float
) -> Sequence[Case]:
    session = Session(kind, tested, module=module, seconds=seconds)
    return [Case(check.id, session) for check in checks_of(kind)]
