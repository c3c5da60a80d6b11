"""Rates of false statements of the report on tables without signal.

    python benchmarks/noise.py
    python benchmarks/noise.py --side-by-side

204 tables whose target does not depend on their columns: two classes, five classes and
numbers, with independent rows and with groups, fitted with limits of 4 s and 20 s. With
groups, the target and the size of the errors differ by group, and half of the columns
are constant within one. Two rates are computed, each with its exact 95 % interval:

- of summaries that say that the model is clearly better than a constant prediction,
  which follows from the upper end of a 95 % interval: at most 2.5 %;
- of reports that name a weak slice, which is corrected to at most 5 %.

Each fit runs in a process of its own with ``n_jobs=1``. No dataset is needed. About 66
minutes; with ``--side-by-side`` two fits run at once, each on half of the cores: half
of the minutes. Every fit is written to ``benchmarks/cache/noise.jsonl`` and not
repeated; ``--tables 2`` makes only the first two tables of each kind.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import binomtest

from datasets import busy_share

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "noise.jsonl"
RESULTS = HERE / "results"
KINDS = ("binary", "multiclass", "regression")
LIMITS = (4, 20)
# For each kind, with and without groups, at each limit.
N_TABLES = 17
ROWS = (300, 600, 1_500)
N_GROUPS = 30
LOAD_LIMIT = 0.1
CLAIMS = {"is_better": 0.025, "has_slice": 0.05}

Cell = tuple[str, bool, int, int]


def make_table(
    kind: str, seed: int, *, grouped: bool
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray | None]:
    """Return columns, a target that does not depend on them, and groups."""
    random = np.random.default_rng([seed, KINDS.index(kind), grouped])
    n_rows = ROWS[seed % len(ROWS)]
    groups = random.integers(0, N_GROUPS, n_rows)
    numbers = random.normal(size=(n_rows, 6))
    levels = random.integers(0, 4, (n_rows, 2))
    shift, scale = np.zeros(n_rows), np.ones(n_rows)
    if grouped:
        numbers[:, :3] = random.normal(size=(N_GROUPS, 3))[groups]
        levels[:, 0] = random.integers(0, 4, N_GROUPS)[groups]
        shift = 0.5 * random.normal(size=N_GROUPS)[groups]
        scale = np.exp(0.4 * random.normal(size=N_GROUPS))[groups]
    table = pl.DataFrame(
        {f"x{i}": numbers[:, i] for i in range(6)}
        | {f"c{i}": [f"level {v}" for v in levels[:, i]] for i in range(2)}
    )
    values = shift + scale * random.normal(size=n_rows)
    y = {
        "binary": np.where(values > 0, "yes", "no"),
        "multiclass": np.digitize(values, [-0.9, -0.3, 0.3, 0.9]).astype(str),
        "regression": values,
    }[kind]
    return table, y, groups if grouped else None


def one(cell: Cell) -> dict:
    """Fit once, in a child process; return the report's statements."""
    kind, grouped, limit, seed = cell
    import headstart
    from headstart.report.summary import headline_metric, summarise

    table, y, groups = make_table(kind, seed, grouped=grouped)
    estimator = (
        headstart.AutoRegressor if kind == "regression" else headstart.AutoClassifier
    )
    model = estimator(time_limit=limit, n_jobs=1, random_state=seed)
    model.fit(table, y, groups=groups, listeners=[])
    facts = model.analysis()
    _, quality, _ = summarise(facts)
    metric = headline_metric(facts)
    return {
        "is_better": ": clearly better than" in quality,
        "has_slice": bool(facts.slices),
        "has_interval": metric.low is not None,
        "n_clear_columns": sum((c.p_value or 1.0) <= 0.05 for c in facts.importance),
        "n_columns": len(facts.importance),
        "n_trials": facts.budget.n_trials,
        "quality": quality,
        "slices": [part.words for part in facts.slices],
    }


