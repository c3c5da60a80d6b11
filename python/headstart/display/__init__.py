"""The progress display of a fit.

In a terminal it is a few lines that are redrawn in place and leave one summary line; in
a notebook, one HTML output that is replaced; elsewhere nothing, or plain log lines on
request.
"""

from headstart.display.log import LogLines, log_lines
from headstart.display.progress import ProgressDisplay, progress_listener
from headstart.display.state import RunProgress

__all__ = [
    "LogLines",
    "ProgressDisplay",
    "RunProgress",
    "log_lines",
    "progress_listener",
]
