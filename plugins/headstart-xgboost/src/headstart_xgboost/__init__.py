"""XGBoost as a learner of headstart."""

from collections.abc import Callable

from headstart.base import Learner
from headstart.plugins import hookimpl
from headstart_xgboost.learner import XGBoost

__all__ = ["XGBoost", "register_learners"]


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer XGBoost to headstart."""
    register(XGBoost())
