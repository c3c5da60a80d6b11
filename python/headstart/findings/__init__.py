"""Findings on a table before training: leaks, row order, groups, duplicates."""

from headstart.findings.all_findings import all_findings
from headstart.findings.finding import Finding, Severity
from headstart.findings.inspection import Inspection, inspect
from headstart.findings.subject import Subject

__all__ = ["Finding", "Inspection", "Severity", "Subject", "all_findings", "inspect"]
