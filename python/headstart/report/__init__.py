"""What a fit is told to people: its facts, and the pages that show them."""

from headstart.report.facts import FACTS_VERSION, Facts

__all__ = ["FACTS_VERSION", "Facts"]
