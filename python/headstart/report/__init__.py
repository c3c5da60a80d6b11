"""What a fit is told to people: its facts, and the pages that show them."""

from headstart.report.facts import FACTS_VERSION, Facts
from headstart.report.writing import FORMATS, render_report, write_report

__all__ = ["FACTS_VERSION", "FORMATS", "Facts", "render_report", "write_report"]
