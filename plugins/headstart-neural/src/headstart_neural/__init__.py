"""Neural nets for tables as learners of headstart."""

from collections.abc import Callable

from headstart.sdk import Learner, hookimpl
from headstart_neural.learner import RealMLP, TabM, can_run

__all__ = ["HEADSTART_API_VERSION", "RealMLP", "TabM", "register_learners"]

HEADSTART_API_VERSION = 2


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer the nets to headstart, where there is a torch to run them."""
    if can_run():
        register(RealMLP())
        register(TabM())
