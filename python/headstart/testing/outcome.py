"""Results of a check, and of all checks of one subject."""

import unittest
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

__all__ = [
    "CheckError",
    "CheckReport",
    "CheckResult",
    "CheckStatus",
    "NotApplicableError",
]


class CheckError(AssertionError):
    """A failed check."""


class NotApplicableError(unittest.SkipTest):
    """A check that does not apply to the subject, which pytest reports as a skip."""


class CheckStatus(StrEnum):
    """Outcome of a check."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check.

    Parameters
    ----------
    id : str
        Stable name of the check.
    status : CheckStatus
    message : str
        The failure, or the reason for skipping. Empty if the check passed.
    hint : str
        Advice for a failure.
    seconds : float
        Wall time of the check.
    """

    id: str
    status: CheckStatus
    message: str = ""
    hint: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        text = f"{self.id}: {self.status}"
        if self.message:
            text += f": {self.message}"
        return f"{text} hint: {self.hint}" if self.hint else text


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The results of all checks of one learner, transform or metric.

    Parameters
    ----------
    kind : {"learner", "transform", "metric"}
    name : str
    results : tuple of CheckResult
    """

    kind: str
    name: str
    results: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """True if no check failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return self._with(CheckStatus.FAILED)

    @property
    def skipped(self) -> tuple[CheckResult, ...]:
        """The skipped checks, with the reason in `message`."""
        return self._with(CheckStatus.SKIPPED)

    def to_record(self) -> Mapping[str, Any]:
        """Return the report as JSON values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "ok": self.ok,
            "results": [asdict(result) for result in self.results],
        }

    def __str__(self) -> str:
        lines = [str(result) for result in self.failed]
        n_skipped = len(self.skipped)
        lines.append(
            f"{self.kind} {self.name!r}: {len(self.failed)} failed, {n_skipped} "
            f"skipped, {len(self.results) - len(self.failed) - n_skipped} passed"
        )
        return "\n".join(lines)

    def _with(self, status: CheckStatus) -> tuple[CheckResult, ...]:
        return tuple(r for r in self.results if r.status is status)
