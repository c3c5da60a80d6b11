"""AutoML systems as their users start them, each in a Python where it is installed.

    python systems.py {flaml,autogluon} FOLDER SECONDS

FOLDER holds what `run_system` wrote: the tables, and task.json; the answer is written
beside them. Each optimises what the table of `automl.py` is scored by, on two cores:

- flaml: `AutoML` as it comes. pip install "flaml[automl]" pyarrow
- autogluon: the preset "best_quality", which its authors publish their scores with,
  without neural networks. pip install "autogluon.tabular[lightgbm,catboost,xgboost]"
"""

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
        found = model.predict_proba(test)
        return found.to_numpy(), np.array(found.columns)


SYSTEMS = {"flaml": flaml, "autogluon": autogluon}


def run_system(system: str, python: Path, data, seconds: float):
    """Return a system's predictions, classes and facts; None where it gave nothing.

    Parameters
    ----------
    system : str
        A key of `SYSTEMS`.
    python : path
        Interpreter in which it is installed.
    data : Split
    seconds : float
        Its time limit.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.X_train.write_parquet(folder / "train.parquet")
        data.X_test.write_parquet(folder / "test.parquet")
        labels = data.y_train
        if data.task != "regression":
            labels = labels.astype(str)
        np.save(folder / "y.npy", labels.astype(str), allow_pickle=False)
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
        if done.returncode:
            return None, (done.stderr.strip().splitlines() or ["no message"])[-1][:300]
        with np.load(folder / "answer.npz") as answer:
            classes = answer.get("classes")
            return (answer["prediction"], classes, float(answer["seconds"])), ""


def main() -> None:
    import pandas as pd

    system, name, seconds = sys.argv[1:]
    folder = Path(name)
    task = json.loads((folder / "task.json").read_text())
    train = pd.read_parquet(folder / "train.parquet")
    test = pd.read_parquet(folder / "test.parquet")
    y = np.load(folder / "y.npy")
    target = pd.Series(y.astype(float) if task == "regression" else y)
    begun = time.monotonic()
    prediction, classes = SYSTEMS[system](train, target, test, task, float(seconds))
    answer = {"prediction": prediction, "seconds": time.monotonic() - begun}
    if classes is not None:
        answer["classes"] = np.asarray(classes).astype(str)
    np.savez(folder / "answer.npz", **answer)


if __name__ == "__main__":
    main()
