"""Explainable boosting machines as a learner of headstart."""

from collections.abc import Callable

from headstart.sdk import Learner, hookimpl
from headstart_interpret.learner import ExplainableBoosting

__all__ = [
    "HEADSTART_API_VERSION",
    "ExplainableBoosting",
    "register_learners",
]

HEADSTART_API_VERSION = 2


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer explainable boosting machines to headstart."""
    register(ExplainableBoosting())
