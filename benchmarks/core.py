"""Speed of the Rust core relative to its peers, per kernel.

Each row of the table times a peer and headstart in the same process, one after the
other, on the same data: processor seconds of one thread (wall seconds for rows about
threads), the best of several calls, with the call from Python. Their results are
compared, too. About ten minutes, with nothing else running. Finished rows are read from
``cache/core.json``; ``--fresh`` discards them.

    python benchmarks/core.py [--json FILE] [--rows 1,12] [--fresh]
"""

import argparse
import gc
import importlib
import json
import os
import time
from pathlib import Path

# Before any library starts its threads.
for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA"):
    os.environ.setdefault(f"{name}_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")

from datasets import busy_share  # noqa: E402
from headstart import _core  # noqa: E402
from kernels.row import Row, Timed  # noqa: E402

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "core.json"
TABLE = HERE / "results" / "core.md"
MODULES = tuple(
    sorted(
        p.stem
        for p in (HERE / "kernels").glob("*.py")
        if p.stem not in ("__init__", "row")
    )
)


def rows() -> list[Row]:
    """Return all rows, by number."""
    collected: list[Row] = []
    for name in MODULES:
        collected += importlib.import_module(f"kernels.{name}").ROWS
    return sorted(collected, key=lambda row: row.number)


def best_of(call, repeats: int, clock) -> tuple[float, object]:
    """Return the least seconds of `repeats` calls, and the last result."""
    best, result = float("inf"), None
    for _ in range(repeats):
        del result
        gc.collect()
        started = clock()
        result = call()
        best = min(best, clock() - started)
    return best, result


def measure(row: Row) -> dict:
    """Time one row."""
    timed: Timed = row.prepare()
    clock = time.perf_counter if row.wall else time.process_time
    timed.headstart()  # lazy imports and first touches of memory are not the kernel's
    ours, our_answer = best_of(timed.headstart, row.headstart_repeats, clock)
    peer, their_answer = best_of(timed.peer, row.peer_repeats, clock)
    peer /= timed.share
    differs = timed.agree(their_answer, our_answer) if timed.agree else ""
    ratio = peer / ours
    return {
        "number": row.number,
        "operation": row.operation,
        "size": row.size,
        "peer": row.peer,
        "peer_seconds": round(peer, 5),
        "headstart_seconds": round(ours, 6),
        "ratio": round(ratio, 2),
        "target": row.target,
        "met": bool(ratio >= row.target and not differs),
        "differs": differs,
        "peer_share": timed.share,
    }


def main() -> None:
    """Time rows that are not in the cache, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows there")
    parser.add_argument("--rows", default="", help="numbers, with commas; default all")
    parser.add_argument("--fresh", action="store_true", help="time all rows again")
    options = parser.parse_args()
    if _core.build_info()["profile"] != "release":
        raise SystemExit("Built for debugging. hint: make build")
    wanted = {int(n) for n in options.rows.split(",") if n}
    known: dict[str, dict] = {}
    if CACHE.exists() and not options.fresh:
        known = json.loads(CACHE.read_text())
    table = []
    for row in rows():
        if wanted and row.number not in wanted:
            continue
        key = f"{row.number} {row.operation} {row.size}"
        if key not in known or wanted:
            if busy_share() > 0.3:
                print("(others use the machine: wall times and caches suffer)")
            known[key] = measure(row)
            CACHE.parent.mkdir(exist_ok=True)
            CACHE.write_text(json.dumps(known, indent=1))
        table.append(known[key])
        print(line(known[key]), flush=True)
    n_met = sum(record["met"] for record in table)
    print(f"{n_met} of {len(table)} targets met")
    if not wanted:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text("\n".join([*HEAD, *map(line, table), ""]))
    if options.json:
        options.json.write_text(json.dumps(table, indent=1))


HEAD = [
    "Processor seconds of one thread (rows about threads: wall), best of several, peer",
    "and headstart in one process on the same data. Made by `make bench-core`.",
    "",
    "| # | operation | size | peer | peer s | headstart s | ratio | target | met |",
    "|---|---|---|---|---|---|---|---|---|",
]


def line(record: dict) -> str:
    """Return a row as Markdown."""
    share = record["peer_share"]
    peer = record["peer"] + (f" ({share:.0%} of it timed)" if share < 1 else "")
    met = "yes" if record["met"] else record["differs"] or "no"
    return (
        f"| {record['number']} | {record['operation']} | {record['size']} | {peer} "
        f"| {record['peer_seconds']:.4g} | {record['headstart_seconds']:.4g} "
        f"| {record['ratio']:.3g} | {record['target']:g} | {met} |"
    )


if __name__ == "__main__":
    main()
