"""A fold's rows after a step, as a search makes them."""

import numpy as np
import pytest

from headstart.base import Resources, Step, Task, TaskKind
from headstart.execution.fit_data import FitData, write_fit_data
from headstart.execution.fold_table import fold_table
from headstart.execution.store import FolderStore
from headstart.tables import Schema
from headstart.validation import Folds

N_FOLDS = 3


@pytest.fixture
def folds_after(tmp_path):
    """Return the folds' rows after transforms: training and held-out tables, rows."""

    def make(frame, y, *transforms, kind=TaskKind.REGRESSION, parameters=None):
        schema = Schema.learn(frame)
        n_classes = 0 if kind is TaskKind.REGRESSION else int(max(y)) + 1
        table = schema.apply(frame)
        numeric = sum(dtype.is_numeric() for dtype in table.dtypes)
        data = write_fit_data(
            FitData(
                store=FolderStore(tmp_path),
                task=Task(
                    kind, len(y), numeric, table.width - numeric, n_classes, "rmse"
                ),
                schema=schema,
                table=table,
                y=y,
                weight=None,
                folds=Folds((np.arange(len(y)) % N_FOLDS).astype(np.uint8)[None]),
                transforms={t.name: t for t in transforms},
            )
        )
        steps = [Step(t.name, parameters or {}) for t in transforms]
        for fold in range(N_FOLDS):
            made = fold_table(data, steps, 0, fold, Resources(seed=fold))
            yield made, data.train(0, fold), data.held_out(0, fold)

    return make
