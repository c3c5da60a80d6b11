"""Runs of headstart in MLflow."""

from collections.abc import Callable

from headstart.sdk import ListenerRecord, hookimpl
from headstart_mlflow.listener import MlflowListener, listener_if_wanted

__all__ = ["HEADSTART_API_VERSION", "MlflowListener", "register_listeners"]

HEADSTART_API_VERSION = 2


@hookimpl
def register_listeners(register: Callable[[ListenerRecord], None]) -> None:
    """Have MLflow hear the runs, where the user has told where it is."""
    register(ListenerRecord("mlflow", listener_if_wanted))
