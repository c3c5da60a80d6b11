"""Load damaged models; run by `test_loader.py` in a process of its own.

Prints how many were refused and how many loaded and predicted.
"""

import io
import sys
import zipfile

import numpy as np
from headstart_interpret import ExplainableBoosting

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.base.arrays import pack_arrays
from headstart.exceptions import ArtifactError

EVIL = (-(2**63), -1, 0, 1, 2, 7, 300, 2**31, 2**62, np.nan, np.inf, 1e308, -1e10, 0.5)


def make_rows(n_classes):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(80, 4))
    values[:, 3] = rng.integers(0, 5, 80)
    X = Matrix(values, tuple("abcd"), (3,), (5,))
    signal = values[:, 0] + values[:, 1] * (values[:, 3] % 2)
    if n_classes == 0:
        return Rows(X, signal)
    cuts = np.quantile(signal, np.arange(1, n_classes) / n_classes)
    return Rows(X, np.searchsorted(cuts, signal))


def damage(parts, rng):
    """Change a byte, cut the end, or put a number out of place."""
    data = bytearray(parts["tables.npz"])
    kind = rng.integers(3)
    if kind == 0:
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        return {"tables.npz": bytes(data)}
    if kind == 1:
        return {"tables.npz": bytes(data[: rng.integers(len(data))])}
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        arrays = {
            name.removesuffix(".npy"): np.load(io.BytesIO(file.read(name)))
            for name in file.namelist()
        }
    array = arrays[rng.choice(sorted(name for name in arrays if arrays[name].size))]
    evil = EVIL[rng.integers(len(EVIL))]
    with np.errstate(invalid="ignore"):
        array.flat[rng.integers(array.size)] = np.array(evil).astype(array.dtype)
    return {"tables.npz": pack_arrays(arrays)}


def main(n_rounds):
    rng = np.random.default_rng(0)
    learner = ExplainableBoosting()
    refused = loaded = 0
    for kind, n_classes in zip(sorted(TaskKind), (2, 3, 0), strict=True):
        task = Task(kind, 80, 3, 1, n_classes, "log_loss" if n_classes else "rmse")
        rows = make_rows(n_classes)
        few = {"n_rounds": 5, "n_pair_rounds": 5, "max_bins": 16}
        parts = learner.dump(learner.fit(task, few, rows, None, Resources(1, 0)))
        for _ in range(n_rounds):
            try:
                model = learner.load({**parts, **damage(parts, rng)})
            except ArtifactError:
                refused += 1
                continue
            assert np.isfinite(learner.predict(model, rows.X, task)).all()
            loaded += 1
    sys.stdout.write(f"{refused} {loaded}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
