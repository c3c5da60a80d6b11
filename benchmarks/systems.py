"""AutoML systems with their users' settings, each in a Python that has it.

    python systems.py {flaml,autogluon} FOLDER SECONDS

FOLDER has the files of `run_system`: the tables, and task.json; the result is written
beside them. Each system optimises the metric of the table of `automl.py`, on two cores:

- flaml: `AutoML` with its defaults. pip install "flaml[automl]" pyarrow
- autogluon: the preset "best_quality", with which its authors publish their scores,
  without neural networks. pip install "autogluon.tabular[lightgbm,catboost,xgboost]"
"""

import importlib.metadata
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

N_THREADS = 2
# Beyond its time limit: to start, to read the tables and to predict.
GRACE_SECONDS = 240.0


def flaml(train, y, test, task: str, seconds: float):
    """Return predictions and classes."""
    from flaml import AutoML

    metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[task]
    model = AutoML()
    model.fit(
        X_train=train,
        y_train=y,
        task="regression" if task == "regression" else "classification",
        metric=metric,
        time_budget=seconds,
        n_jobs=N_THREADS,
        seed=0,
        verbose=0,
    )
    if task == "regression":
        return model.predict(test), None
    return model.predict_proba(test), model.classes_


def autogluon(train, y, test, task: str, seconds: float):
    """Return predictions and classes."""
    from autogluon.tabular import TabularPredictor

    metric = {
        "binary": "roc_auc",
        "multiclass": "log_loss",
        "regression": "root_mean_squared_error",
    }[task]
    label = "target of the table"
    with tempfile.TemporaryDirectory() as folder:
        model = TabularPredictor(
            label=label, problem_type=task, eval_metric=metric, path=folder, verbosity=0
        ).fit(
            train.assign(**{label: y}),
            time_limit=seconds,
            presets="best_quality",
            num_cpus=N_THREADS,
        )
        if task == "regression":
            return model.predict(test).to_numpy(), None
        probabilities = model.predict_proba(test)
        return probabilities.to_numpy(), np.array(probabilities.columns)


SYSTEMS = {"flaml": flaml, "autogluon": autogluon}
DISTRIBUTIONS = {"flaml": "flaml", "autogluon": "autogluon.tabular"}


def run_system(system: str, python: Path, data, seconds: float):
    """Return a system's predictions, classes and facts, and why it gave none.

    The first is None where it was killed, raised an error, or was not done long after
    its time limit.

    Parameters
    ----------
    system : str
        A key of `SYSTEMS`.
    python : path
        Interpreter in which it is installed.
    data : Split
    seconds : float
        Its time limit.

    Raises
    ------
    SystemExit
        Where the system could not be started: that says nothing about it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.X_train.write_parquet(folder / "train.parquet")
        data.X_test.write_parquet(folder / "test.parquet")
        np.save(folder / "y.npy", data.y_train.astype(str), allow_pickle=False)
        (folder / "task.json").write_text(json.dumps(data.task))
        try:
            done = subprocess.run(
                [python, __file__, system, folder, f"{seconds:g}"],
                timeout=seconds + GRACE_SECONDS,
                capture_output=True,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None, f"not done {GRACE_SECONDS:.0f} s after its limit"
        if done.returncode < 0:
            return None, f"killed by signal {-done.returncode}"
        if done.returncode:
            raise SystemExit(f"{system} in {python} did not start.\n{done.stderr}")
        facts = json.loads((folder / "facts.json").read_text())
        if "gave_up" in facts:
            return None, facts["gave_up"]
        with np.load(folder / "answer.npz") as answer:
            return (answer["prediction"], answer.get("classes"), facts), ""


def main() -> None:
    import pandas as pd

    system, name, seconds = sys.argv[1:]
    folder = Path(name)
    task = json.loads((folder / "task.json").read_text())
    train = pd.read_parquet(folder / "train.parquet")
    test = pd.read_parquet(folder / "test.parquet")
    y = np.load(folder / "y.npy")
    target = pd.Series(y.astype(float) if task == "regression" else y)
    facts: dict = {"version": importlib.metadata.version(DISTRIBUTIONS[system])}
    begun = time.monotonic()
    try:
        prediction, classes = SYSTEMS[system](train, target, test, task, float(seconds))
    except ImportError:
        raise
    except Exception as error:
        facts["gave_up"] = f"{type(error).__name__}: {str(error)[:300]}"
    else:
        # To predict is a part of them.
        facts["fit_seconds"] = time.monotonic() - begun
        answer = {"prediction": prediction}
        if classes is not None:
            answer["classes"] = np.asarray(classes).astype(str)
        np.savez(folder / "answer.npz", **answer)
    (folder / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
