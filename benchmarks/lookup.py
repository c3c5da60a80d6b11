"""Seconds of a new process for 20 proposals for a new table.

    python benchmarks/lookup.py [--base BASE | --runs N [--same-table]] [--json OUT]

The table has 10,000 rows, 40 numeric columns and 10 categorical ones. A separate
process opens the base, reads its evidence, describes the table (meta-features,
landmarkers) and requests 20 proposals in turn, the later ones after three results.
Imports are timed separately, since a fit needs them anyway. The result is the median of
five processes, and the growth of memory since before the base was opened. About a
minute.

With ``--runs N`` an own base is made first, from N runs with ``learn=True``: each has
ten configurations of the shipped base's grid and thirty that no other run has, on a
table of its own or all on one. 10,000 runs take some minutes to make.
"""

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

N_ROWS, N_NUMERIC, N_LEVELS = 10_000, 40, 10
N_PROPOSALS = 20
N_PROCESSES = 5
# Of a run that was learnt from.
N_GRID, N_SAMPLED = 10, 30


def look_up() -> None:
    """Print the seconds of each step of one new process as JSON."""
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

    before = _peak_megabytes()
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
    available = set(range(len(evidence.configurations)))
    n_proposals = 0
    observed: dict[int, float] = {}
    while n_proposals < N_PROPOSALS and (
        advice := adviser.next(observed, available=available)
    ):
        available.remove(advice.index)
        n_proposals += 1
        if len(observed) < 3:
            observed[advice.index] = -0.9 + 0.01 * n_proposals
    seconds["proposals"] = time.perf_counter() - begun
    seconds["look-up"] = sum(seconds.values()) - seconds["imports"]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "megabytes": _peak_megabytes() - before,
                "proposals": n_proposals,
                "datasets": len(evidence.names),
                "configurations": len(evidence.configurations),
            }
        )
    )


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make_runs(path: Path, n_runs: int, *, same_table: bool) -> None:
    """Make a base that has learnt from many runs."""
    import numpy as np

    from headstart.base import Configuration, TaskKind
    from headstart.meta.records import (
        CellStatus,
        DatasetRecord,
        EvaluationRecord,
        MetaFeatures,
    )
    from headstart.meta.shipped import shipped_base
    from headstart.meta.store import KnowledgeBase
    from headstart.metrics import metric_names

    kind = TaskKind.BINARY
    with KnowledgeBase.open(shipped_base(), immutable=True) as shipped:
        grid = shipped.evidence(frozenset({kind}), "roc_auc").configurations
        described = list(shipped.meta_features("headstart"))
    random, metrics = np.random.default_rng(0), metric_names(kind)

    def run(number: int) -> list:
        uid = hashlib.sha256(str(0 if same_table else number).encode()).hexdigest()
        of_grid = random.choice(len(grid), N_GRID, replace=False)
        chosen = [grid[i] for i in of_grid] + [
            Configuration(
                c.learner, {**c.parameters, "drawn": random.random()}, c.space_version
            )
            for c in (grid[i] for i in random.choice(len(grid), N_SAMPLED))
        ]
        like = described[number % len(described)]
        return [
            DatasetRecord(uid, "table", "table", "local", kind, 1000, 10, 2),
            MetaFeatures(uid, "headstart", like.version, like.values),
            *(
                EvaluationRecord(
                    uid,
                    configuration,
                    metrics,
                    random.uniform(0.5, 1.0, (5, len(metrics))).astype(np.float32),
                    0.5,
                    0.1,
                    CellStatus.OK,
                    scheme=f"5 folds, a run with seed {number}",
                    n_rows=1000,
                    seed=number,
                )
                for configuration in chosen
            ),
        ]

    with KnowledgeBase.open(path) as base:
        for start in range(0, n_runs, 50):
            numbers = range(start, min(start + 50, n_runs))
            base.add(record for number in numbers for record in run(number))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, help="Default: the shipped and your own.")
    parser.add_argument("--runs", type=int, help="Make an own base of so many runs.")
    parser.add_argument("--same-table", action="store_true", help="All of one table.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cold", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cold:
        look_up()
        return
    with tempfile.TemporaryDirectory(prefix="headstart-bench-") as folder:
        base = arguments.base
        if arguments.runs:
            base = Path(folder) / "own.db"
            make_runs(base, arguments.runs, same_table=arguments.same_table)
            print(f"own base: {base.stat().st_size / 1e6:.0f} MB")
        result = measure(base)
    for step, seconds in result["seconds"].items():
        print(f"{step:14s} {seconds:7.3f} s")
    print(f"memory         {result['megabytes']:7.0f} MB")
    print(
        f"{result['proposals']} proposals from {result['configurations']} "
        f"configurations on {result['datasets']} datasets"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


def measure(base: Path | None) -> dict:
    """Return the medians over some new processes."""
    environment = dict(os.environ)
    if base:
        environment["HEADSTART_META_DB"] = str(base)
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
    return {
        **runs[0],
        "megabytes": round(statistics.median(run["megabytes"] for run in runs), 1),
        "seconds": {
            step: round(statistics.median(run["seconds"][step] for run in runs), 4)
            for step in runs[0]["seconds"]
        },
    }


if __name__ == "__main__":
    main()
