"""Memory that scoring takes in addition to the table that it reads.

Each method scores 1,000,000 x 50 float64 (400 MB) in a process of its own. The peak is
that of the process, less its memory before the table was made, so it includes the
table.

    python benchmarks/scoring_memory.py [--rows N] [--columns N] [--order C|F]
"""

import argparse
import json
import subprocess
import sys

METHODS = (
    "mutual_information", "pearson", "spearman", "f", "chi2", "auc",
    "correlation_ratio", "neighbor_information", "distance_correlation", "mrmr",
    "mrmr_f",
)  # fmt: skip


def peak() -> int:
    """Return the peak memory of this process in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(method: str, n_rows: int, n_columns: int, order: str) -> dict:
    """Score a table once."""
    import numpy as np

    from headstart.scoring import score_features, select_features

    # What is loaded and made on the way is not the table's.
    small = np.random.default_rng(0).normal(size=(50, 2))
    labels = np.arange(50) % 2
    score_features(small, labels, "f")
    select_features(small, labels, 1)
    before = peak()
    X = np.empty((n_rows, n_columns), order=order)
    random = np.random.default_rng(0)
    for start in range(0, n_rows, 10_000):
        X[start : start + 10_000] = random.normal(size=X[start : start + 10_000].shape)
    y = (X[:, 0] > 0).astype(np.int64)
    with_table = peak()
    if method.startswith("mrmr"):
        select_features(X, y, 5, method)
    else:
        score_features(X, y, method)
    return {
        "method": method,
        "table": round((with_table - before) / X.nbytes, 2),
        "peak": round((peak() - before) / X.nbytes, 2),
    }


def main() -> None:
    """Measure each method in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--order", choices=("C", "F"), default="C")
    parser.add_argument("--method", choices=METHODS)
    options = parser.parse_args()
    if options.method:
        measured = measure(options.method, options.rows, options.columns, options.order)
        print(json.dumps(measured))
        return
    print("| method | table | peak, in sizes of the table |\n|---|---|---|")
    for method in METHODS:
        command = [sys.executable, __file__, "--method", method]
        for name in ("rows", "columns", "order"):
            command += [f"--{name}", str(getattr(options, name))]
        measured = json.loads(subprocess.check_output(command))
        print(f"| {method} | {measured['table']} | {measured['peak']} |", flush=True)


if __name__ == "__main__":
    main()
