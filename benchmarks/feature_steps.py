"""Effect of transforms: fits with and without the built-in transforms.

    HEADSTART_DATASETS=DIR python benchmarks/feature_steps.py [--time-limit 60 | 300]

24 datasets are fitted twice for 60 s (about 50 minutes), or six of them twice for
300 s (about 65 minutes): with ``transforms=None``, and with ``transforms=[]``. Folds,
seed and rows are the same. The table has held-out scores (0 = the constant prediction,
1 = the better of the two), wins, losses and ties, the number of them beyond
paired-bootstrap noise, the number of trials with a step and their weight in the
ensemble. With ``--shards meta_db/data`` both fits start from a base that lacks the
dataset's family; otherwise both start from the default order.

With ``--side-by-side`` the two fits of a dataset run at once, each on half of the
cores: half of the minutes, and half as much search per second. With ``--max-trials N``
trials are the budget instead of seconds, so that a busy machine can compare fits, too.

The datasets are chosen by a rule: for each kind of task, of the datasets with at least
500 rows and without those used to develop the transforms (`SEEN`), eight evenly over
the manifest's order; for 300 s every fourth of them. Every fit is written to
``benchmarks/cache/feature_steps`` and not repeated.
"""

import argparse
import functools
import hashlib
import json
import time
from pathlib import Path

import numpy as np

from bases import FAMILIES, make_base
from datasets import manifest, split
from fits import Fit, make_missing, read_fit
from held_out import aligned, beyond_noise, normalised, score

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "feature_steps"
ARMS = {"on": None, "off": []}
KINDS = ("binary", "multiclass", "regression")
N_OF_KIND = 8
LEAST_ROWS = 500
SEEN = (
    "banana bank32nh compas_two_years concrete deliveries_time diabetes page_blocks "
    "satimage space_ga stroke vowel"
).split()


def chosen(time_limit: float | None) -> list[str]:
    """Return the datasets that the rule selects."""
    names = []
    for kind in KINDS:
        fit = [
            entry["name"]
            for entry in manifest().values()
            if entry["task"] == kind
            and entry["n_rows"] >= LEAST_ROWS
            and entry["name"] not in SEEN
        ]
        places = np.linspace(0, len(fit) - 1, N_OF_KIND).round().astype(int)
        names += [fit[place] for place in places]
    return names[::4] if time_limit is not None and time_limit >= 300 else names


def fit(name: str, arm: str, budget: dict):
    """Fit one arm; return the test labels, the predictions and the facts."""
    import headstart as hs

    data = split(name)
    regression = data.task == "regression"
    estimator = hs.AutoRegressor if regression else hs.AutoClassifier
    model = estimator(**budget, random_state=0, transforms=ARMS[arm])
    begun = time.monotonic()
    model.fit(data.X_train, data.y_train)
    seconds = time.monotonic() - begun
    prediction = (
        model.predict(data.X_test) if regression else model.predict_proba(data.X_test)
    )
    classes = None if regression else model.classes_
    y, prediction = aligned(data, prediction, classes)
    board = model.leaderboard()
    stepped = board["learner"].str.contains(" + ", literal=True)
    return (
        y,
        prediction,
        {
            "seconds": seconds,
            "n_trials": board.height,
            "n_stepped": int(stepped.sum()),
            "weight": float(board["weight"].fill_null(0.0).filter(stepped).sum()),
            "found": model.info()["score"],
        },
    )


def result_path(name: str, arm: str, spent: str, base: str) -> Path:
    """Return the path of a fit's file."""
    return CACHE / f"{name}--{arm}-{base[:8] or 'no-base'}--{spent}.npz"


def describe_fit(name: str, arm: str, facts: dict) -> str:
    """Return a line about one fit."""
    return (
        f"{name:26s} {arm:4s} {facts['n_trials']:3d} trials, {facts['n_stepped']:3d} "
        f"with steps, {facts['weight']:4.0%} of the weight, {facts['seconds']:4.0f} s"
    )


