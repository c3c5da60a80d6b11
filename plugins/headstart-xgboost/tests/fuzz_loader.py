"""Load damaged models; run by `test_loader.py` in a process of its own.

Prints how many were refused and how many loaded and predicted. A crash ends the
process, which is what the test looks for.
"""

import contextlib
import sys

import numpy as np
from headstart_xgboost import XGBoost, ubjson

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.exceptions import ArtifactError

EVIL = (
    -1, -2, 0, 1, 2, 3, 7, 64, 300, 65536, 2**31 - 1, -(2**31), 2**32 - 1, 2**62,
    1e38, 1e308, float("nan"), float("inf"), 0.5,
)  # fmt: skip


def make_rows(n_classes, n_rows=200):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_rows, 4))
    values[:, 2:] = rng.integers(0, 12, (n_rows, 2))
    X = Matrix(values, tuple("abcd"), (2, 3), (12, 12))
    signal = values[:, 0] + (values[:, 2] % 2) + (values[:, 3] % 3)
    if n_classes == 0:
        return Rows(X, signal)
    cuts = np.quantile(signal, np.arange(1, n_classes) / n_classes)
    return Rows(X, np.searchsorted(cuts, signal))


def damage(parts, rng):
    parts = dict(parts)
    name = rng.choice(sorted(parts))
    data = bytearray(parts[name])
    kind = rng.integers(6)
    if kind == 0:
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            data[place] ^= 1 << rng.integers(8)
    elif kind == 1:
        del data[rng.integers(0, len(data)) :]
    elif kind == 2:
        start, end = sorted(rng.integers(0, len(data), 2))
        del data[start : min(end, start + 200)]
    else:
        # A number becomes another one: most of these still parse.
        name = "model.ubj"
        record = ubjson.read(parts[name])
        trees = record["learner"]["gradient_booster"]["model"]["trees"]
        tree = trees[rng.integers(len(trees))]
        arrays = sorted(k for k, v in tree.items() if isinstance(v, np.ndarray))
        key, other = rng.choice(arrays, 2)
        if tree[key].size and tree[other].size:
            value = tree[other][rng.integers(tree[other].size)].item()
            numbers = tree[key].tolist()
            numbers[rng.integers(len(numbers))] = (
                value if kind == 3 else EVIL[rng.integers(len(EVIL))]
            )
            tree[key] = np.array(numbers)
        data = ubjson.write(record)
    parts[name] = bytes(data)
    return parts


def main(n_rounds):
    rng = np.random.default_rng(0)
    learner = XGBoost()
    refused = loaded = 0
    for kind, n_classes in zip(sorted(TaskKind), (2, 3, 0), strict=True):
        task = Task(kind, 200, 2, 2, n_classes, "log_loss" if n_classes else "rmse")
        rows = make_rows(n_classes)
        parameters = {"n_rounds": 4, "max_cat_to_onehot": 2}
        parts = learner.dump(learner.fit(task, parameters, rows, None, Resources(1, 0)))
        few = rows.X.take(np.arange(40))
        for _ in range(n_rounds):
            try:
                model = learner.load(damage(parts, rng))
            except ArtifactError:
                refused += 1
                continue
            # Numbers that are finite may add up to something that is not.
            with contextlib.suppress(ValueError):
                learner.predict(model, few, task)
            loaded += 1
    sys.stdout.write(f"{refused} {loaded}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
