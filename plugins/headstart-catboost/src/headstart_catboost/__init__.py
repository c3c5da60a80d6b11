"""CatBoost as a learner of headstart."""

from collections.abc import Callable

from headstart.base import Learner
from headstart.plugins import hookimpl
from headstart_catboost.learner import CatBoost

__all__ = ["CatBoost", "register_learners"]


@hookimpl
def register_learners(register: Callable[[Learner], None]) -> None:
    """Offer CatBoost to headstart."""
    register(CatBoost())
