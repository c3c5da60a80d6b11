import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from headstart.analysis.effort import Effort
from headstart.analysis.inspection.effects import measure_effects
from headstart.analysis.inspection.probe import Probe
from headstart.analysis.inspection.scales import Scale
from headstart.tables import OTHER_LEVEL
from headstart.tables.kinds.levels import level_type

TABLE = pl.DataFrame(
    {
        "active": [0.0, 1.0, 1.0, None] * 25,
        "signup.days": [float(i) for i in range(100)],
    }
)


class Model:
    """Predicts 10 more for active rows, and 1 more a day."""

    def predict(self, table):
        values = 10 * table["active"].fill_null(0.5) + table["signup.days"]
        return values.to_numpy()[:, np.newaxis]


@pytest.fixture
def probe():
    outputs = Model().predict(TABLE)
    effort = Effort(1e6, time.monotonic() + 600)
    rows = np.arange(TABLE.height)
    spans = (slice(0, TABLE.height),)
    return Probe((Model(),), spans, rows, TABLE, outputs, 1.0, effort, 0.0)


def test_a_boolean_has_two_named_levels(probe):
    scales = {"active": Scale("active", is_boolean=True)}

    (effect,) = measure_effects(probe, ["active"], ["y"], probe.effort, scales)

    assert (effect.kind, effect.grid) == ("boolean", ("false", "true"))
    assert effect.share == (0.25, 0.5)
    (series,) = effect.mean
    assert series.values[1] - series.values[0] == pytest.approx(10.0)


def test_days_of_a_date_say_the_first_day(probe):
    scales = {"signup.days": Scale("signup", first_moment=1_614_816_000_000_000)}

    (effect,) = measure_effects(probe, ["signup.days"], ["y"], probe.effort, scales)

    assert effect.first_day == "2021-03-04T00:00:00"
    assert effect.grid[-1] - effect.grid[0] == 99.0


def test_the_level_of_others_is_shown_as_other_levels(probe):
    levels = pl.Series(
        ["u", "u", "u", OTHER_LEVEL, None] * 20, dtype=level_type(("u",))
    )
    probe = replace(probe, table=TABLE.with_columns(town=levels))

    (effect,) = measure_effects(probe, ["town"], ["y"], probe.effort, {})

    assert effect.grid == ("u", "other levels")
    assert effect.share == (0.6, 0.2)
