"""Tests for a `BoostingLearner`, beside those that the kit has for every learner.

A plugin's tests subclass `BoosterTests` and `LoaderTests` under names that pytest
collects, and say what is their library's own:

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

__all__ = [
    "RESOURCES",
    "BoosterTests",
    "LoaderTests",
    "booster_rows",
    "booster_task",
    "damage_bytes",
    "damage_text",
    "fuzz",
    "fuzzed_rows",
    "three_classes",
]
