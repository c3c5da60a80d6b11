"""How long a cold process takes to get 20 proposals for a new table.

    python benchmarks/lookup.py [--base BASE] [--json OUT]

The table has 10,000 rows, 40 columns of numbers and 10 of levels. A process of its own
opens the base, reads its evidence, describes the table (meta-features, landmarkers) and
asks for 20 proposals one after another; what it imports is timed beside, for a fit has
paid for that already. Told: the median of five processes. About a minute.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

N_ROWS, N_NUMERIC, N_LEVELS = 10_000, 40, 10
N_PROPOSALS = 20
N_PROCESSES = 5


def look_up() -> None:
    """Print the seconds of each step as JSON: one cold process."""
    begun = time.perf_counter()
    import numpy as np
    import polars as pl

    from headstart.base import TaskKind
    from headstart.meta.advice import Adviser
    from headstart.meta.comparison import comparable
    from headstart.meta.features import describe, for_distance
    from headstart.meta.shipped import open_bases
    from headstart.metrics import default_metric
    from headstart.plugins import load_plugins
    from headstart.tables import Schema

    learners = load_plugins().learners
    seconds = {"imports": time.perf_counter() - begun}

    random = np.random.default_rng(0)
    columns = {f"number {i}": random.normal(size=N_ROWS) for i in range(N_NUMERIC)}
    columns |= {
        f"level {i}": random.choice(list("abcdefgh"), N_ROWS) for i in range(N_LEVELS)
    }
    frame = pl.DataFrame(columns)
    y = (frame["number 0"].to_numpy() + random.normal(size=N_ROWS) > 0).astype(np.int64)
    schema = Schema.learn(frame)

    begun = time.perf_counter()
    versions = {name: learner.space_version for name, learner in learners.items()}
    kind = TaskKind.BINARY
    with open_bases() as base:
        stored = base.evidence(
            frozenset({kind}), default_metric(kind), learners=versions
        )
    evidence = comparable(stored)
    seconds["evidence"] = time.perf_counter() - begun

    begun = time.perf_counter()
    features = for_distance(describe(frame, schema, y, kind, seed=0))
    seconds["meta-features"] = time.perf_counter() - begun

    begun = time.perf_counter()
    adviser = Adviser(evidence, features, N_ROWS, len(columns))
    left = set(range(len(evidence.configurations)))
    found = 0
    while found < N_PROPOSALS and (advice := adviser.next({}, available=left)):
        left.remove(advice.index)
        found += 1
    seconds["proposals"] = time.perf_counter() - begun
    seconds["look-up"] = sum(seconds.values()) - seconds["imports"]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "proposals": found,
                "datasets": len(evidence.names),
                "configurations": len(evidence.configurations),
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, help="Default: the shipped and your own.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cold", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cold:
        look_up()
        return
    environment = dict(os.environ)
    if arguments.base:
        environment["HEADSTART_META_DB"] = str(arguments.base)
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, __file__, "--cold"],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(N_PROCESSES)
    ]
    result = {
        **runs[0],
        "seconds": {
            step: round(statistics.median(run["seconds"][step] for run in runs), 4)
            for step in runs[0]["seconds"]
        },
    }
    for step, seconds in result["seconds"].items():
        print(f"{step:14s} {seconds:7.3f} s")
    print(
        f"{result['proposals']} proposals from {result['configurations']} "
        f"configurations on {result['datasets']} datasets"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
