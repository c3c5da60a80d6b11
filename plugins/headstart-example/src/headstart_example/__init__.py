"""Naive Bayes as a learner of headstart: the pattern to copy."""

from collections.abc import Callable

from headstart.sdk import Learner, hookimpl
from headstart_example.learner import NaiveBayes

__all__ = ["HEADSTART_API_VERSION", "NaiveBayes", "register_learners"]

HEADSTART_API_VERSION = 2


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer the learner to headstart."""
    register(NaiveBayes())
