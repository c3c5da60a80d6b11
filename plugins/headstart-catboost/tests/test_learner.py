"""CatBoost as a learner: what conformance does not ask of every learner."""

import numpy as np
import pytest
from catboost import CatBoostError
from headstart_catboost import CatBoost

from headstart.sdk import (
    Choice,
    Matrix,
    Resources,
    Rows,
    Task,
    TaskKind,
    known_configurations,
)
from headstart.testing.boosters import (
    RESOURCES,
    BoosterTests,
    booster_rows,
    booster_task,
)

LEARNER = CatBoost()


class TestCatBoost(BoosterTests):
    booster = CatBoost
    shallow = {"depth": 2}
    # Two made-up tables each.
    seconds = {100_000: (7.0,), 200_000: (11.1, 15.1)}
    hint = 0.699368

    def test_a_gpu_is_asked_for(self):
        try:
            model = self.fit_on_gpu()
        except CatBoostError as error:
            if "CUDA" not in str(error):
                raise
            pytest.skip("needs a GPU: CatBoost finds none")
        assert model.model.n_rounds == 2


def test_combinations_are_not_searched_for_many_classes_that_cannot_have_them():
    many = booster_task(TaskKind.MULTICLASS, n_classes=3)
    for task, values in ((booster_task(), {1, 2}), (many, {1})):
        configurations = known_configurations(task, LEARNER)
        assert {c.parameters["max_ctr_complexity"] for c in configurations} == values
    assert LEARNER.search_space(many).distributions["max_ctr_complexity"] == Choice(1)
    assert 3 in LEARNER.search_space(booster_task()).distributions["max_ctr_complexity"]


def ranking_rows(n_rows, seed, weight=None):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 6))
    y = (values[:, 0] + 3 * rng.normal(size=n_rows) > 0).astype(np.int64)
    return Rows(Matrix(values, tuple("abcdef")), y, weight)


@pytest.mark.parametrize("deadline", [None, 1e9])
def test_boosting_goes_on_while_probabilities_get_better(deadline):
    # Separable: the ranking is perfect long before the probabilities are.
    train, validation = booster_rows(noise=0.0), booster_rows(100, seed=1, noise=0.0)
    resources = Resources(threads=1, seed=3, deadline=deadline)
    model = LEARNER.fit(
        booster_task(metric="roc_auc"), {"depth": 3}, train, validation, resources
    )
    rate = LEARNER.portfolio.learning_rate(400, 2, LEARNER.portfolio.space.default)
    assert model.model.n_rounds > 3 * LEARNER.portfolio.patience(rate)


def test_weights_count_in_the_ranking_that_stops():
    train = ranking_rows(300, 0, np.ones(300))
    weight = np.where(np.arange(200) % 10 == 0, 1.0, 1e-9)
    task = Task(TaskKind.BINARY, 300, 6, 0, 2, "roc_auc")
    plain, weighted, fewer = (
        LEARNER.fit(task, {"depth": 3}, train, rows, RESOURCES).model.n_rounds
        for rows in (
            ranking_rows(200, 1, np.ones(200)),
            ranking_rows(200, 1, weight),
            take(ranking_rows(200, 1, np.ones(200)), np.flatnonzero(weight == 1)),
        )
    )
    assert weighted == fewer != plain


def take(rows, places):
    return Rows(rows.X.take(places), rows.y[places], rows.weight[places])
