"""What a table warns of before training: leaks, order, groups, duplicates."""

from headstart.findings.examine import examine
from headstart.findings.finding import Finding, Severity
from headstart.findings.inspection import Inspection, inspect
from headstart.findings.subject import Subject

__all__ = ["Finding", "Inspection", "Severity", "Subject", "examine", "inspect"]
