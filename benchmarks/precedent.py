"""Effect of precedent on real fits: a base without the dataset's family, or no base.

    HEADSTART_DATASETS=DIR python benchmarks/precedent.py --shards meta_db/data

Each of 20 datasets is fitted three times for 30 s: with a base of the shards without
its family; from the default order; from a random order of the base's grid; and the
first two again for half of the time. Folds, seed and rows are the same. The table has
held-out scores (0 = the constant prediction, 1 = the best of the five), wins and
losses, the number of datasets on which precedent did harm (worse beyond
paired-bootstrap noise), and whether precedent reaches in half of the time the default
order's score in all of it. This is measured on held-out rows, since the out-of-fold
score of an early ensemble covers only the folds that were finished by then.

About 50 minutes on an otherwise idle machine; with ``--side-by-side`` two fits run at
once, each on half of the cores: half of the minutes, and half as much search per
second. Every fit is written to ``benchmarks/cache/precedent`` and not repeated while
shards and limit are the same.
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
CACHE = HERE / "cache" / "precedent"
# Who proposes, and in which share of the time.
ARMS = (
    ("precedent", 1.0),
    ("built-in", 1.0),
    ("random", 1.0),
    ("precedent", 0.5),
    ("built-in", 0.5),
)
BUILT_IN = ARMS[1]
# Those that are compared with it.
COMPARED = (ARMS[0], ARMS[3], ARMS[4])

# Seven, seven and six of the kinds of task, from small to large; chosen before the
# first run.
DATASETS = (
    "credit_approval diabetes employee_attrition_ibm stroke compas_two_years "
    "bank_churners product_backorders "
    "soybean vowel cardiotocography_nsp page_blocks satimage marketing_income "
    "covid_testing "
    "student_math_g3 concrete space_ga bank32nh deliveries_time house_8l"
).split()


def fit(name: str, arm: str, time_limit: float):
    """Fit one arm; return the test labels, the predictions and the facts."""
    import headstart as hs

    if arm == "random":
        _shuffle_the_order(name)
    data = split(name)
    estimator = hs.AutoRegressor if data.task == "regression" else hs.AutoClassifier
    model = estimator(time_limit=time_limit, random_state=0)
    begun = time.monotonic()
    model.fit(data.X_train, data.y_train)
    seconds = time.monotonic() - begun
    regression = data.task == "regression"
    prediction = (
        model.predict(data.X_test) if regression else model.predict_proba(data.X_test)
    )
    classes = None if regression else model.classes_
    y, prediction = aligned(data, prediction, classes)
    origins = model.leaderboard()["origin"].to_list()
    facts = {
        "seconds": seconds,
        "n_trials": len(origins),
        "origins": {o: origins.count(o) for o in sorted(set(origins))},
    }
    return y, prediction, facts


def _shuffle_the_order(name: str) -> None:
    import headstart.search.propose.context as context
    from headstart.meta.evaluate.grid import grid

    def in_any_order(task, learners):
        known = grid(task.kind, learners, 60)
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
        order = np.random.default_rng(seed).permutation(len(known))
        return [known[place] for place in order]

    context.default_order = in_any_order


def result_path(name: str, arm: str, spent: str, base: str) -> Path:
    """Return the path of a fit's file; for precedent it depends on the base, too."""
    tag = f"{arm}-{base[:8]}" if arm == "precedent" else arm
    return CACHE / f"{name}--{tag}--{spent}.npz"


def describe_fit(name: str, arm: str, facts: dict) -> str:
    """Return a line about one fit."""
    return (
        f"{name:26s} {arm:10s} {facts['seconds']:5.1f} s {facts['n_trials']:3d} trials"
    )


def compare(name: str, limits: dict[tuple, str], digest: str) -> dict | None:
    """Return one row of the table, None if a fit is missing."""
    data = split(name)
    scores, predictions = {}, {}
    y = None
    for arm, spent in limits.items():
        stored = read_fit(result_path(name, arm[0], spent, digest))
        if stored is None:
            return None
        y, predictions[arm], _ = stored
        scores[arm] = score(data.task, y, predictions[arm])
    return {
        "dataset": name,
        "normalised": normalised(data, y, scores),
        "says": {
            arm: beyond_noise(data.task, y, predictions[arm], predictions[BUILT_IN])
            for arm in COMPARED
        },
        "won": {arm: scores[arm] > scores[BUILT_IN] for arm in COMPARED},
    }


def report(rows: list[dict], limits: dict[tuple, str]) -> str:
    """Return the table as Markdown."""
    heads = {arm: f"{arm[0]}, {limits[arm]}" for arm in ARMS}
    lines = [
        f"# Warm start on real fits of {limits[BUILT_IN]}",
        "",
        "Normalised held-out scores: 0 = constant prediction, 1 = best of the row. The "
        "base lacks each dataset's family. The last columns: against "
        f"{heads[BUILT_IN]}, beyond the noise of a paired bootstrap (5 % on either "
        "side).",
        "",
        "| dataset | "
        + " | ".join([*heads.values(), *(heads[a] for a in COMPARED)])
        + " |",
        "|---|" + "---|" * (len(ARMS) + len(COMPARED)),
    ]
    for row in rows:
        cells = " | ".join(f"{row['normalised'][a]:.3f}" for a in ARMS)
        words = " | ".join(row["says"][a] for a in COMPARED)
        lines.append(f"| {row['dataset']} | {cells} | {words} |")
    values = {a: np.array([r["normalised"][a] for r in rows]) for a in ARMS}
    means = " | ".join(f"**{v.mean():.3f}** ± {v.std():.3f}" for v in values.values())
    lines += [f"| mean ± spread | {means} |" + " |" * len(COMPARED), ""]
    for arm in COMPARED:
        said = [row["says"][arm] for row in rows]
        lines.append(
            f"- {heads[arm]} against {heads[BUILT_IN]}: above on "
            f"{sum(row['won'][arm] for row in rows)} of {len(rows)}; beyond noise: "
            f"better {said.count('better')}, worse {said.count('worse')}"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--families", type=Path, default=FAMILIES)
    parser.add_argument("--time-limit", type=float, default=30)
    parser.add_argument("--datasets", default=",".join(DATASETS))
    parser.add_argument("--side-by-side", action="store_true")
    parser.add_argument("--allow-load", action="store_true")
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    manifest()
    shards = sorted(options.shards.glob("*.jsonl"))
    families = json.loads(options.families.read_text())
    content = hashlib.sha256()
    for shard in shards:
        content.update(shard.read_bytes())
    digest = content.hexdigest()
    limit = options.time_limit
    cores = ", half of the cores" if options.side_by_side else ""
    limits = {arm: f"{limit * arm[1]:g} s{cores}" for arm in ARMS}
    names = options.datasets.split(",")
    fits = [
        Fit(
            result_path(name, arm, limits[arm, share], digest),
            functools.partial(fit, name, arm, limit * share),
            functools.partial(
                make_base, shards if arm == "precedent" else [], families, name
            ),
            functools.partial(describe_fit, name, arm),
        )
        for name in names
        for arm, share in ARMS
    ]
    make_missing(
        fits,
        10 * limit + 120,
        side_by_side=options.side_by_side,
        allow_load=options.allow_load,
    )
    rows = [row for n in names if (row := compare(n, limits, digest)) is not None]
    text = report(rows, limits)
    print(text)
    if len(rows) == len(DATASETS):
        (HERE / "results" / f"precedent-{limit:g}s.md").write_text(text)


if __name__ == "__main__":
    main()
