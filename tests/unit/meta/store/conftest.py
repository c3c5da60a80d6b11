"""Records and bases for the tests of the store."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest

from headstart.base import Configuration, TaskKind
from headstart.meta.records import (
    CellStatus,
    DatasetRecord,
    EvaluationRecord,
    FetchRecord,
    ForeignEvaluation,
    ForeignSetup,
    MetaFeatures,
)
from headstart.meta.store import KnowledgeBase


def uid(name):
    return hashlib.sha256(name.encode()).hexdigest()


def dataset(name="iris", **changed):
    values = {
        "uid": uid(name),
        "name": name,
        "family": name,
        "source": "local",
        "kind": TaskKind.BINARY,
        "n_rows": 150,
        "n_features": 4,
        "n_classes": 2,
        "licence": "CC0",
    }
    return DatasetRecord(**(values | changed))


def features(name="iris", source="headstart", version=1, **values):
    return MetaFeatures(uid(name), source, version, values or {"NumberOfClasses": 2.0})


def ridge(alpha=1.0, version=1):
    return Configuration("ridge", {"alpha": alpha}, version)


def evaluation(
    name="iris", configuration=None, scores=((0.5, 0.9), (0.7, 0.8)), **other
):
    values = {
        "dataset_uid": uid(name),
        "configuration": configuration or ridge(),
        "metrics": ("log_loss", "roc_auc"),
        "scores": np.array(scores, dtype=np.float32),
        "fit_seconds": 0.25,
        "predict_seconds": 0.125,
        "status": CellStatus.OK,
        "scheme": "2 folds, seed 0",
        "n_rows": 150,
        "engine_version": "0.1.0",
        "machine": "test",
    }
    return EvaluationRecord(**(values | other))


def failure(name="iris", configuration=None, **other):
    values = {
        "scores": np.empty((0, 2)),
        "status": CellStatus.CRASH,
        "reason": "SIGSEGV",
    }
    return evaluation(name, configuration, **(values | other))


def one_of_each():
    return [
        dataset(),
        features(),
        evaluation(),
        failure(configuration=ridge(2.0)),
        ForeignEvaluation(
            7,
            31,
            uid("iris"),
            5,
            "sklearn.Ridge(1)",
            9,
            "f_measure",
            0.5,
            "2020",
            "api",
        ),
        ForeignSetup(
            9, 5, "sklearn.Ridge(1)", "api", {"a(1)_alpha": "1.0"}, ridge(4.0)
        ),
        FetchRecord("api", "data/31", "2020-01-01", "0" * 64, "ok"),
    ]


@pytest.fixture
def kit():
    """The functions that make records."""
    return SimpleNamespace(
        uid=uid,
        dataset=dataset,
        features=features,
        ridge=ridge,
        evaluation=evaluation,
        failure=failure,
        one_of_each=one_of_each,
    )


@pytest.fixture
def base(tmp_path):
    """An empty base that can be written."""
    with KnowledgeBase.open(tmp_path / "base.db") as base:
        yield base


@pytest.fixture
def new_base(tmp_path):
    """Make bases of some records, each in a file of its own."""
    bases = []

    def make(records=(), *, origin=None):
        bases.append(KnowledgeBase.open(tmp_path / f"made{len(bases)}.db"))
        bases[-1].add(records, origin=origin)
        return bases[-1]

    yield make
    for base in bases:
        base.close()
