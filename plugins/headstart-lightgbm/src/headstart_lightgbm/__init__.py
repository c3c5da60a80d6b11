"""LightGBM as a learner of headstart."""

from collections.abc import Callable

from headstart.base import Learner
from headstart.plugins import hookimpl
from headstart_lightgbm.learner import LightGBM

__all__ = ["LightGBM", "register_learners"]


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer LightGBM to headstart."""
    register(LightGBM())
