"""A finding: a message on the table with its evidence and a remedy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Finding", "Severity", "by_severity"]


class Severity(StrEnum):
    """The weight of a finding."""

    WARNING = "warning"  # scores may mislead until it is resolved
    NOTE = "note"  # for information

    @property
    def rank(self) -> int:
        """Sort key, most severe first."""
        return 0 if self is Severity.WARNING else 1


@dataclass(frozen=True, slots=True)
class Finding:
    """A warning or note on a table.

    Parameters
    ----------
    code : str
        Stable code of the kind of finding: ``"leak"``, ``"row_order"``.
    severity : Severity
    columns : tuple of str
        The columns concerned, empty for the table as a whole.
    message : str
        One or two sentences.
    remedy : str
        Suggested action, as an argument where there is one; or "".
    evidence : mapping of str to number or text
        The numbers behind the message.
    """

    code: str
    severity: Severity
    columns: tuple[str, ...]
    message: str
    remedy: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "columns": list(self.columns),
            "message": self.message,
            "remedy": self.remedy,
            "evidence": dict(self.evidence),
        }

    def __str__(self) -> str:
        hint = f" hint: {self.remedy}" if self.remedy else ""
        return f"{self.message}{hint}"


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings sorted by severity, the most severe first; the sort is stable."""
    return tuple(sorted(findings, key=lambda finding: finding.severity.rank))
