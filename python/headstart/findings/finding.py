"""A finding: what was seen, on what evidence, and what can be done about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Finding", "Severity", "by_gravity"]


class Severity(StrEnum):
    """The weight of a finding."""

    WARNING = "warning"  # scores may mislead: answer the question before you trust them
    NOTE = "note"  # good to know

    @property
    def rank(self) -> int:
        """Place in a list, gravest first."""
        return 0 if self is Severity.WARNING else 1


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a table that its owner should know.

    Parameters
    ----------
    code : str
        What kind of finding it is, stable: ``"leak"``, ``"row_order"``.
    severity : Severity
    columns : tuple of str
        The columns it is about, none for the table as a whole.
    message : str
        What was seen, one or two sentences.
    remedy : str
        What to do, as one argument where there is one; "" where there is nothing.
    evidence : mapping of str to number or text
        The figures behind the message.
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


def by_gravity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with the gravest first, otherwise in their order."""
    return tuple(sorted(findings, key=lambda finding: finding.severity.rank))
