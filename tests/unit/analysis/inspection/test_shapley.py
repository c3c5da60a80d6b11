import time

import numpy as np
import polars as pl
import pytest

from headstart.analysis.effort import Effort
from headstart.analysis.inspection.probe import Probe
from headstart.analysis.inspection.shapley import explain_rows


class Sum:
    """Stands for the models of a fold: twice the first column, and the second."""

    def predict(self, table):
        outputs = 2 * table["a"].to_numpy() + table["b"].to_numpy()
        return outputs[:, np.newaxis]


def test_contributions_are_those_of_a_sum_and_add_up_to_the_prediction():
    pytest.importorskip("shap")
    random = np.random.default_rng(0)
    table = pl.DataFrame({"a": random.normal(size=40), "b": random.normal(size=40)})
    effort = Effort(1e9, time.monotonic() + 600)
    outputs = Sum().predict(table)
    rows = np.arange(40)
    probe = Probe((Sum(),), (slice(0, 40),), rows, table, outputs, 1.0, effort, 0.0)

    explanations = explain_rows(
        probe,
        {"a": ("a",), "b": ("b",)},
        np.abs(random.normal(size=40)),
        table,
        ("",),
        [str(i) for i in rows],
        effort,
        seed=0,
    )

    assert {e.chosen for e in explanations} == {"typical", "badly predicted"}
    for one in explanations:
        contributions = {c.column: c.value for c in one.contributions}
        assert one.base + sum(contributions.values()) == pytest.approx(one.prediction)
        a = float(next(c.value for c in one.row if c.column == "a"))
        assert contributions["a"] == pytest.approx(
            2 * a - _mean_of_a(explanations, one), abs=1e-6
        )


def _mean_of_a(explanations, one):
    """Return what a mean row has in place of `a`: the same for every explained row."""
    first = explanations[0]
    value = next(float(c.value) for c in first.row if c.column == "a")
    return 2 * value - next(c.value for c in first.contributions if c.column == "a")
