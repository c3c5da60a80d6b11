"""A transform in one file: how far each number is from the median."""

import numpy as np
import polars as pl

from headstart.sdk import Transform, hookimpl, pack_arrays, require, unpack_arrays

_PART = "medians.npz"


class OwnDistances(Transform):
    """Distances to the training median."""

    name = "own_distances"

    def fit(self, task, parameters, rows, validation, resources):
        return np.array([rows.X[name].median() or 0.0 for name in rows.X.columns])

    def transform(self, fitted, X, task):
        return X.select(
            (pl.col(name) - median).abs().alias(f"{name} off the median")
            for name, median in zip(X.columns, fitted, strict=True)
        )

    def dump(self, fitted):
        return {_PART: pack_arrays({"medians": fitted})}

    def load(self, parts):
        require(list(parts) == [_PART], "There must be one part.")
        return unpack_arrays(parts[_PART], {"medians": ("f", 1)})["medians"]


@hookimpl
def register_transforms(register):
    register(OwnDistances())
