"""Models of stored kinds predict where what fitted them is not installed."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from tests.small_models import small_model, small_table

import headstart
from headstart import AutoClassifier, Validation
from headstart.artifact.model_file import save_model
from headstart.plugins import load_plugins
from headstart.predict import KINDS

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

    predictions = np.load(tmp_path / "predictions.npy")
    np.testing.assert_array_equal(predictions, model.predict_proba(table))
    np.testing.assert_array_equal(
        predictions, headstart.load(path).predict_proba(table)
    )


# One learner of each kind; all that fit, boost or search with a library of their own.
LEARNERS = {
    "additive_tables": "explainable_boosting",
    "boosted_trees": "lightgbm",
    "capped_trees": "hist_gradient_boosting",
    "forest": "extra_trees",
    "kernel_machine": "kernel",
    "linear": "elastic_net",
    "neighbors": "k_neighbors",
    "network": "mlp",
    "support_vectors": "svm",
}
LIBRARIES = ("lightgbm", "xgboost", "catboost", "interpret", "sklearn")

PREDICT_EACH = """
import sys
import warnings
from pathlib import Path

blocked, folder = sys.argv[1].split(","), Path(sys.argv[2])
for name in blocked:
    sys.modules[name] = sys.modules[f"headstart_{name}"] = None

import numpy as np
import polars as pl

from headstart.artifact.model_file import load_model

warnings.simplefilter("ignore")
table = pl.read_parquet(folder / "table.parquet")
for path in sorted(folder.glob("*.headstart")):
    model, _ = load_model(path)
    members = [s for s in model.steps() if "learner" in s.record]
    assert members and not any(step.is_python for step in members)
    np.save(path.with_suffix(".npy"), model.predict_outputs(table))
    assert not [name for name in blocked if sys.modules[name] is not None]
"""


def test_there_is_a_learner_of_each_kind():
    assert LEARNERS.keys() == KINDS.keys()


@pytest.mark.parametrize("needs_sklearn", [False, True], ids=["without", "with"])
def test_each_kind_predicts_to_the_bit_without_its_libraries(needs_sklearn, tmp_path):
    # The search for nearest neighbours is scikit-learn's.
    kinds = [kind for kind in LEARNERS if (kind == "neighbors") == needs_sklearn]
    blocked = LIBRARIES[:-1] if needs_sklearn else LIBRARIES
    installed = load_plugins().learners
    expected = {}
    for kind in kinds:
        if LEARNERS[kind] not in installed:
            continue
        for task in ("binary", "multiclass", "regression"):
            model = small_model(task, LEARNERS[kind], folds=1)
            assert model.steps()[2].kind == kind
            name = f"{kind}-{task}"
            save_model(model, tmp_path / f"{name}.headstart", {})
            expected[name] = model.predict_outputs(small_table())
    small_table().write_parquet(tmp_path / "table.parquet")

    script = (sys.executable, "-c", PREDICT_EACH, ",".join(blocked), str(tmp_path))
    subprocess.run(script, check=True)

    assert len(expected) >= 3
    for name, outputs in expected.items():
        np.testing.assert_array_equal(
            np.load(tmp_path / f"{name}.npy"), outputs, err_msg=name
        )
