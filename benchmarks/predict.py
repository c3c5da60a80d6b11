"""Speed of predictions of a saved model: single rows, and many at once.

    python benchmarks/predict.py [--rows 100000] [--trials 8]

A table of 50 columns (38 numbers, 10 categories, 2 dates) and 4,000 rows is searched
twice with the same trials: with the default settings (each configuration is the mean of
its fold models) and with ``refit=True`` (one model each). Both models are saved and
loaded. They predict single rows, as a dictionary and as a one-row DataFrame, and many
rows at once; so does a model of one boosted member.

Goals: a single row of the refitted model under 20 ms at the median; at least 50,000
rows per second for 100,000 rows with one boosted member. A few minutes; run it with
nothing else running. Processor seconds are printed beside wall seconds for a busy
machine.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

import headstart

HERE = Path(__file__).parent
N_TRAINING = 4_000
N_SINGLE = 60


def made_table(n_rows: int, seed: int) -> pl.DataFrame:
    """Return 50 columns such as those of a shop, and a target."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {
        f"number_{i}": random.normal(size=n_rows).round(4) for i in range(38)
    }
    for i in range(10):
        levels = np.array([f"level {j}" for j in range(3 + 5 * i)])
        columns[f"category_{i}"] = levels[random.integers(0, levels.size, n_rows)]
    start = np.datetime64("2021-01-01", "us")
    for i in range(2):
        passed = random.integers(0, 10**14, n_rows).astype("timedelta64[us]")
        columns[f"moment_{i}"] = start + passed
    table = pl.DataFrame(columns)
    score = (
        table["number_0"].to_numpy()
        + table["number_1"].to_numpy() * table["number_2"].to_numpy()
        + (table["category_1"] == "level 1").to_numpy()
    )
    noise = random.normal(size=n_rows)
    return table.with_columns(pl.Series("y", np.where(score + noise > 0, "yes", "no")))


def timed(call: Callable[[], object], n: int) -> tuple[float, float]:
    """Return the medians of wall and processor seconds of `n` calls."""
    call()
    wall, processor = [], []
    for _ in range(n):
        w, p = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - w)
        processor.append(time.process_time() - p)
    return float(np.median(wall)), float(np.median(processor))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--trials", type=int, default=8)
    options = parser.parse_args()
    training = made_table(N_TRAINING, 0)
    many = made_table(options.rows, 1).drop("y")
    one = many[:1]
    row = one.to_dicts()
    cases = {
        "default": {"max_trials": options.trials},
        "refit=True": {"max_trials": options.trials, "refit": True},
        "one boosted member, refit=True": {
            "max_trials": 1,
            "learners": ["lightgbm"],
            "refit": True,
        },
    }
    lines = [
        "# Predicting: a saved model of 50 columns",
        "",
        f"Medians of {N_SINGLE} calls for single rows, of 3 for {options.rows:,} rows. "
        "In brackets: seconds of the processor.",
        "",
        "| model | fitted models | a row as dictionary | as DataFrame | "
        f"{options.rows:,} rows |",
        "|---|---|---|---|---|",
    ]
    for name, settings in cases.items():
        fitted = headstart.train(
            training, target="y", time_limit=None, random_state=0, **settings
        )
        with tempfile.TemporaryDirectory() as folder:
            model = headstart.load(fitted.save(Path(folder) / "m.headstart"))
        n_models = sum(member["models"] for member in model.info()["members"])
        cells = []
        for table in (row, one):
            wall, processor = timed(partial(model.predict_proba, table), N_SINGLE)
            cells.append(f"{1e3 * wall:.1f} ms ({1e3 * processor:.1f})")
        wall, processor = timed(partial(model.predict_proba, many), 3)
        cells.append(f"{options.rows / wall:,.0f} rows/s ({processor:.2f} s)")
        lines.append(f"| {name} | {n_models} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    (HERE / "results" / "predict.md").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
