import numpy as np
import polars as pl

from headstart.analysis.effort import Effort
from headstart.analysis.inspection.permutation import measure_importance
from headstart.analysis.performance.intervals import Score
from headstart.base import TaskKind
from headstart.metrics import resolve_metric

N = 300


class Linear:
    """Fold models that predict the sum of the first two columns, and noise."""

    def __init__(self, table):
        self.table = table
        self.rows = np.arange(N)
        self.units = self.cost = 1.0
        self.at_once = 10
        self.outputs = self._outputs(table)

    def _outputs(self, table):
        # Every column has a part, that of noise is tiny: each is a test of chance.
        weights = np.where(np.arange(table.width) < 2, 1.0, 1e-3)
        return (table.to_numpy() @ weights)[:, np.newaxis]

    def affordable(self, effort):
        return int(effort.remaining)

    def predict(self, tables, effort):
        effort.spend(len(tables))
        return [self._outputs(table) for table in tables]


def importance_of(n_columns, metric="rmse", groups=None, seed=0):
    random = np.random.default_rng(seed)
    values = random.normal(size=(N, n_columns))
    table = pl.DataFrame(values, schema=[f"x{i}" for i in range(n_columns)])
    y = values[:, 0] + values[:, 1] + random.normal(size=N)
    resolved = resolve_metric(metric, TaskKind.REGRESSION)
    score = Score(resolved, y, None, groups, 0, 10**5)
    parts = {name: (name,) for name in table.columns}
    effort = Effort(1.5 * n_columns, float("inf"))  # one turn
    importances, _ = measure_importance(Linear(table), parts, score, effort, seed=seed)
    return {one.column: one for one in importances}


def test_p_values_are_corrected_for_the_number_of_columns():
    n_single = n_corrected = 0
    for seed in range(4):
        importances = importance_of(60, seed=seed)
        noise = [one for name, one in importances.items() if name not in ("x0", "x1")]
        n_single += sum(one.low > 0 for one in noise)
        n_corrected += sum(one.p_value <= 0.05 for one in noise)
        assert importances["x0"].p_value < 1e-4

    assert n_single >= 3
    assert n_corrected <= 1


def test_an_error_that_cannot_be_told_is_no_interval_of_nothing():
    importances = importance_of(3, groups=np.zeros(N, dtype=np.int64))

    for one in importances.values():
        assert (one.low, one.high, one.p_value) == (None, None, None)