def compare(name: str, spent: str, digest: str) -> dict | None:
    """Return one row of the table, None if a fit is missing."""
    data = split(name)
    scores, predictions, facts = {}, {}, {}
    y = None
    for arm in ARMS:
        stored = read_fit(result_path(name, arm, spent, digest))
        if stored is None:
            return None
        y, predictions[arm], facts[arm] = stored
        scores[arm] = score(data.task, y, predictions[arm])
    return {
        "dataset": name,
        "normalised": normalised(data, y, scores),
        "facts": facts,
        "says": beyond_noise(data.task, y, predictions["on"], predictions["off"]),
        "sign": int(np.sign(round(scores["on"] - scores["off"], 9))),
    }


def report(rows: list[dict], spent: str) -> str:
    """Return the table as Markdown."""
    lines = [
        f"# Feature steps on and off, fits of {spent}",
        "",
        "Normalised held-out scores: 0 = constant prediction, 1 = better of the row.",
        "",
        "| dataset | on | off | noise says | trials with steps | of the weight |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        normalised, facts = row["normalised"], row["facts"]["on"]
        lines.append(
            f"| {row['dataset']} | {normalised['on']:.4f} | {normalised['off']:.4f} | "
            f"{row['says']} | {facts['n_stepped']} of {facts['n_trials']} | "
            f"{facts['weight']:.0%} |"
        )
    means = {a: np.array([r["normalised"][a] for r in rows]) for a in ARMS}
    signs, says = [r["sign"] for r in rows], [r["says"] for r in rows]
    lines += [
        f"| **mean** | **{means['on'].mean():.4f}** | **{means['off'].mean():.4f}** "
        "| | | |",
        "",
        f"- on wins {signs.count(1)}, loses {signs.count(-1)}, ties {signs.count(0)} "
        f"of {len(rows)}; beyond noise: better {says.count('better')}, worse "
        f"{says.count('worse')}",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--time-limit", type=float, default=60)
    parser.add_argument("--max-trials", type=int)
    parser.add_argument("--shards", type=Path)
    parser.add_argument("--families", type=Path, default=FAMILIES)
    parser.add_argument("--datasets")
    parser.add_argument("--side-by-side", action="store_true")
    parser.add_argument("--allow-load", action="store_true")
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    limit = None if options.max_trials else options.time_limit
    budget = {"time_limit": limit, "max_trials": options.max_trials}
    shards = sorted(options.shards.glob("*.jsonl")) if options.shards else []
    families = json.loads(options.families.read_text()) if shards else {}
    content = hashlib.sha256()
    for shard in shards:
        content.update(shard.read_bytes())
    digest = content.hexdigest() if shards else ""
    unit = f"{limit:g} s" if limit else f"{options.max_trials} trials"
    spent = f"{unit}, half of the cores" if options.side_by_side else unit
    wanted = chosen(limit)
    names = options.datasets.split(",") if options.datasets else wanted
    fits = [
        Fit(
            result_path(name, arm, spent, digest),
            functools.partial(fit, name, arm, budget),
            functools.partial(make_base, shards, families, name),
            functools.partial(describe_fit, name, arm),
        )
        for name in names
        for arm in ARMS
    ]
    if limit:
        each = limit / 60 / (2 if options.side_by_side else 1)
        print(f"about {each * len(fits):.0f} minutes, less the stored fits", flush=True)
    make_missing(
        fits,
        10 * (limit or 360) + 120,
        side_by_side=options.side_by_side,
        allow_load=options.allow_load,
    )
    rows = [row for n in names if (row := compare(n, spent, digest)) is not None]
    text = report(rows, spent)
    print(text)
    if limit and [row["dataset"] for row in rows] == wanted:
        (HERE / "results" / f"feature_steps-{limit:g}s.md").write_text(text)


if __name__ == "__main__":
    main()
