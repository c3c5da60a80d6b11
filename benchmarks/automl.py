"""headstart against default models: held-out scores on a fixed list of 30 datasets.

    HEADSTART_DATASETS=DIR python benchmarks/automl.py [--time-limit 60] [--json FILE]

headstart starts from the shipped knowledge base less the dataset's own family. Every
result is kept in benchmarks/cache/automl as soon as it is there; what is there
is not computed again. headstart runs must have the machine to themselves: the load is
recorded, and a run that others disturbed is thrown away (--allow-load keeps it).
About 30 minutes for headstart at 60 s, about 10 for the peers (2 cores).
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
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score

from bases import FAMILIES, SHARDS, make_base, start_from
from datasets import Split, busy_share, split
from peers import N_THREADS, PEERS

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "automl"
RESULTS = HERE / "results"
N_BOOTSTRAP = 1_000
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
    """Fit headstart; return predictions, classes and what the run says of itself."""
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


def score(task: str, y: np.ndarray, prediction: np.ndarray) -> float:
    """Return the score, higher is better: AUC, -log loss or -RMSE."""
    if task == "regression":
        return -float(np.sqrt(mean_squared_error(y, prediction)))
    if task == "binary":
        return float(roc_auc_score(y, prediction[:, 1]))
    return -float(log_loss(y, prediction, labels=np.arange(prediction.shape[1])))


def aligned(data: Split, prediction: np.ndarray, classes: np.ndarray | None):
    """Return codes of the test labels and predictions in one order of classes."""
    if data.task == "regression":
        return data.y_test, np.asarray(prediction, dtype=float)
    labels = np.unique(data.y_train.astype(str))
    place = {label: i for i, label in enumerate(labels)}
    found = np.zeros((len(prediction), len(labels)))
    found[:, [place[str(c)] for c in classes]] = prediction
    found = np.clip(found, 1e-15, None)
    codes = np.array([place[str(v)] for v in data.y_test])
    return codes, found / found.sum(axis=1, keepdims=True)


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


def run_one(name: str, system: str, time_limit: float, *, allow_load: bool) -> None:
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
        found = run_peer(system, data)
        if found is None:
            np.savez(path, y=[], prediction=[], facts=json.dumps({"gave_up": True}))
            print(f"{name:28s} {tag:24s} not done in {PEER_LIMIT:.0f} s", flush=True)
            return
        prediction, classes = found
    else:
        while not allow_load and load > LOAD_LIMIT:
            load = busy_share(5.0)
        prediction, classes, facts = headstart(data, time_limit)
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


def constant(data: Split) -> np.ndarray:
    """Return what predicts without looking at the features."""
    n = len(data.y_test)
    if data.task == "regression":
        return np.full(n, data.y_train.mean())
    _, counts = np.unique(data.y_train.astype(str), return_counts=True)
    return np.tile(counts / counts.sum(), (n, 1))


def compare(name: str, tag: str) -> dict | None:
    """Return one row of the table, or None where a cell is missing."""
    data = split(name)
    cells = {}
    for system in [tag, *PEERS]:
        path = CACHE / f"{name}--{system}.npz"
        if not path.exists():
            return None
        with np.load(path) as stored:
            cells[system] = (stored["y"], stored["prediction"], str(stored["facts"]))
    y = cells[tag][0]
    scores = {
        s: score(data.task, y, p) if len(p) else -np.inf
        for s, (_, p, _) in cells.items()
    }
    flat = score(data.task, y, constant(data)) if data.task != "binary" else 0.5
    best_peer = max(PEERS, key=lambda s: scores[s])
    ours, theirs = cells[tag][1], cells[best_peer][1]
    random = np.random.default_rng(0)
    differences = []
    while len(differences) < N_BOOTSTRAP:
        rows = random.integers(len(y), size=len(y))
        if data.task == "binary" and len(np.unique(y[rows])) < 2:
            continue
        differences.append(
            score(data.task, y[rows], ours[rows])
            - score(data.task, y[rows], theirs[rows])
        )
    top = max(scores.values())
    return {
        "dataset": name,
        "task": data.task,
        "rows": len(data.y_train),
        "scores": scores,
        "normalised": {
            s: max(0.0, (v - flat) / max(top - flat, 1e-12)) for s, v in scores.items()
        },
        "best_peer": best_peer,
        "worse_beyond_noise": bool(np.quantile(differences, 0.95) < 0),
        "strictly_better": bool(scores[tag] > scores[best_peer]),
        "facts": json.loads(cells[tag][2]),
    }


def report(rows: list[dict], tag: str) -> str:
    """Return the table as Markdown."""
    systems = [tag, *PEERS]
    lines = [
        f"# Held-out scores: {tag} against default models",
        "",
        "Normalised: 0 = constant prediction, 1 = best of this row. Test: 30 % of the "
        "rows, seed 0. Binary: AUC, multiclass: -log loss, regression: -RMSE. A peer "
        f"that was not done in {PEER_LIMIT:.0f} s scores 0. headstart's knowledge base "
        "lacks the dataset's family.",
        "",
        "| dataset | task | rows | " + " | ".join(systems) + " | noise says |",
        "|---|---|---|" + "---|" * (len(systems) + 1),
    ]
    for row in rows:
        cells = " | ".join(f"{row['normalised'][s]:.3f}" for s in systems)
        word = (
            "worse"
            if row["worse_beyond_noise"]
            else "better"
            if row["strictly_better"]
            else "level"
        )
        lines.append(
            f"| {row['dataset']} | {row['task']} | {row['rows']} | {cells} | {word} |"
        )
    means = {s: np.array([r["normalised"][s] for r in rows]) for s in systems}
    cells = " | ".join(
        f"**{means[s].mean():.3f}** ± {means[s].std():.3f}" for s in systems
    )
    n = len(rows)
    not_worse = sum(not r["worse_beyond_noise"] for r in rows)
    better = sum(r["strictly_better"] for r in rows)
    inside = [
        r["facts"]["learner_seconds"] / (2 * r["facts"]["fit_seconds"]) for r in rows
    ]
    lines += [
        f"| mean ± spread | | | {cells} | |",
        "",
        f"- not worse than the best default model beyond paired-bootstrap noise: "
        f"{not_worse} of {n}",
        f"- strictly better than the best of them: {better} of {n}",
        f"- seconds inside learners, of 2 cores times the fit's seconds: median "
        f"{np.median(inside):.0%}, lowest {np.min(inside):.0%}",
        f"- minutes of computing: headstart "
        f"{sum(r['facts']['seconds'] for r in rows) / 60:.0f}",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=60)
    parser.add_argument("--systems", default="headstart," + ",".join(PEERS))
    parser.add_argument("--datasets", default=",".join(DATASETS))
    parser.add_argument("--allow-load", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    names = options.datasets.split(",")
    for system in options.systems.split(","):
        for name in names:
            run_one(name, system, options.time_limit, allow_load=options.allow_load)
    tag = f"headstart-{options.time_limit:g}s"
    rows = [row for name in names if (row := compare(name, tag)) is not None]
    if not rows:
        return
    text = report(rows, tag)
    print(text)
    if len(rows) == len(DATASETS):
        (RESULTS / f"automl-{options.time_limit:g}s.md").write_text(text)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
