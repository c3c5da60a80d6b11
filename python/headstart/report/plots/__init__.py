"""The report's plots: Vega-Lite specifications of the facts, drawn as SVG."""

from headstart.report.plots.figure import Figure
from headstart.report.plots.figures import figures

__all__ = ["Figure", "figures"]
