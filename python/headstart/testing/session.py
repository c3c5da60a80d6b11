"""All checks of one subject, each run once, in the order of their dependencies."""

import time
from typing import Any

from headstart.exceptions import WorkerDiedError
from headstart.execution.fit_data import pickled
from headstart.testing import workers
from headstart.testing.catalogue import checks_of, find_check, make_subject
from headstart.testing.check import Check
from headstart.testing.outcome import CheckReport, CheckResult, CheckStatus
from headstart.testing.running import run_check, run_check_by_id

__all__ = ["Session"]


class Session:
    """The checks of one learner, transform or metric, with their results.

    Parameters
    ----------
    kind : {"learner", "transform", "metric"}
    tested : Learner, Transform or metric
    module : str or None
        Module of the subject, for the checks of its import; by default the module of
        its class.
    seconds : float
        Wall time after which a check fails.
    """

    def __init__(
        self, kind: str, tested: Any, *, module: str | None, seconds: float
    ) -> None:
        self.kind = kind
        self.name = str(getattr(tested, "name", None) or type(tested).__name__)
        self._seconds = seconds
        self._results: dict[str, CheckResult] = {}
        packed, reason = b"", ""
        try:
            packed = pickled(tested)
        except Exception as error:
            reason = f"It cannot be pickled: {type(error).__name__}: {error}"
        self._subject = make_subject(
            kind,
            tested,
            packed,
            module=module or type(tested).__module__,
            unpackable=reason,
            seconds=seconds,
        )
        self._key = f"{id(self)}-{time.monotonic_ns()}"

    def report(self) -> CheckReport:
        """Run all checks, and return their report."""
        results = tuple(self.result(check.id) for check in checks_of(self.kind))
        return CheckReport(self.kind, self.name, results)

    def result(self, id: str) -> CheckResult:  # noqa: A002
        """Run one check after those that it depends on, and return its result."""
        if id not in self._results:
            self._results[id] = self._run(find_check(self.kind, id))
        return self._results[id]

    def _run(self, check: Check) -> CheckResult:
        for required in check.after:
            result = self.result(required)
            if result.status is not CheckStatus.PASSED:
                reason = f"the check {required!r} failed"
                if result.status is CheckStatus.SKIPPED:
                    reason = f"the check {required!r} was skipped: {result.message}"
                return CheckResult(check.id, CheckStatus.SKIPPED, reason)
        started = time.monotonic()
        if check.place == "here":
            status, message = run_check(check.function, self._subject)
        else:
            status, message = self._run_in_worker(check)
        return CheckResult(
            check.id,
            CheckStatus(status),
            message,
            check.hint if status == CheckStatus.FAILED else "",
            time.monotonic() - started,
        )

    def _run_in_worker(self, check: Check) -> tuple[str, str]:
        arguments = (self.kind, check.id, self._key, self._subject.packed)
        try:
            status, message = workers.call(
                run_check_by_id, *arguments, seconds=self._seconds
            )
        except WorkerDiedError as error:
            return CheckStatus.FAILED, f"{error}"
        return status, message
