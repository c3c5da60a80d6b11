"""Libraries that workers import before they have work."""

import contextlib
import importlib

from headstart.plugins import load_plugins

__all__ = ["PRELOAD", "WARM", "import_libraries"]

# What built-in learners import: two seconds that each worker would spend again. None
# of it starts a thread; polars does, so workers import it, while they wait for work.
PRELOAD = (
    "numpy",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.preprocessing",
    "sklearn.svm",
)
WARM = ("polars",)


def import_libraries() -> None:
    """Import what fold fits need, in a worker of another executor than ours.

    What cannot be imported is left to the fold fit that needs it, which says so.
    """
    for module in PRELOAD:
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    with contextlib.suppress(Exception):
        load_plugins()
