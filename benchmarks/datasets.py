"""The development datasets, read from the folder that HEADSTART_DATASETS names."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import psutil
from sklearn.model_selection import train_test_split

TEST_SHARE = 0.3


def busy_share(seconds: float = 1.0) -> float:
    """Return the share of the machine's cores that other processes use now."""
    return psutil.cpu_percent(interval=seconds) / 100


@dataclass(frozen=True)
class Split:
    """A dataset, divided into training and test rows.

    `y_train` and `y_test` are labels, or numbers for regression.
    """

    name: str
    task: str
    X_train: pl.DataFrame
    y_train: np.ndarray
    X_test: pl.DataFrame
    y_test: np.ndarray


def folder() -> Path:
    """Return the datasets' folder; exit with a message if it is not set."""
    path = os.environ.get("HEADSTART_DATASETS")
    if not path or not (Path(path) / "manifest.json").exists():
        raise SystemExit(
            "Set HEADSTART_DATASETS to a folder with manifest.json and the datasets."
        )
    return Path(path)


def manifest() -> dict[str, dict]:
    """Return all entries of the manifest by name."""
    entries = json.loads((folder() / "manifest.json").read_text())
    return {entry["name"]: entry for entry in entries}


def load(name: str) -> tuple[pl.DataFrame, np.ndarray, str]:
    """Return features, target and kind of task."""
    entry = manifest()[name]
    frame = pl.read_parquet(folder() / entry["file"])
    y = frame[entry["target"]]
    if entry["task"] == "regression":
        values = y.cast(pl.Float64).to_numpy()
    elif y.dtype in (pl.Categorical, pl.Enum, pl.String):
        values = y.cast(pl.String).to_numpy().astype(object)
    else:
        values = y.to_numpy()
    return frame.drop(entry["target"]), values, entry["task"]


def split(name: str, seed: int = 0) -> Split:
    """Use 30 % of the rows for the test, stratified if every class has enough rows."""
    X, y, task = load(name)
    rows = np.arange(len(y))
    strata = None
    if task != "regression":
        labels, counts = np.unique(y.astype(str), return_counts=True)
        rare = set(labels[counts < 2])
        strata = np.array(["" if v in rare else v for v in y.astype(str)])
        if (strata == "").sum() == 1:
            strata = None
    train, test = train_test_split(
        rows, test_size=TEST_SHARE, random_state=seed, stratify=strata
    )
    if task != "regression":
        # A class that training does not have cannot be predicted by anyone.
        test = test[np.isin(y[test].astype(str), y[train].astype(str))]
    return Split(name, task, X[train], y[train], X[test], y[test])
