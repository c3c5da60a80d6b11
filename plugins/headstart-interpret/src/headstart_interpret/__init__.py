"""Explainable boosting machines as a learner of headstart."""

from collections.abc import Callable

from headstart.base import Learner
from headstart.plugins import hookimpl
from headstart_interpret.learner import ExplainableBoosting
from headstart_interpret.tables import AdditiveTables, Term

__all__ = ["AdditiveTables", "ExplainableBoosting", "Term", "register_learners"]


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer explainable boosting machines to headstart."""
    register(ExplainableBoosting())
