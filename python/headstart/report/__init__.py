"""The report of a fit as text, HTML page, model card and JSON, made from its facts."""

from headstart.report.writing import FORMATS, render_report, write_report

__all__ = ["FORMATS", "render_report", "write_report"]
