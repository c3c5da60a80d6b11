"""A short fit on every development dataset: each must end with a model.

    HEADSTART_DATASETS=DIR python benchmarks/pool.py [--time-limit 10]

Each dataset runs in a process of its own, like a user's script. Any output on standard
error, above all a warning, counts as a failure. Results are appended to
benchmarks/cache/pool.jsonl and not computed again. About 20 minutes at 10 s.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from datasets import manifest, split

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def one(name: str, time_limit: float) -> dict:
    """Fit and predict the test rows, in a child process; return the outcome."""
    import time

    import numpy as np

    import headstart as hs
    from held_out import aligned, constant_score, score

    data = split(name)
    kind = hs.AutoRegressor if data.task == "regression" else hs.AutoClassifier
    begun = time.monotonic()
    model = kind(time_limit=time_limit, random_state=0).fit(data.X_train, data.y_train)
    seconds = time.monotonic() - begun
    if data.task == "regression":
        prediction, classes = model.predict(data.X_test), None
    else:
        prediction, classes = model.predict_proba(data.X_test), model.classes_
    predicted = time.monotonic() - begun - seconds
    assert np.isfinite(prediction).all()
    assert len(model.predict(data.X_test.head(3))) == 3
    y, prediction = aligned(data, prediction, classes)
    board = model.leaderboard()
    return {
        "dataset": name,
        "task": data.task,
        "score": score(data.task, y, prediction),
        "constant": constant_score(data, y),
        "seconds": seconds,
        "predict_seconds": predicted,
        "n_trials": board.height,
        "failed": board.filter(board["status"] == "failed")["reason"].to_list(),
        "members": [m["learner"] for m in model.info()["members"]],
    }


def run(name: str, time_limit: float) -> dict:
    """Run one dataset in a child process."""
    child = subprocess.run(
        [sys.executable, __file__, "--one", name, "--time-limit", str(time_limit)],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
        timeout=20 * time_limit + 120,
    )
    try:
        record = json.loads(child.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        record = {"dataset": name, "error": child.stderr[-2000:] or "no output"}
    if child.stderr.strip():
        record["spilled"] = child.stderr[-2000:]
    return record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=10)
    parser.add_argument("--one")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one, options.time_limit)))
        return
    path = HERE / "cache" / f"pool-{options.time_limit:g}s.jsonl"
    path.parent.mkdir(exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    known = {}
    if path.exists():
        for line in path.read_text().splitlines():
            record = json.loads(line)
            known[record["dataset"]] = record
    for name in manifest():
        if name in known:
            continue
        record = known[name] = run(name, options.time_limit)
        with path.open("a") as file:
            file.write(json.dumps(record) + "\n")
        state = (
            "FAILED" if "error" in record else "spilled" if "spilled" in record else ""
        )
        print(
            f"{name:28s} {record.get('score', float('nan')):10.4f} "
            f"{record.get('seconds', 0):6.2f} s {state}",
            flush=True,
        )
    records = list(known.values())
    good = [r for r in records if "error" not in r and "spilled" not in r]
    over = sorted(r["seconds"] - options.time_limit for r in good)
    flat = [r["dataset"] for r in good if r["score"] <= r["constant"]]
    lines = [
        f"# {options.time_limit:g} s fits on the development datasets",
        "",
        f"- models that predict, nothing spilled: {len(good)} of {len(records)}",
        f"- overrun: median {over[len(over) // 2]:+.2f} s, most {over[-1]:+.2f} s",
        f"- no better than the constant prediction: {', '.join(flat) or 'none'}",
        f"- trials that failed: {sum(len(r['failed']) for r in good)}",
    ]
    for record in records:
        if "error" in record or "spilled" in record:
            said = record.get("error") or record["spilled"]
            lines.append(f"- {record['dataset']}: {said.strip().splitlines()[-1]}")
    text = "\n".join(lines) + "\n"
    print(text)
    if len(records) == len(manifest()):
        (RESULTS / f"pool-{options.time_limit:g}s.md").write_text(text)


if __name__ == "__main__":
    main()
