"""The analysis of a fit: what was found, how good it is, and what speaks for it."""

from headstart.analysis.analyse import analyse_run
from headstart.analysis.reproduction import changed_parameters
from headstart.analysis.stored import read_analysis

__all__ = ["analyse_run", "changed_parameters", "read_analysis"]
