"""The progress of a fit, for a person.

In a terminal, a few lines that are redrawn in place and leave one summary line; in a
notebook, one output in HTML that is replaced; elsewhere nothing, or plain lines for
whoever asks for them.
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
