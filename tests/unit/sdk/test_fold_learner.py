import dataclasses
import json

import numpy as np
import pytest

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.exceptions import ArtifactError
from headstart.learners.linear import Logistic, Ridge

TASK = Task(TaskKind.REGRESSION, 40, 2, 0, 0, "rmse")


def rows(n_features=2):
    X = np.random.default_rng(0).normal(size=(40, n_features))
    return Rows(Matrix(X, tuple(f"c{i}" for i in range(n_features))), X.sum(axis=1))


@pytest.fixture
def fitted():
    return Ridge().fit(TASK, {}, rows(), None, Resources())


def test_another_number_of_columns_is_refused(fitted):
    with pytest.raises(ValueError, match=r"must be given 2 columns\. Got 3 instead"):
        Ridge().predict(fitted, rows(3).X, TASK)


def test_predictions_that_are_not_finite_are_refused(fitted):
    X = Matrix(np.full((1, 2), np.nan), ("c0", "c1"))
    with pytest.raises(ValueError, match="'ridge' must be finite"):
        Ridge().predict(fitted, X, TASK)


def test_the_unit_of_the_weights_does_not_matter():
    train = rows()
    codes = (train.y > 0).astype(np.int64)
    task = dataclasses.replace(TASK, kind=TaskKind.BINARY, n_classes=2)
    weight = np.random.default_rng(1).uniform(1, 3, 40)
    small, large = (
        Logistic().predict(
            Logistic().fit(
                task, {}, Rows(train.X, codes, weight * unit), None, Resources()
            ),
            train.X,
            task,
        )
        for unit in (1e-6, 1e6)
    )
    np.testing.assert_allclose(small, large, rtol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        {"n_features": -1},
        {"n_features": "2"},
        {"n_features": 3},
        {"is_constant": 1},
        {"is_constant": True},
        {"target": None},
        {"target": {}},
        {"target": {"prior": [], "classes": [], "scale": -1.0}},
    ],
)
def test_a_record_that_makes_no_sense_is_refused(fitted, change):
    parts = Ridge().dump(fitted)
    record = {**json.loads(parts["target.json"]), **change}
    wrong = {**parts, "target.json": json.dumps(record).encode()}
    with pytest.raises(ArtifactError):
        Ridge().load(wrong)
