"""AutoML for tables that starts from precedent.

>>> import headstart
>>> headstart.__version__
'0.1.0'

Names are resolved when they are first used, so that ``import headstart`` is quick.
"""

from typing import TYPE_CHECKING

from headstart.lazy_names import lazy_names
from headstart.version import __version__

if TYPE_CHECKING:
    from headstart.api import (
        AutoClassifier,
        AutoRegressor,
        load,
        read_table,
        train,
    )
    from headstart.base import Learner, Transform
    from headstart.findings import inspect
    from headstart.validation import Validation

__all__ = [
    "AutoClassifier",
    "AutoRegressor",
    "Learner",
    "Transform",
    "Validation",
    "__version__",
    "inspect",
    "load",
    "read_table",
    "train",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AutoClassifier": "headstart.api",
        "AutoRegressor": "headstart.api",
        "Learner": "headstart.base",
        "Transform": "headstart.base",
        "Validation": "headstart.validation",
        "inspect": "headstart.findings",
        "load": "headstart.api",
        "read_table": "headstart.api",
        "train": "headstart.api",
    },
)
