"""Held-out losses by the number of folds: one holdout, 2, 3 and 5 folds.

    HEADSTART_DATASETS=DIR python benchmarks/schedule.py [--time-limit 60]

Each of 12 datasets, the large ones and those with many classes, is fitted once per
number of folds: 48 minutes. Rows, seed and the knowledge base, which lacks the
dataset's family, are the same. After one holdout the members are refitted on all rows.
The table has the ratios of the held-out losses (1 - AUC, log loss or RMSE of 30 % of
the rows) to those with 5 folds, the number of trials, and the number of folds that a
fit chooses by itself.

With ``--processor-seconds`` a fit has one thread, and its limit counts processor
seconds: other load does not change what it gets, and ``--time-limit 120`` gives it as
many of them as 60 s on two cores. Every fit is written to ``benchmarks/cache/schedule``
and not repeated.
"""

import argparse
import functools
import json
import sys
import time
from pathlib import Path

import numpy as np

from bases import FAMILIES, SHARDS, make_base
from datasets import Split, manifest, split
from fits import Fit, make_missing, read_fit
from held_out import aligned, beyond_noise
from processor_clock import count_processor_seconds
from versions import loss

PROCESSOR = "--processor-seconds"
if PROCESSOR in sys.argv:
    # The processes of the fits import this module, too.
    count_processor_seconds()

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "schedule"
DATASETS = (
    "kr_vs_k pendigits covid_testing weight_lifting_har storms_status "
    "police_force_type traffic_volume house_8l hotel_rates loans_interest "
    "product_backorders weather_aus"
).split()
# Numbers of folds; 1 is one holdout. The last one is the reference.
ARMS = (1, 2, 3, 5)
REFERENCE = ARMS[-1]


def fit(name: str, n_folds: int, time_limit: float):
    """Fit one arm; return the test labels, the predictions and the facts."""
    import headstart as hs

    data = split(name)
    regression = data.task == "regression"
    estimator = hs.AutoRegressor if regression else hs.AutoClassifier
    model = estimator(
        time_limit=time_limit, random_state=0, validation=validation(data, n_folds)
    )
    begun = time.monotonic()
    model.fit(data.X_train, data.y_train)
    seconds = time.monotonic() - begun
    prediction = (
        model.predict(data.X_test) if regression else model.predict_proba(data.X_test)
    )
    classes = None if regression else model.classes_
    y, prediction = aligned(data, prediction, classes)
    info = model.info()
    facts = {
        "seconds": seconds,
        "n_trials": model.leaderboard().height,
        "n_members": len(info["members"]),
        "reason": info["validation_reason"],
    }
    return y, prediction, facts


def validation(data: Split, n_folds: int):
    """Return the validation of an arm; a holdout of the size that a fit chooses."""
    from headstart import Validation
    from headstart.base import TaskKind
    from headstart.validation.affordable import holdout_rows

    if n_folds > 1:
        return Validation(folds=n_folds, repeats=1)
    _, codes = np.unique(data.y_train.astype(str), return_inverse=True)
    rows = holdout_rows(codes, TaskKind(data.task))
    return Validation(holdout=rows / len(codes))


def chosen_folds(data: Split, time_limit: float, n_slots: int) -> int:
    """Return the number of folds that a fit chooses for a dataset by itself."""
    from types import SimpleNamespace

    from headstart.base import TaskKind
    from headstart.plugins import load_plugins
    from headstart.search.run.folds import choose_folds
    from headstart.search.run.problem import read_problem

    kind = TaskKind(data.task)
    settings = SimpleNamespace(
        time_limit=time_limit, validation="auto", metric=None, columns=None
    )
    problem = read_problem(
        settings,
        data.X_train,
        data.y_train,
        classification=kind.is_classification,
        sample_weight=None,
        groups=None,
    )
    learners = load_plugins().select(None, kind)
    return choose_folds(settings, problem, learners, n_slots, 0).n_folds


def result_path(name: str, n_folds: int, spent: str) -> Path:
    """Return the path of a fit's file."""
    return CACHE / f"{name}--{n_folds}--{spent}.npz"


def describe_fit(name: str, n_folds: int, facts: dict) -> str:
    """Return a line about one fit."""
    return (
        f"{name:20s} {n_folds} {facts['n_trials']:3d} trials, "
        f"{facts['n_members']:2d} members, {facts['seconds']:4.0f} s; {facts['reason']}"
    )


