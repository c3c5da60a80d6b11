"""LightGBM as a learner of headstart."""

from collections.abc import Callable

from headstart.sdk import Learner, hookimpl
from headstart_lightgbm.learner import LightGBM

__all__ = ["HEADSTART_API_VERSION", "LightGBM", "register_learners"]

HEADSTART_API_VERSION = 2


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer LightGBM to headstart."""
    register(LightGBM())
