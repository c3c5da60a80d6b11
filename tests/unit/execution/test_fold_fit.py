"""A fold fit leaves nothing of a learner's in the process, for the next or the user."""

import os
import random
import time
import warnings

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from headstart.base import (
    Configuration,
    FoldFit,
    FoldStatus,
    Learner,
    Task,
    TaskKind,
)
from headstart.execution import fold_fit as fold_fit_module
from headstart.execution.fit_data import (
    ALL_ROWS,
    FitData,
    forget_fit_data,
    write_fit_data,
)
from headstart.execution.fold_fit import has_started, run_fold_fit
from headstart.execution.store import FolderStore
from headstart.tables import Schema
from headstart.validation import Dependence, Folds

N = 30


def state():
    return {
        "environment": dict(os.environ),
        "filters": list(warnings.filters),
        "errors": np.geterr(),
        "threads": [library["num_threads"] for library in threadpool_info()],
        "random": random.getstate(),
        "numpy.random": str(np.random.get_state()),  # noqa: NPY002
    }


class Untidy(Learner):
    """Changes what belongs to the process, in each method that a fold fit calls."""

    name = "untidy"

    def fit(self, task, parameters, rows, validation, resources):
        self.make_a_mess()
        return float(np.mean(rows.y))

    def predict(self, model, X, task):
        self.make_a_mess()
        return np.full(X.n_rows, model)

    def dump(self, model):
        self.make_a_mess()
        return {"mean.txt": str(model).encode()}

    def load(self, parts):
        self.make_a_mess()
        return float(parts["mean.txt"])

    def make_a_mess(self):
        os.environ["HEADSTART_TEST_UNTIDY"] = "yes"
        warnings.simplefilter("ignore")
        np.seterr(all="raise")
        threadpool_limits(limits=1)
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002


class Mean(Learner):
    name = "mean"

    def fit(self, task, parameters, rows, validation, resources):
        return float(np.mean(rows.y))

    def predict(self, model, X, task):
        return np.full(X.n_rows, model)

    def dump(self, model):
        return {"mean.txt": str(model).encode()}

    def load(self, parts):
        return float(parts["mean.txt"])


class CannotLoad(Mean):
    name = "cannot_load"

    def load(self, parts):
        raise KeyError("model.pickle")


class LoadsAnother(Mean):
    name = "loads_another"

    def load(self, parts):
        return float(parts["mean.txt"]) + 1.0


class CountsLoads(Mean):
    name = "counts_loads"

    def __init__(self, log):
        self.log = log

    def load(self, parts):
        with self.log.open("a") as file:
            file.write("loaded\n")
        return super().load(parts)


class KeepsParts(Mean):
    """Keeps the inner folds of its training rows where a test can read them."""

    name = "keeps_parts"

    def __init__(self, log):
        self.log = log

    def fit(self, task, parameters, train, validation, resources):
        assert validation is None or validation.parts is None
        if train.parts is None:
            self.log.write_text("none")
        else:
            np.savetxt(self.log, np.stack([train.y, train.parts]), fmt="%d")
        return super().fit(task, parameters, train, validation, resources)


class Failing(Untidy):
    name = "failing"

    def fit(self, task, parameters, rows, validation, resources):
        self.make_a_mess()
        raise ZeroDivisionError


def write_data(tmp_path, **others):
    frame = pl.DataFrame({"x": np.arange(N) * 1.5})
    schema = Schema.learn(frame)
    return write_fit_data(
        FitData(
            store=FolderStore(tmp_path),
            task=Task(TaskKind.REGRESSION, N, 1, 0, 0, "rmse"),
            schema=schema,
            table=schema.apply(frame),
            y=np.arange(N) * 1.0,
            weight=None,
            folds=Folds((np.arange(N) % 3).astype(np.uint8)[None]),
            learners={
                "untidy": Untidy(),
                "failing": Failing(),
                "cannot_load": CannotLoad(),
                "loads_another": LoadsAnother(),
                "counts_loads": CountsLoads(tmp_path / "loads.log"),
                "keeps_parts": KeepsParts(tmp_path / "parts.log"),
            },
            **others,
        )
    )


@pytest.fixture
def data(tmp_path):
    yield write_data(tmp_path)
    forget_fit_data()