def compare(name: str, spent: str, chosen: int) -> dict | None:
    """Return one row of the table, None if a fit is missing."""
    data = split(name)
    stored = {arm: read_fit(result_path(name, arm, spent)) for arm in ARMS}
    if None in stored.values():
        return None
    y, reference, _ = stored[REFERENCE]
    losses = {arm: loss(data.task, y, each[1]) for arm, each in stored.items()}
    return {
        "dataset": name,
        "task": data.task,
        "rows": len(data.y_train),
        "classes": len(np.unique(data.y_train)) if data.task != "regression" else 0,
        "ratios": {arm: losses[arm] / losses[REFERENCE] for arm in ARMS},
        "verdicts": {
            arm: beyond_noise(data.task, y, each[1], reference)
            for arm, each in stored.items()
        },
        "trials": {arm: each[2]["n_trials"] for arm, each in stored.items()},
        "chosen": chosen,
    }


def report(rows: list[dict], spent: str) -> str:
    """Return the table as Markdown."""
    arms = ["holdout", *(f"{arm} folds" for arm in ARMS[1:-1])]
    lines = [
        f"# Held-out losses by the number of folds, fits of {spent}",
        "",
        "Ratio of the loss (1 - AUC, log loss or RMSE of 30 % of the rows) to that "
        f"with {REFERENCE} folds: below 1 is better. + and -: better and worse beyond "
        "the noise of a paired bootstrap (5 % on either side). One seed. Last column: "
        "the number of folds that a fit chooses, 1 for a holdout.",
        "",
        f"| dataset | task | rows | classes | {' | '.join(arms)} | trials | chosen |",
        "|---|---|---|---|" + "---|" * (len(arms) + 2),
    ]
    signs = {"better": " +", "worse": " -", "level": ""}
    for row in rows:
        cells = " | ".join(
            f"{row['ratios'][arm]:.3f}{signs[row['verdicts'][arm]]}"
            for arm in ARMS[:-1]
        )
        trials = " / ".join(str(row["trials"][arm]) for arm in ARMS)
        lines.append(
            f"| {row['dataset']} | {row['task']} | {row['rows']} "
            f"| {row['classes'] or ''} | {cells} | {trials} | {row['chosen']} |"
        )
    means = " | ".join(
        f"**{np.exp(np.mean([np.log(r['ratios'][arm]) for r in rows])):.3f}**"
        for arm in ARMS[:-1]
    )
    lines += [f"| geometric mean | | | | {means} | | |"]
    best = np.mean([np.log(r["ratios"].get(r["chosen"], 1.0)) for r in rows])
    lines += [
        "",
        f"- geometric mean with the chosen number (8 folds count as {REFERENCE}): "
        f"{np.exp(best):.3f}",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--time-limit", type=float, default=60)
    parser.add_argument("--datasets", default=",".join(DATASETS))
    parser.add_argument("--arms", default=",".join(map(str, ARMS)))
    parser.add_argument(PROCESSOR, action="store_true")
    parser.add_argument("--allow-load", action="store_true")
    options = parser.parse_args()
    from headstart.machine.capacity import available_cores

    CACHE.mkdir(parents=True, exist_ok=True)
    manifest()
    limit = options.time_limit
    unit = "processor seconds" if options.processor_seconds else "s"
    spent = f"{limit:g} {unit}"
    names = options.datasets.split(",")
    shards = sorted(SHARDS.glob("*.jsonl"))
    families = json.loads(FAMILIES.read_text())
    fits = [
        Fit(
            result_path(name, arm, spent),
            functools.partial(fit, name, arm, limit),
            functools.partial(make_base, shards, families, name),
            functools.partial(describe_fit, name, arm),
        )
        for name in names
        for arm in map(int, options.arms.split(","))
    ]
    make_missing(
        fits,
        100 * limit + 120,
        side_by_side=False,
        allow_load=options.allow_load or options.processor_seconds,
    )
    n_slots = 1 if options.processor_seconds else available_cores()
    rows = [
        row
        for name in names
        if (row := compare(name, spent, chosen_folds(split(name), limit, n_slots)))
        is not None
    ]
    if not rows:
        return
    text = report(rows, spent)
    print(text)
    if len(rows) == len(DATASETS):
        (HERE / "results" / "schedule-60s.md").write_text(text)


if __name__ == "__main__":
    main()
