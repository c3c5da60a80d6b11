"""Held-out scores of headstart, default models and AutoML systems on 30 datasets.

    HEADSTART_DATASETS=DIR python benchmarks/automl.py [--time-limit 60] [--json FILE]
        [--system flaml=PYTHON] [--system autogluon=PYTHON]

An AutoML system gets the same time and the same two cores, in the given Python (see
systems.py). headstart starts from the shipped knowledge base without the dataset's own
family. Every result is written to benchmarks/cache/automl at once and not computed
again. headstart and the AutoML systems need the machine to themselves: a run waits
while other processes are busy (except with --allow-load).
About 31 minutes for headstart at 60 s, 15 for the default models, 33 for a system
(2 cores). The kinds of task take turns, so an interrupted run has results of each.
"""

import argparse
import json
import multiprocessing
import queue
import resource
import signal
import time
from pathlib import Path

import numpy as np

from bases import FAMILIES, SHARDS, make_base, start_from
from datasets import Split, busy_share, split
from held_out import aligned, beyond_noise, normalised, score
from peers import N_THREADS, PEERS
from systems import SYSTEMS, run_system

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "automl"
RESULTS = HERE / "results"
LOAD_LIMIT = 0.1  # share of the cores that others may use when a run starts
# Seconds after which a peer is given up: five times as long as headstart gets.
PEER_LIMIT = 300.0

# Ten of each kind of task, from small to large; chosen before the first run.
DATASETS = (
    "alzheimer_ad credit_approval diabetes employee_attrition_ibm hmda_boston stroke "
    "compas_two_years bank_churners product_backorders give_me_some_credit_40k "
    "glass soybean vowel drug_consumption_cannabis cardiotocography_nsp "
    "skillcraft_league page_blocks satimage marketing_income covid_testing "
    "student_math_g3 boston concrete airfoil_noise space_ga computers_price bank32nh "
    "deliveries_time house_8l traffic_volume"
).split()


def headstart(data: Split, time_limit: float):
    """Fit headstart; return predictions, classes and facts of the run."""
    import headstart as hs

    kind = hs.AutoRegressor if data.task == "regression" else hs.AutoClassifier
    model = kind(time_limit=time_limit, random_state=0)
    begun = time.monotonic()
    model.fit(data.X_train, data.y_train)
    seconds = time.monotonic() - begun
    board = model.leaderboard()
    inside = float(board["fit_seconds"].sum() + board["predict_seconds"].sum())
    facts = {
        "fit_seconds": seconds,
        "learner_seconds": inside,
        "n_trials": board.height,
        "origins": board["origin"].value_counts().rows(),
        "validation": model.info()["validation"],
        "members": [
            [m["learner"], round(m["weight"], 3), m["models"]]
            for m in model.info()["members"]
        ],
    }
    if data.task == "regression":
        return model.predict(data.X_test), None, facts
    return model.predict_proba(data.X_test), model.classes_, facts


def run_peer(system: str, data: Split):
    """Return a peer's predictions and classes, None if it takes too long."""
    # Spawned: polars' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    child = context.Process(target=_work, args=(system, data, results), daemon=True)
    child.start()
    while True:
        try:
            return results.get(timeout=1.0)
        except queue.Empty:
            if child.exitcode in {-signal.SIGXCPU, -signal.SIGKILL}:
                return None
            if child.exitcode is not None and results.empty():
                raise SystemExit(f"{system} on {data.name} failed") from None


def _work(system: str, data: Split, results: multiprocessing.Queue) -> None:
    # Of the processor, on all its threads: a busy machine is not the peer's fault.
    limit = int(PEER_LIMIT * N_THREADS)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    results.put(PEERS[system](data))


