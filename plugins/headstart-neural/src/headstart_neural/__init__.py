"""Neural nets for tables as learners of headstart."""

from collections.abc import Callable

from headstart.base import Learner
from headstart.plugins import hookimpl
from headstart_neural.learner import RealMLP, TabM, can_run

__all__ = ["RealMLP", "TabM", "register_learners"]


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer the nets to headstart, where there is a torch to run them."""
    if can_run():
        register(RealMLP())
        register(TabM())
