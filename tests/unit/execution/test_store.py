"""A fold fit knows no folder: memory serves as well as a run folder does."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from headstart.base import (
    Configuration,
    FoldFit,
    FoldStatus,
    Step,
    Task,
    TaskKind,
    Transform,
)
from headstart.execution import open_executor
from headstart.execution.fit_data import FitData, forget_fit_data, write_fit_data
from headstart.execution.fold_fit import (
    forget_results,
    read_outcome,
    read_prediction,
    run_fold_fit,
)
from headstart.execution.store import (
    FolderStore,
    MemoryStore,
    get_array,
    get_frame,
    get_parts,
    put_array,
    put_frame,
    put_parts,
)
from headstart.learners.linear import Ridge
from headstart.tables import Schema
from headstart.validation import Folds

N = 30
RANDOM = np.random.default_rng(0)
FRAME = pl.DataFrame(
    {
        "x": RANDOM.normal(size=N).tolist(),
        "t": [["u", "v", None][i % 3] for i in range(N)],
    }
)
Y = FRAME["x"].to_numpy() * 2.0 + RANDOM.normal(size=N)


class Own(Ridge):
    """A learner that only this run knows."""

    name = "own"


class Twice(Transform):
    """A transform that only this run knows."""

    name = "twice"

    def columns(self, table, task):
        return ("x",)

    def fit(self, task, parameters, rows, validation, resources):
        return {"mean": float(rows.X["x"].mean())}

    def transform(self, fitted, X, task):
        return X.select((2 * (pl.col("x") - fitted["mean"])).alias("twice"))

    def dump(self, fitted):
        return {"mean": repr(fitted["mean"]).encode()}

    def load(self, parts):
        return {"mean": float(parts["mean"])}


@pytest.fixture(params=["memory", "folder"])
def store(request, tmp_path):
    yield MemoryStore() if request.param == "memory" else FolderStore(tmp_path)
    forget_fit_data()


def written(store):
    schema = Schema.learn(FRAME, overrides={"x": "numeric", "t": "categorical"})
    return write_fit_data(
        FitData(
            store=store,
            task=Task(TaskKind.REGRESSION, N, 1, 1, 0, "rmse"),
            schema=schema,
            table=schema.apply(FRAME),
            y=Y,
            weight=np.ones(N),
            folds=Folds((np.arange(N) % 3).astype(np.uint8)[None]),
            learners={"own": Own()},
            transforms={"twice": Twice()},
        )
    )


def fold_fits(data):
    steps = (Step("twice"),)
    configurations = [Configuration("ridge"), Configuration("own", transforms=steps)]
    return [
        FoldFit(number, each, 0, fold, seed=5, handed_over=data.handed_over)
        for number, each in enumerate(configurations)
        for fold in (0, 1, -1)
    ]


def test_what_is_stored_comes_back(store):
    if isinstance(store, FolderStore):
        (store.folder / "fits").mkdir()
    array, frame = np.arange(6.0).reshape(2, 3), pl.DataFrame({"a": [1, None]})
    store.put("fits/bytes", b"1")
    store.put("fits/bytes", b"22")
    size = put_parts(store, "fits/parts", {"one": b"1", "two": b"22"})
    put_array(store, "fits/array", array)
    put_frame(store, "fits/frame", frame)

    assert store.get("fits/bytes") == b"22"
    assert get_parts(store, "fits/parts") == {"one": b"1", "two": b"22"}
    assert size == len(store.get("fits/parts"))
    assert (get_array(store, "fits/array") == array).all()
    assert get_frame(store, "fits/frame").equals(frame)


def test_what_is_not_stored_is_an_error(store):
    store.drop("nothing")
    assert "nothing" not in store
    for read in (
        store.get,
        lambda n: get_parts(store, n),
        lambda n: get_array(store, n),
    ):
        with pytest.raises(KeyError):
            read("nothing")


def test_memory_gives_the_results_of_a_run_folder(tmp_path):
    results = []
    for store in (MemoryStore(), FolderStore(tmp_path)):
        data = written(store)
        for fold_fit in fold_fits(data):
            outcome = run_fold_fit(store, fold_fit)
            assert outcome.status is FoldStatus.OK, outcome.reason
            parts = get_parts(store, f"fits/{fold_fit.name}.model")
            prediction = b""
            if fold_fit.fold >= 0:
                prediction = read_prediction(store, fold_fit.name).tobytes()
            known = replace(outcome, fit_seconds=0, predict_seconds=0, total_seconds=0)
            results.append((fold_fit.name, known, prediction, parts))
        forget_fit_data()
    half = len(results) // 2
    assert results[:half] == results[half:]
    assert len({prediction for _, _, prediction, _ in results[:half]}) == 5


def test_fold_fits_run_in_this_process_without_a_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    store = MemoryStore()
    data = written(store)
    executor = open_executor(1)
    futures = [executor.submit(run_fold_fit, (store, fit)) for fit in fold_fits(data)]
    outcomes = [future.result() for future in futures]
    executor.close()
    forget_fit_data()

    assert {outcome.status for outcome in outcomes} == {FoldStatus.OK}
    assert [read_outcome(store, fit.name) for fit in fold_fits(data)] == outcomes
    assert list(tmp_path.iterdir()) == []


def test_results_can_be_removed(store):
    data = written(store)
    fold_fit = fold_fits(data)[0]
    run_fold_fit(store, fold_fit)
    forget_results(store, fold_fit.name)
    assert read_outcome(store, fold_fit.name) is None
    with pytest.raises(KeyError):
        read_prediction(store, fold_fit.name)
