"""Execution of fold fits in worker processes with limits, or in any executor."""

from headstart.execution.executor import FoldFitExecutor
from headstart.execution.libraries import PRELOAD, WARM
from headstart.execution.opening import open_executor

__all__ = ["PRELOAD", "WARM", "FoldFitExecutor", "open_executor"]