@pytest.mark.parametrize(
    ("learner", "status"),
    [("ridge", "ok"), ("untidy", "ok"), ("failing", "error")],
)
def test_the_state_of_the_process_is_as_before(data, learner, status):
    fold_fit = FoldFit(
        0, Configuration(learner), 0, 0, seed=5, handed_over=data.handed_over
    )
    # What imports change, they change once.
    run_fold_fit(data.store, FoldFit(0, Configuration("ridge"), 0, 1, seed=5))
    with threadpool_limits(limits=2):
        before = state()

        outcome = run_fold_fit(data.store, fold_fit)

        assert outcome.status is FoldStatus(status)
        assert state() == before


@pytest.mark.parametrize("marks_start", [True, False])
def test_a_file_says_that_a_fold_fit_has_begun_where_it_is_to(data, marks_start):
    fold_fit = FoldFit(0, Configuration("ridge"), 0, 0, seed=5, marks_start=marks_start)

    run_fold_fit(data.store, fold_fit)

    assert has_started(data.store, fold_fit.name) == marks_start


def test_seconds_of_a_fold_fit_do_not_count_the_start_of_its_worker(data, monkeypatch):
    def import_slowly():
        time.sleep(0.2)

    run_fold_fit(data.store, FoldFit(0, Configuration("ridge"), 0, 1, seed=5))
    monkeypatch.setattr(fold_fit_module, "import_libraries", import_slowly)
    fold_fit = FoldFit(0, Configuration("ridge"), 0, 0, seed=5, marks_start=True)

    began = time.monotonic()
    outcome = run_fold_fit(data.store, fold_fit)

    assert outcome.total_seconds <= time.monotonic() - began - 0.2


@pytest.mark.parametrize(
    ("learner", "reason"),
    [
        ("cannot_load", "must load and predict. Got KeyError"),
        ("loads_another", "must predict as the fitted model does"),
    ],
)
def test_a_learner_whose_stored_model_is_another_fails_each_fold_fit(
    data, learner, reason
):
    for fold in (0, 1):
        fold_fit = FoldFit(
            0,
            Configuration(learner),
            0,
            fold,
            seed=5,
            handed_over=data.handed_over,
        )

        outcome = run_fold_fit(data.store, fold_fit)

        assert outcome.status is FoldStatus.ERROR
        assert reason in outcome.reason
        assert f"headstart plugins check {learner}" in outcome.reason
        assert f"fits/{fold_fit.name}.model" not in data.store


def test_the_stored_model_of_a_learner_is_loaded_once_a_run(data):
    for fold in (0, 1, 2):
        fold_fit = FoldFit(
            0,
            Configuration("counts_loads"),
            0,
            fold,
            seed=5,
            handed_over=data.handed_over,
        )
        outcome = run_fold_fit(data.store, fold_fit)
        assert outcome.status is FoldStatus.OK

    assert (data.store.folder / "loads.log").read_text() == "loaded\n"


def run_keeping_parts(data, fold):
    fold_fit = FoldFit(
        0,
        Configuration("keeps_parts"),
        0,
        fold,
        seed=5,
        handed_over=data.handed_over,
    )
    outcome = run_fold_fit(data.store, fold_fit)
    forget_fit_data()
    assert outcome.status is FoldStatus.OK, outcome.reason
    return data.store.folder / "parts.log"


@pytest.mark.parametrize("fold", [0, ALL_ROWS])
def test_inner_folds_of_training_rows_keep_groups_whole(tmp_path, fold):
    groups = np.arange(N) // 2
    data = write_data(tmp_path, dependence=Dependence(groups=groups))

    rows, parts = np.loadtxt(run_keeping_parts(data, fold), dtype=int)

    assert rows.size == (N if fold == ALL_ROWS else 2 * N // 3)
    assert np.unique(parts).size == 5
    for group in np.unique(groups[rows]):
        assert np.unique(parts[groups[rows] == group]).size == 1


def test_inner_folds_of_rows_in_order_of_time_are_blocks(tmp_path):
    data = write_data(tmp_path, dependence=Dependence(order=np.arange(N)[::-1].copy()))

    rows, parts = np.loadtxt(run_keeping_parts(data, ALL_ROWS), dtype=int)

    assert np.array_equal(rows, np.arange(N))
    assert (np.diff(parts) <= 0).all()
    assert np.unique(parts).size == 5


def test_independent_rows_have_no_inner_folds(tmp_path):
    assert run_keeping_parts(write_data(tmp_path), 0).read_text() == "none"
