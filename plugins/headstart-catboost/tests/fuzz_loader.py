"""Load damaged models; run by `test_loader.py` in a process of its own."""

import sys

from headstart_catboost import CatBoost

from headstart.testing.boosters import damage_text, fuzz

if __name__ == "__main__":
    fuzz(
        CatBoost(),
        {"n_rounds": 4, "one_hot_max_size": 2, "depth": 4},
        damage_text,
        int(sys.argv[1]),
    )
