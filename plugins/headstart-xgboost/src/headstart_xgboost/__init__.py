"""XGBoost as a learner of headstart."""

from collections.abc import Callable

from headstart.sdk import Learner, hookimpl
from headstart_xgboost.learner import XGBoost

__all__ = ["HEADSTART_API_VERSION", "XGBoost", "register_learners"]

HEADSTART_API_VERSION = 2


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer XGBoost to headstart."""
    register(XGBoost())
