"""Load damaged models; run by `test_loader.py` in a process of its own."""

import io
import sys
import zipfile

import numpy as np
from headstart_interpret import ExplainableBoosting

from headstart.sdk import pack_arrays
from headstart.testing.boosters import damage_bytes, fuzz

EVIL = (-(2**63), -1, 0, 1, 2, 7, 300, 2**31, 2**62, np.nan, np.inf, 1e308, -1e10, 0.5)


def damage(parts, rng):
    """Damage bytes of the tables or, one time in three, put a number out of place."""
    tables = {"tables.npz": parts["tables.npz"]}
    if rng.integers(3):
        return {**parts, **damage_bytes(tables, rng)}
    with zipfile.ZipFile(io.BytesIO(tables["tables.npz"])) as file:
        arrays = {
            name.removesuffix(".npy"): np.load(io.BytesIO(file.read(name)))
            for name in file.namelist()
        }
    array = arrays[rng.choice(sorted(name for name in arrays if arrays[name].size))]
    evil = EVIL[rng.integers(len(EVIL))]
    with np.errstate(invalid="ignore"):
        array.flat[rng.integers(array.size)] = np.array(evil).astype(array.dtype)
    return {**parts, "tables.npz": pack_arrays(arrays)}


if __name__ == "__main__":
    few = {"n_rounds": 5, "n_pair_rounds": 5, "max_bins": 16}
    fuzz(ExplainableBoosting(), few, damage, int(sys.argv[1]), must_predict=True)