def run_one(
    name: str, system: str, time_limit: float, python: Path | None, *, allow_load: bool
) -> None:
    """Compute and keep one cell of the table."""
    tag = system if system in PEERS else f"{system}-{time_limit:g}s"
    path = CACHE / f"{name}--{tag}.npz"
    if path.exists():
        return
    data = split(name)
    if system not in PEERS:
        families = json.loads(FAMILIES.read_text())
        start_from(make_base(sorted(SHARDS.glob("*.jsonl")), families, name))
    load = busy_share()
    facts: dict = {}
    begun = time.monotonic()
    if system in PEERS:
        result = run_peer(system, data)
        if result is None:
            _give_up(path, f"{name:28s} {tag:24s}", f"not done in {PEER_LIMIT:.0f} s")
            return
        prediction, classes = result
    else:
        while not allow_load and load > LOAD_LIMIT:
            load = busy_share(5.0)
        begun = time.monotonic()
        if python is None:
            prediction, classes, facts = headstart(data, time_limit)
        else:
            result, reason = run_system(system, python, data, time_limit)
            if result is None:
                _give_up(path, f"{name:28s} {tag:24s}", reason)
                return
            prediction, classes, facts = result
    facts["seconds"] = time.monotonic() - begun
    facts["busy_before"] = load
    y, prediction = aligned(data, prediction, classes)
    temporary = path.with_suffix(".tmp.npz")
    np.savez(temporary, y=y, prediction=prediction, facts=json.dumps(facts))
    temporary.rename(path)
    print(
        f"{name:28s} {tag:24s} {score(data.task, y, prediction):9.4f} "
        f"{facts['seconds']:7.1f} s",
        flush=True,
    )


def _give_up(path: Path, who: str, why: str) -> None:
    np.savez(path, y=[], prediction=[], facts=json.dumps({"gave_up": why}))
    print(f"{who} {why}", flush=True)


def compare(name: str, tags: list[str]) -> dict | None:
    """Return one row of a table, or None where a cell is missing.

    The first of `tags` is compared with each of the others.
    """
    data = split(name)
    cells = {}
    for tag in tags:
        path = CACHE / f"{name}--{tag}.npz"
        if not path.exists():
            return None
        with np.load(path) as stored:
            cells[tag] = (stored["y"], stored["prediction"], str(stored["facts"]))
    ours, *others = tags
    y = cells[ours][0]
    scores = {
        s: score(data.task, y, p) if len(p) else -np.inf
        for s, (_, p, _) in cells.items()
    }
    best = max(others, key=lambda s: scores[s])
    return {
        "dataset": name,
        "task": data.task,
        "rows": len(data.y_train),
        "scores": {s: v if np.isfinite(v) else None for s, v in scores.items()},
        "normalised": normalised(data, y, scores),
        "verdicts": {
            s: beyond_noise(data.task, y, cells[ours][1], cells[s][1]) for s in others
        },
        "best_other": best,
        "strictly_better": bool(scores[ours] > scores[best]),
        "facts": {s: json.loads(facts) for s, (_, _, facts) in cells.items()},
    }


