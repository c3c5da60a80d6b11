"""Notices and findings as lines of text."""

from collections.abc import Callable

from headstart.base.events import Notice, TableInspected
from headstart.machine.printable import printable

__all__ = ["finding_lines", "notice_line", "one_line"]

# Number of findings that are shown; the model has all of them.
_MOST_FINDINGS = 8


def notice_line(event: Notice) -> str:
    """Return a notice on one line."""
    return f"{event.severity}: {one_line(event.message)}"


def finding_lines(event: TableInspected, remedy: Callable[[str], str]) -> list[str]:
    """Return the most severe findings, one line each, and the number of the others."""
    shown = event.findings[:_MOST_FINDINGS]
    lines = []
    for finding in shown:
        hint = f" hint: {remedy(finding['remedy'])}" if finding["remedy"] else ""
        lines.append(f"{finding['severity']}: {one_line(finding['message'] + hint)}")
    n_more = len(event.findings) - len(shown)
    if n_more:
        lines.append(f"{n_more} more findings: info() of the model lists all")
    return lines


def one_line(text: str) -> str:
    """Return text on one line, without characters that move a cursor."""
    return printable(" ".join(text.split()))