def make_missing(
    cells: list[Cell], known: dict[Cell, dict], *, side_by_side: bool, allow_load: bool
) -> None:
    """Make the fits that are not stored yet, one or two at a time."""
    missing = [cell for cell in cells if cell not in known]
    cores = sorted(os.sched_getaffinity(0))
    half = len(cores) // 2
    lanes = [cores[:half], cores[half:]] if side_by_side and half else [cores]
    for first in range(0, len(missing), len(lanes)):
        while not allow_load and busy_share() > LOAD_LIMIT:
            time.sleep(3)
        some = missing[first : first + len(lanes)]
        children = [
            subprocess.Popen(
                [sys.executable, __file__, "--one", json.dumps([cell, lane])],
                stdout=subprocess.PIPE,
                text=True,
                cwd=HERE,
            )
            for cell, lane in zip(some, lanes, strict=False)
        ]
        outputs = [child.communicate()[0] for child in children]
        for cell, child, output in zip(some, children, outputs, strict=True):
            if child.returncode:
                raise SystemExit(f"The fit of {cell} failed, see above.")
            known[cell] = json.loads(output.splitlines()[-1])
            with CACHE.open("a") as file:
                file.write(json.dumps({"cell": cell, **known[cell]}) + "\n")
            print(*cell, known[cell]["quality"], known[cell]["slices"], flush=True)


def rate(records: list[dict], name: str) -> str:
    """Return the number of records with a statement, their total, and the interval."""
    n = sum(record[name] for record in records)
    interval = binomtest(n, len(records)).proportion_ci(method="exact")
    share = f"{n / len(records):.1%} ({interval.low:.1%} to {interval.high:.1%})"
    return f"{n} of {len(records)}: {share}"


def report(known: dict[Cell, dict]) -> str:
    """Return the rates as a table."""
    lines = [
        "# What the report says of tables without signal",
        "",
        "| tables | clearly better than a constant | weak slice named "
        "| with an interval | columns above nothing | trials |",
        "|---|---|---|---|---|---|",
    ]
    parts = [
        *((f"limit {limit} s", lambda c, v=limit: c[2] == v) for limit in LIMITS),
        *((kind, lambda c, v=kind: c[0] == v) for kind in KINDS),
        ("independent rows", lambda c: not c[1]),
        ("groups", lambda c: c[1]),
        ("all", lambda _: True),
    ]
    for words, is_in in parts:
        records = [record for cell, record in known.items() if is_in(cell)]
        if not records:
            continue
        columns = sum(r["n_columns"] for r in records)
        lines.append(
            f"| {words} | {rate(records, 'is_better')} | {rate(records, 'has_slice')} "
            f"| {sum(r['has_interval'] for r in records)} of {len(records)} "
            f"| {sum(r['n_clear_columns'] for r in records)} of {columns} "
            f"| {np.median([r['n_trials'] for r in records]):.0f} |"
        )
    claims = " and ".join(f"{share:.1%}" for share in CLAIMS.values())
    lines += ["", f"Claimed of the two rates: at most {claims}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", type=int, default=N_TABLES)
    parser.add_argument("--side-by-side", action="store_true")
    parser.add_argument("--allow-load", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        cell, cores = json.loads(options.one)
        # Libraries count the cores as soon as they are imported.
        os.sched_setaffinity(0, cores)
        print(json.dumps(one(tuple(cell))))
        return
    CACHE.parent.mkdir(exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    known: dict[Cell, dict] = {}
    if CACHE.exists():
        for line in CACHE.read_text().splitlines():
            record = json.loads(line)
            known[tuple(record.pop("cell"))] = record
    cells = [
        (kind, grouped, limit, seed)
        for seed in range(options.tables)
        for limit in LIMITS
        for kind in KINDS
        for grouped in (False, True)
    ]
    make_missing(
        cells, known, side_by_side=options.side_by_side, allow_load=options.allow_load
    )
    known = {cell: known[cell] for cell in cells}
    text = report(known)
    print(text)
    if options.tables >= N_TABLES:
        (RESULTS / "noise.md").write_text(text)


if __name__ == "__main__":
    main()
