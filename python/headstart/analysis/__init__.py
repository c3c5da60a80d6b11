"""The analysis of a fit: performance, importance, effects, weak slices, costs."""

from headstart.analysis.analyse import analyse_run
from headstart.analysis.reproduction import changed_parameters

__all__ = ["analyse_run", "changed_parameters"]
