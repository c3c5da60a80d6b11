"""Code that a run brings reaches its workers; code that lies in the folder does not."""

import hashlib
import json
import pickle
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from headstart.base import Learner, Task, TaskKind
from headstart.exceptions import RunFolderError
from headstart.execution.fit_data import (
    FitData,
    forget_fit_data,
    load_fit_data,
    write_fit_data,
)
from headstart.execution.store import FolderStore
from headstart.learners.linear import Ridge
from headstart.tables import Schema
from headstart.validation import Folds

FRAME = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]})


class Planted:
    """Runs code when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


class Own(Ridge):
    name = "own"


@pytest.fixture
def write(tmp_path):
    def build(**learners: Learner):
        schema = Schema.learn(FRAME)
        return write_fit_data(
            FitData(
                store=FolderStore(tmp_path / "run"),
                task=Task(TaskKind.REGRESSION, 4, 1, 0, 0, "rmse"),
                schema=schema,
                table=schema.apply(FRAME),
                y=np.arange(4.0),
                weight=None,
                folds=Folds(np.array([[0, 1, 0, 1]], dtype=np.uint8)),
                learners=learners,
            )
        )

    return build


def as_a_worker(data):
    forget_fit_data()
    return replace(load_fit_data(data.store), handed_over=data.handed_over)


def test_a_learner_of_the_runs_own_reaches_a_worker(write):
    data = write(own=Own())

    assert as_a_worker(data).learner("own").name == "own"


@pytest.mark.parametrize("kind", ["learners", "transforms"])
def test_a_planted_pickle_is_not_loaded(write, tmp_path, kind):
    mark = tmp_path / "planted"
    planted = tmp_path / "run" / "data" / kind / "ridge.pkl"
    planted.parent.mkdir(parents=True)
    planted.write_bytes(pickle.dumps(Planted(mark)))
    data = as_a_worker(write())

    if kind == "learners":
        assert isinstance(data.learner("ridge"), Ridge)
    else:
        with pytest.raises(Exception, match="ridge"):
            data.transform("ridge")

    assert not mark.exists()


def test_a_pickle_that_was_replaced_is_refused(write, tmp_path):
    data = write(own=Own())
    mark = tmp_path / "planted"
    path = tmp_path / "run" / "data" / "learners" / "own.pkl"
    path.write_bytes(pickle.dumps(Planted(mark)))

    with pytest.raises(RunFolderError, match="was changed after this run wrote it"):
        as_a_worker(data).learner("own")

    assert not mark.exists()


def test_a_planted_place_of_a_plugin_file_is_not_read(write, tmp_path):
    mark, plugin = tmp_path / "planted", tmp_path / "plugin.py"
    plugin.write_text(f"open({str(mark)!r}, 'w')\n")
    folder = tmp_path / "run" / "data" / "learners"
    folder.mkdir(parents=True)
    digest = hashlib.sha256(plugin.read_bytes()).hexdigest()
    (folder / "ridge.json").write_text(json.dumps([str(plugin), digest]))

    assert isinstance(as_a_worker(write()).learner("ridge"), Ridge)
    assert not mark.exists()
