"""Load damaged models; run by `test_loader.py` in a process of its own."""

import sys

import numpy as np
from headstart_interpret import ExplainableBoosting

from headstart.sdk import pack_arrays, unpack_arrays
from headstart.testing.boosters import damage_bytes, fuzz

ARRAYS = "additive_tables.safetensors"
FORM = {
    **dict.fromkeys(("intercept", "cuts", "scores"), ("f", 1)),
    **dict.fromkeys(("features", "n_cuts", "n_levels"), ("i", 2)),
    "shares_last": ("b", 2),
}
EVIL = (-(2**63), -1, 0, 1, 2, 7, 300, 2**31, 2**62, np.nan, np.inf, 1e308, -1e10, 0.5)


def damage(parts, rng):
    """Damage bytes of the tables or, one time in three, put a number out of place."""
    tables = {ARRAYS: parts[ARRAYS]}
    if rng.integers(3):
        return {**parts, **damage_bytes(tables, rng)}
    arrays = unpack_arrays(tables[ARRAYS], FORM)
    array = arrays[rng.choice(sorted(name for name in arrays if arrays[name].size))]
    evil = EVIL[rng.integers(len(EVIL))]
    with np.errstate(invalid="ignore"):
        array.flat[rng.integers(array.size)] = np.array(evil).astype(array.dtype)
    return {**parts, ARRAYS: pack_arrays(arrays)}


if __name__ == "__main__":
    few = {"n_rounds": 5, "n_pair_rounds": 5, "max_bins": 16}
    fuzz(ExplainableBoosting(), few, damage, int(sys.argv[1]), must_predict=True)
