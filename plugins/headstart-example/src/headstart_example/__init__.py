"""Naive Bayes as a learner of headstart: the pattern to copy."""

from collections.abc import Callable

from headstart.base import Learner
from headstart.plugins import hookimpl
from headstart_example.learner import NaiveBayes

__all__ = ["NaiveBayes", "register_learners"]


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer the learner to headstart."""
    register(NaiveBayes())
