"""Canaries: a category of many levels and a target of chance, which nothing can tell.

Whatever scores better than chance on held-out rows has seen their targets; whatever
fits the training rows better than chance has shown them their own.
"""

import numpy as np
import polars as pl
import pytest

from headstart.base import Transform
from headstart.transforms.generated_features import GeneratedFeatures
from headstart.transforms.target_encoding import TargetEncoding
from headstart.transforms.text_words import TextWords

N = 600
CHANCE = 0.2  # five standard errors of a correlation over so many rows


def canary():
    rng = np.random.default_rng(5)
    frame = pl.DataFrame(
        {
            "place": [f"p{i}" for i in rng.integers(0, 120, N)],
            "team": [f"t{i}" for i in rng.integers(0, 40, N)],
            "a": rng.normal(size=N),
            "b": rng.normal(size=N),
            "said": [
                " ".join(f"w{i}" for i in rng.integers(0, 90, 6)) for _ in range(N)
            ],
        }
    )
    return frame, rng.normal(size=N)


def largest_correlations(folds, y):
    """Return the largest of made columns with the target: training, held-out rows."""
    largest = np.zeros(2)
    for table, train, held_out in folds:
        made = [c.name for c in table.summary.columns if c.kind == "made"]
        for place, (part, rows) in enumerate(
            ((table.train, train), (table.held_out, held_out))
        ):
            for name in made:
                values = part[name].fill_null(0.0).to_numpy()
                if values.std() > 0:
                    rho = abs(np.corrcoef(values, y[rows])[0, 1])
                    largest[place] = max(largest[place], rho)
    return largest


@pytest.mark.parametrize(
    "transform", [TargetEncoding(), GeneratedFeatures(), TextWords()]
)
def test_chance_stays_chance(transform, folds_after):
    frame, y = canary()

    in_training, held_out = largest_correlations(folds_after(frame, y, transform), y)

    assert in_training < CHANCE
    assert held_out < CHANCE


def test_one_that_saw_the_rows_held_out_is_caught(folds_after):
    frame, y = canary()
    means = frame.with_columns(y=y).group_by("place").agg(pl.col("y").mean())

    class SawAll(Transform):
        name = "saw_all"

        def columns(self, table, task):
            return ("place",)

        def fit(self, task, parameters, rows, validation, resources):
            return {}

        def transform(self, fitted, X, task):
            joined = X.with_columns(pl.col("place").cast(pl.String))
            return joined.join(means, "place", "left", maintain_order="left").select(
                "y"
            )

        def dump(self, fitted):
            return {}

    _, held_out = largest_correlations(folds_after(frame, y, SawAll()), y)

    assert held_out > 1.5 * CHANCE


def test_one_that_shows_training_rows_their_own_target_is_caught(folds_after):
    class NotCrossFitted(TargetEncoding):
        name = "not_cross_fitted"

        def fit_transform(self, task, parameters, rows, validation, resources):
            fitted = TargetEncoding().fit(task, parameters, rows, validation, resources)
            return fitted, self.transform(fitted, rows.X, task)

    frame, y = canary()

    in_training, _ = largest_correlations(folds_after(frame, y, NotCrossFitted()), y)

    assert in_training > 1.5 * CHANCE
