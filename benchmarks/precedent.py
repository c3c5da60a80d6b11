"""What precedent buys on real fits: base without the dataset's family, or no base.

    HEADSTART_DATASETS=DIR python benchmarks/precedent.py --shards meta_db/data

Each of 20 datasets is fitted three times for 30 s: with a base of the shards from
which its family is left out; from the built-in order; from a random order of the grid
that the base was evaluated on. Folds, seed and rows are the same. Told: held-out scores
(0 = the constant prediction, 1 = the best of the three), wins and losses, how soon the
first reaches the out-of-fold score that the built-in order ends with, and on how many
datasets precedent did harm (held-out score worse beyond paired-bootstrap noise).

About 40 minutes on a machine of one's own; with ``--side-by-side`` two fits run at
once, each on half of the cores: half of the minutes, and half of the search in a
second. Every fit is kept in ``benchmarks/cache/precedent`` and not done again while
shards and limit are the same.
"""

import argparse
import functools
import hashlib
import json
import time
from pathlib import Path

import numpy as np

from automl import aligned, constant, score
from bases import FAMILIES, make_base
from datasets import manifest, split
from fits import Fit, kept, make_missing
from paired import difference_interval

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "precedent"
ARMS = ("precedent", "built-in", "random")

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
    """Fit one arm; give the test labels, the predictions and the facts."""
    import headstart as hs
    from headstart.base.events import IncumbentChanged, TrialFinished

    if arm == "random":
        _shuffle_the_order(name)
    data = split(name)
    reached: list[tuple[float, float]] = []
    trials: list[tuple] = []

    def listen(event) -> None:
        if isinstance(event, IncumbentChanged):
            reached.append((event.elapsed, event.score))
        elif isinstance(event, TrialFinished):
            trial = event.trial
            trials.append(
                (
                    time.monotonic() - begun,
                    trial.configuration.to_json(),
                    trial.origin,
                    event.score,
                    trial.fit_seconds,
                )
            )

    estimator = hs.AutoRegressor if data.task == "regression" else hs.AutoClassifier
    model = estimator(time_limit=time_limit, random_state=0)
    begun = time.monotonic()
    model.fit(data.X_train, data.y_train, listeners=[listen])
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
        "reached": reached,
        "trials": trials,
        "n_trials": len(origins),
        "origins": {o: origins.count(o) for o in sorted(set(origins))},
        "greater_is_better": bool(model.info()["greater_is_better"]),
    }
    return y, prediction, facts


def _shuffle_the_order(name: str) -> None:
    import headstart.search.proposer as proposer
    from headstart.meta.evaluate.grid import grid

    def in_any_order(task, learners):
        known = grid(task.kind, learners, 60)
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
        order = np.random.default_rng(seed).permutation(len(known))
        return [known[place] for place in order]

    proposer.default_order = in_any_order


def place(name: str, arm: str, spent: str, base: str) -> Path:
    """Return where a fit is kept; one by precedent depends on the base too."""
    tag = f"{arm}-{base[:8]}" if arm == "precedent" else arm
    return CACHE / f"{name}--{tag}--{spent}.npz"


def told(name: str, arm: str, facts: dict) -> str:
    """Return a line about one fit."""
    return f"{name:26s} {arm:10s} {facts['n_trials']:3d} trials"


def compare(name: str, spent: str, digest: str) -> dict | None:
    """Return one row of the table, None where a fit is missing."""
    data = split(name)
    scores, predictions, facts = {}, {}, {}
    y = None
    for arm in ARMS:
        stored = kept(place(name, arm, spent, digest))
        if stored is None:
            return None
        y, predictions[arm], facts[arm] = stored
        scores[arm] = score(data.task, y, predictions[arm])
    flat = score(data.task, y, constant(data)) if data.task != "binary" else 0.5
    top = max(scores.values())
    low, high = difference_interval(
        data.task, y, predictions["precedent"], predictions["built-in"]
    )
    return {
        "dataset": name,
        "normalised": {
            a: max(0.0, (s - flat) / max(top - flat, 1e-12)) for a, s in scores.items()
        },
        "time_share": time_share(facts),
        "says": "harm" if high < 0 else "gain" if low > 0 else "level",
        "won": scores["precedent"] > scores["built-in"],
    }


def time_share(facts: dict) -> float:
    """Return when precedent has what the built-in order ends with, as a share.

    Of the moment at which the built-in order had it itself; infinite where it never
    has.
    """
    sign = 1.0 if facts["built-in"]["greater_is_better"] else -1.0
    at, final = facts["built-in"]["reached"][-1]
    for elapsed, value in facts["precedent"]["reached"]:
        if sign * value >= sign * final:
            return float(elapsed / at)
    return float("inf")


def report(rows: list[dict], spent: str) -> str:
    """Return the table as Markdown."""
    lines = [
        f"# Warm start on real fits of {spent}",
        "",
        "Normalised held-out scores: 0 = constant prediction, 1 = best of the row. The "
        "base lacks each dataset's family. Time: when the warm-started fit has the "
        "out-of-fold score that the built-in order ends with, as a share of the moment "
        "the latter has it.",
        "",
        "| dataset | " + " | ".join(ARMS) + " | time | noise says |",
        "|---|" + "---|" * (len(ARMS) + 2),
    ]
    for row in rows:
        cells = " | ".join(f"{row['normalised'][a]:.3f}" for a in ARMS)
        reached = "never" if np.isinf(row["time_share"]) else f"{row['time_share']:.2f}"
        lines.append(f"| {row['dataset']} | {cells} | {reached} | {row['says']} |")
    values = {a: np.array([r["normalised"][a] for r in rows]) for a in ARMS}
    means = " | ".join(f"**{v.mean():.3f}** ± {v.std():.3f}" for v in values.values())
    n = len(rows)
    shares = np.array([r["time_share"] for r in rows])
    n_better = sum(r["won"] for r in rows)
    lines += [
        f"| mean ± spread | {means} | {np.median(shares):.2f} (median) | |",
        "",
        f"- precedent above the built-in order: {n_better} of {n}; beyond noise: "
        f"better {sum(r['says'] == 'gain' for r in rows)}, "
        f"worse {sum(r['says'] == 'harm' for r in rows)}",
        f"- reaches the built-in order's final score: {int(np.isfinite(shares).sum())} "
        f"of {n}, in at most half of the time {int((shares <= 0.5).sum())} of {n}",
    ]
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
    spent = f"{limit:g} s" + (", half of the cores" if options.side_by_side else "")
    names = options.datasets.split(",")
    fits = [
        Fit(
            place(name, arm, spent, digest),
            functools.partial(fit, name, arm, limit),
            functools.partial(
                make_base, shards if arm == "precedent" else [], families, name
            ),
            functools.partial(told, name, arm),
        )
        for name in names
        for arm in ARMS
    ]
    make_missing(
        fits,
        10 * limit + 120,
        side_by_side=options.side_by_side,
        allow_load=options.allow_load,
    )
    rows = [row for n in names if (row := compare(n, spent, digest)) is not None]
    text = report(rows, spent)
    print(text)
    if len(rows) == len(DATASETS):
        (HERE / "results" / f"precedent-{limit:g}s.md").write_text(text)


if __name__ == "__main__":
    main()
