"""Features made by a peer, in a Python that has it.

    python screening_peers.py {mljar,openfe} FILE

FILE is a pickle that `screening.py` wrote; the result replaces it.
"""

import importlib.util
import pickle
import sys
import tempfile
import types
import warnings
from pathlib import Path

import numpy as np
import pandas as pd


def mljar(work: dict) -> tuple[np.ndarray, list[str]]:
    """Make mljar's golden features."""
    # Without the package's learners, which this file of it does not use.
    spec = importlib.util.find_spec("supervised")
    package = types.ModuleType("supervised")
    package.__path__ = list(spec.submodule_search_locations)
    registry = types.ModuleType("supervised.algorithms.registry")
    registry.BINARY_CLASSIFICATION = "binary_classification"
    registry.MULTICLASS_CLASSIFICATION = "multiclass_classification"
    registry.REGRESSION = "regression"
    sys.modules.update({package.__name__: package, registry.__name__: registry})
    from supervised.preprocessing.goldenfeatures_transformer import (
        GoldenFeaturesTransformer,
    )

    task = {
        "binary": "binary_classification",
        "multiclass": "multiclass_classification",
        "regression": "regression",
    }[work["task"]]
    frame = table(work)
    numeric = frame.loc[:, ~work["categorical"]].fillna(0)
    train, y = work["train"], work["y"][work["train"]]
    folder = tempfile.mkdtemp()
    maker = GoldenFeaturesTransformer(folder, task, n_jobs=1)
    try:
        maker.fit(numeric.iloc[train].reset_index(drop=True), pd.Series(y))
    except Exception as error:
        if "not created" not in str(error):
            raise
        return np.zeros((0, len(frame))), []  # it says that there is nothing to make
    made = maker.transform(numeric.reset_index(drop=True).copy())
    names = [name for name in made.columns if name not in numeric.columns]
    return made[names].to_numpy(dtype=float).T, names


def openfe(work: dict) -> tuple[np.ndarray, list[str]]:
    """Make the features that OpenFE ranks first, at most 20."""
    from openfe import OpenFE, transform, tree_to_formula

    frame = table(work)
    for column in frame.columns[work["categorical"]]:
        frame[column] = frame[column].astype(int).astype("category")
    train, test = work["train"], work["test"]
    maker = OpenFE()
    label = pd.DataFrame({"y": work["y"][train]})
    known = frame.iloc[train].reset_index(drop=True)
    task = "regression" if work["task"] == "regression" else "classification"
    chosen = maker.fit(
        data=known,
        label=label,
        task=task,
        categorical_features=list(frame.columns[work["categorical"]]),
        n_jobs=1,
        verbose=False,
    )[:20]
    new = frame.iloc[test].reset_index(drop=True)
    train_features, test_features = transform(known, new, chosen, n_jobs=1)
    names = [name for name in train_features.columns if name not in frame.columns]
    values = np.full((len(names), len(frame)), np.nan)
    values[:, train] = train_features[names].to_numpy(dtype=float).T
    values[:, test] = test_features[names].to_numpy(dtype=float).T
    return values, [tree_to_formula(feature) for feature in chosen]


def table(work: dict) -> pd.DataFrame:
    X = work["X"]
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    system, path = sys.argv[1], Path(sys.argv[2])
    values, names = {"mljar": mljar, "openfe": openfe}[system](
        pickle.loads(path.read_bytes())  # written by the benchmark that called us
    )
    path.write_bytes(pickle.dumps({"values": values, "names": names}))