def table(rows: list[dict], title: str, tags: list[str], notes: str) -> str:
    """Return the rows and their summary as a Markdown table."""
    ours, *others = tags
    lines = [
        f"# Held-out scores: {title}",
        "",
        "Normalised: 0 = constant prediction, 1 = best of this row. Test: 30 % of the "
        "rows, seed 0. Binary: AUC, multiclass: -log loss, regression: -RMSE. "
        f"{notes} headstart's knowledge base lacks the dataset's family. Last column: "
        "headstart against the best of the others, beyond the noise of a paired "
        "bootstrap (5 % on either side).",
        "",
        "| dataset | task | rows | " + " | ".join(tags) + " | against the best |",
        "|---|---|---|" + "---|" * (len(tags) + 1),
    ]
    for row in rows:
        cells = " | ".join(f"{row['normalised'][s]:.3f}" for s in tags)
        lines.append(
            f"| {row['dataset']} | {row['task']} | {row['rows']} | {cells} "
            f"| {row['verdicts'][row['best_other']]} |"
        )
    means = {s: np.array([r["normalised"][s] for r in rows]) for s in tags}
    cells = " | ".join(
        f"**{means[s].mean():.3f}** ± {means[s].std():.3f}" for s in tags
    )
    n = len(rows)
    lines += [f"| mean ± spread | | | {cells} | |", ""]
    for other in others:
        counted = [row["verdicts"][other] for row in rows]
        failed = sum(row["scores"][other] is None for row in rows)
        above = failed + sum(
            row["scores"][ours] > row["scores"][other]
            for row in rows
            if row["scores"][other] is not None
        )
        lines.append(
            f"- against {other}: above on {above} of {n}; beyond noise better on "
            f"{counted.count('better')}, worse on {counted.count('worse')}"
            + (f"; it gave no model on {failed}, which count as 0" if failed else "")
        )
    best = [row["verdicts"][row["best_other"]] for row in rows]
    our_facts = [row["facts"][ours] for row in rows]
    inside = [f["learner_seconds"] / (2 * f["fit_seconds"]) for f in our_facts]
    minutes = sum(f["seconds"] for f in our_facts) / 60
    for tag in tags:
        spent = [
            facts["fit_seconds"]
            for row in rows
            if "fit_seconds" in (facts := row["facts"][tag])
        ]
        versions = {row["facts"][tag].get("version") for row in rows} - {None}
        if spent:
            lines.append(
                f"- {tag} ({', '.join(sorted(versions)) or 'this version'}): median "
                f"{np.median(spent):.0f} s a fit, {np.min(spent):.0f} to "
                f"{np.max(spent):.0f}"
            )
    lines += [
        f"- against the best of them on each dataset: above on "
        f"{sum(r['strictly_better'] for r in rows)}; beyond noise better on "
        f"{best.count('better')}, worse on {best.count('worse')}",
        f"- seconds inside headstart's learners, of 2 cores times the fit's seconds: "
        f"median {np.median(inside):.0%}, lowest {np.min(inside):.0%}",
        f"- minutes of computing: headstart {minutes:.0f}",
    ]
    return "\n".join(lines) + "\n"


def publish(names: list[str], title: str, tags: list[str], notes: str, name: str):
    """Print a table of the results; write it if all results were requested."""
    rows = [row for dataset in names if (row := compare(dataset, tags)) is not None]
    if not rows:
        return []
    if len(rows) < len(DATASETS):
        notes += f" {len(rows)} of {len(DATASETS)} datasets: the rest are not run yet."
    text = table(rows, title, tags, notes)
    print(text)
    if len(names) == len(DATASETS):
        (RESULTS / name).write_text(text)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=60)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument(
        "--system", action="append", default=[], metavar="NAME=PYTHON",
        help=f"an AutoML system and where it is installed: {', '.join(SYSTEMS)}",
    )  # fmt: skip
    parser.add_argument("--datasets", default=",".join(DATASETS))
    parser.add_argument("--allow-load", action="store_true")
    parser.add_argument("--table", action="store_true", help="compute nothing new")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    names = sorted(options.datasets.split(","), key=lambda n: DATASETS.index(n) % 10)
    pythons = {
        name: Path(python)
        for name, _, python in (each.partition("=") for each in options.system)
    }
    if unknown := set(pythons) - set(SYSTEMS):
        parser.error(f"unknown systems {sorted(unknown)}: there are {list(SYSTEMS)}")
    peers = options.peers.split(",") if options.peers else []
    for name in [] if options.table else names:
        for system in ["headstart", *pythons, *peers]:
            run_one(
                name,
                system,
                options.time_limit,
                pythons.get(system),
                allow_load=options.allow_load,
            )
    names.sort(key=DATASETS.index)
    limit = f"{options.time_limit:g}s"
    ours = f"headstart-{limit}"
    rows = publish(
        names,
        f"{ours} against default models",
        [ours, *PEERS],
        f"A default model that was not done in {PEER_LIMIT:.0f} s scores 0.",
        f"automl-{limit}.md",
    )
    if pythons:
        rows += publish(
            names,
            f"{ours} against AutoML systems with the same time",
            [ours, *(f"{system}-{limit}" for system in SYSTEMS)],
            "All get two cores. A system that gives no model scores 0.",
            f"automl_systems-{limit}.md",
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
