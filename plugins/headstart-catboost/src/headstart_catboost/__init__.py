"""CatBoost as a learner of headstart."""

from collections.abc import Callable

from headstart.sdk import Learner, hookimpl
from headstart_catboost.learner import CatBoost

__all__ = ["HEADSTART_API_VERSION", "CatBoost", "register_learners"]

HEADSTART_API_VERSION = 2


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer CatBoost to headstart."""
    register(CatBoost())
