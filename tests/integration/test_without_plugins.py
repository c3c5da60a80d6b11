"""Models with boosted trees predict where what fitted them is not installed."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

import headstart
from headstart import AutoClassifier, Validation

# In another process, which has neither the plugin nor its library.
PREDICT = """
import sys
import warnings

library, model, table, predictions = sys.argv[1:]
sys.modules[library] = sys.modules[f"headstart_{library}"] = None

import numpy as np
import polars as pl

import headstart
from headstart.plugins import load_plugins

warnings.simplefilter("ignore")
assert library not in load_plugins().learners
loaded = headstart.load(model)
np.save(predictions, loaded.predict_proba(pl.read_parquet(table)))
loaded.save(model + ".again")
again = headstart.load(model + ".again")
assert np.array_equal(
    loaded.predict_proba(pl.read_parquet(table)),
    again.predict_proba(pl.read_parquet(table)),
)
"""


def make_table(n_rows=200):
    rng = np.random.default_rng(0)
    table = pl.DataFrame(
        {
            "x": np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(size=n_rows)),
            "city": rng.choice(["Bern", "Oslo", "Rome"], n_rows),
        }
    )
    return table, rng.choice(["a", "b", "c"], n_rows)


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_a_model_predicts_without_the_library_that_fitted_it(library, tmp_path):
    pytest.importorskip(f"headstart_{library}")
    table, y = make_table()
    model = AutoClassifier(
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        learners=[library],
        validation=Validation(folds=2, repeats=1),
        random_state=0,
    ).fit(table, y, listeners=[])
    path = model.save(tmp_path / "model.headstart")
    table.write_parquet(tmp_path / "table.parquet")

    subprocess.run(
        [
            *(sys.executable, "-c", PREDICT, library, str(path)),
            *(str(tmp_path / name) for name in ("table.parquet", "predictions.npy")),
        ],
        check=True,
    )

    found = np.load(tmp_path / "predictions.npy")
    np.testing.assert_array_equal(found, model.predict_proba(table))
    np.testing.assert_array_equal(found, headstart.load(path).predict_proba(table))
