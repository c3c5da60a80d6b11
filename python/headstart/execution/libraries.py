"""Libraries that workers import before their first call."""

import contextlib
import importlib

from headstart.plugins import load_plugins

__all__ = ["PRELOAD", "WARM", "import_libraries"]

# Imports of built-in learners, which would take each worker two seconds. They start no
# threads. polars starts threads, so each worker imports it after the fork, while it
# waits for a call.
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
    """Import the libraries of fold fits, in a worker of a user's executor.

    A failed import is ignored here. The fold fit that needs the library reports it.
    """
    for module in PRELOAD:
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    with contextlib.suppress(Exception):
        load_plugins()
