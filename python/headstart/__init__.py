"""AutoML for tables that starts from precedent.

>>> import headstart
>>> headstart.__version__
'0.1.0'

Names are resolved when they are first used, so that ``import headstart`` is quick.
"""

import importlib
from typing import TYPE_CHECKING, Any

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

_HOMES = {
    "AutoClassifier": "headstart.api",
    "AutoRegressor": "headstart.api",
    "Learner": "headstart.base",
    "Transform": "headstart.base",
    "Validation": "headstart.validation",
    "inspect": "headstart.findings",
    "load": "headstart.api",
    "read_table": "headstart.api",
    "train": "headstart.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headstart' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
