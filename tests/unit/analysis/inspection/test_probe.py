import time

import numpy as np
import polars as pl

from headstart.analysis.effort import Effort
from headstart.analysis.inspection import probe as module
from headstart.analysis.inspection.probe import Probe


class Times:
    """Stands for the models of a fold: a column, as many times."""

    def __init__(self, factor):
        self.factor = factor
        self.asked = []

    def predict(self, table):
        self.asked.append(table.height)
        return self.factor * table["a"].to_numpy()[:, np.newaxis]


def test_many_questions_are_few_calls_and_each_fold_answers_for_its_rows(monkeypatch):
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 9)
    table = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0, 5.0]})
    folds = Times(1.0), Times(10.0)
    effort = Effort(100.0, time.monotonic() + 600)
    probe = Probe(
        folds,
        (slice(0, 2), slice(2, 5)),
        np.arange(5),
        table,
        np.zeros((5, 1)),
        2.0,
        effort,
        0.0,
    )

    changed = [table + shift for shift in range(7)]
    answers = probe.predict(changed, effort)

    factors = np.array([1.0, 1.0, 10.0, 10.0, 10.0])
    for answer, asked in zip(answers, changed, strict=True):
        assert answer[:, 0].tolist() == (factors * asked["a"].to_numpy()).tolist()
    assert folds[0].asked == [6, 6, 2]
    assert folds[1].asked == [9, 9, 3]
    assert effort.remaining == 100.0 - 7 * 2.0
    assert probe.affordable(effort) == 43
    assert probe.affordable(Effort(1.9, time.monotonic() + 600)) == 0
