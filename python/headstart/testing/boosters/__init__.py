"""Tests of a `BoostingLearner`, in addition to the checks of every learner.

A plugin subclasses `BoosterTests`, `LoaderTests` and, where its trees are converted to
headstart's own, `TreeTests` under names that pytest collects,
and sets the attributes of its library:

>>> from headstart.sdk import BoostingLearner
>>> class TestMine(BoosterTests):
...     booster = BoostingLearner
...     shallow = {"depth": 2}
"""

from headstart.testing.boosters.fuzzing import (
    damage_bytes,
    damage_text,
    fuzz,
    fuzzed_rows,
)
from headstart.testing.boosters.loading import LoaderTests, three_classes
from headstart.testing.boosters.training import (
    RESOURCES,
    BoosterTests,
    booster_rows,
    booster_task,
)
from headstart.testing.boosters.trees import CATEGORICAL, TreeTests

__all__ = [
    "CATEGORICAL",
    "RESOURCES",
    "BoosterTests",
    "LoaderTests",
    "TreeTests",
    "booster_rows",
    "booster_task",
    "damage_bytes",
    "damage_text",
    "fuzz",
    "fuzzed_rows",
    "three_classes",
]
