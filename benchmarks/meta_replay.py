"""Replay of a knowledge base's advice on its own datasets, family by family.

    python benchmarks/meta_replay.py --base BASE --json OUT [--kind binary ...]

For each family of datasets, weights, covariance, cost model and portfolio are computed
from the base without it. Then its datasets are replayed with the losses and seconds of
the base, through the same run state and precedent proposer as in a fit. Regret is 0 at
the best configuration that was evaluated on the dataset and 1 at the median one, and at
most 2; failures count 2 and cost their seconds.

Methods: random (the mean of 5 orders), the default order, average rank, static greedy
portfolio, headstart's adviser. Negative transfer is the share of datasets on which the
mean regret over the first 20 trials (or over the times, evenly in their logarithm) is
worse than the default order's by more than 0.05.

Resumable: each family is written to OUT when it is done. Less than a minute for 110
datasets of 60 configurations.
"""

import argparse
import hashlib
import json
import math
import time
from pathlib import Path

import numpy as np

from headstart.base import FoldOutcome, FoldStatus, Origin, TaskKind, TrialStatus
from headstart.meta import advice
from headstart.meta.advice import Adviser, Study
from headstart.meta.comparison import comparable
from headstart.meta.evaluate.grid import reference_task
from headstart.meta.evidence import Evidence
from headstart.meta.store import KnowledgeBase
from headstart.metrics import default_metric
from headstart.plugins import load_plugins
from headstart.search.propose import precedents as search_precedents
from headstart.search.propose.portfolio import default_order
from headstart.search.propose.precedents import PrecedentProposer
from headstart.search.run import state as search_state
from headstart.search.run.state import RunState
from static_order import order_greedily, without_family
from warm_start import EXPONENT, TIMES, TRIALS, WORST, standard_error

METHODS = ("random", "built-in order", "average rank", "static greedy", "headstart")
AREA_TIMES = np.geomspace(TIMES[0], TIMES[-1], 20)
# Datasets with fewer evaluations have no curve to speak of.
FEWEST_CELLS = 20
HARM = 0.05
# A base has mean losses: the runs that are replayed have one fold.
_FOLD = (0, 0)


class Replay:
    """The evaluated configurations of one dataset."""

    def __init__(self, losses: np.ndarray, seconds: np.ndarray) -> None:
        self.losses = losses
        self.cells = np.flatnonzero(~np.isnan(losses))
        tried = losses[self.cells]
        finite = tried[np.isfinite(tried)]
        best = finite.min() if finite.size else math.nan
        # The lower middle one: a number where up to half of them failed.
        middle = np.sort(tried)[(tried.size - 1) // 2] if tried.size else math.nan
        self.is_usable = bool(
            self.cells.size >= FEWEST_CELLS and math.isfinite(middle) and middle > best
        )
        if self.is_usable:
            self.regrets = np.minimum((losses - best) / (middle - best), WORST)
            typical = float(np.nanmedian(seconds[self.cells]))
            self.seconds = np.where(np.isnan(seconds), typical, seconds)
            self.median_seconds = float(np.median(self.seconds[self.cells]))

    def judge(self, by_trials: list[int], by_time: list[int]) -> dict:
        """Return regret over trials and over time, and the areas under both."""
        order = self._complete(by_trials)
        best = np.minimum.accumulate(self.regrets[order])
        order = self._complete(by_time)
        begun = np.concatenate([[WORST], np.minimum.accumulate(self.regrets[order])])
        spent = np.cumsum(self.seconds[order]) / self.median_seconds

        def at(times: tuple[float, ...] | np.ndarray) -> np.ndarray:
            return begun[np.searchsorted(spent, times, side="right")]

        places = np.minimum(np.array(TRIALS), best.size) - 1
        return {
            "trials": best[places].tolist(),
            "times": at(TIMES).tolist(),
            "trials_area": float(best[: TRIALS[-1]].mean()),
            "times_area": float(at(AREA_TIMES).mean()),
        }

    def _complete(self, order: list[int]) -> np.ndarray:
        known = set(self.cells.tolist())
        first = [i for i in order if i in known]
        return np.array([*first, *sorted(known - set(first))])


def advise(
    study: Study,
    replay: Replay,
    table: tuple[dict, float, float],
    constant: float,
    *,
    costs: bool,
) -> list[int]:
    """Return the adviser's order on a dataset, up to the last judged trial."""
    features, n_rows, n_features = table
    adviser = Adviser(
        study, features, n_rows, n_features, cost_exponent=EXPONENT if costs else 0.0
    )
    configurations = study.evidence.configurations
    places = {c: i for i, c in enumerate(configurations)}
    proposer = PrecedentProposer(
        adviser, configurations, len(study.evidence.names), costs
    )
    untried = {configurations[i] for i in replay.cells}
    state = RunState([_FOLD], 1, {_FOLD: constant})
    limit = TIMES[-1] * replay.median_seconds if costs else math.inf
    most = replay.cells.size if costs else TRIALS[-1]
    spent = 0.0
    while len(state.trials) < most and spent <= limit:
        losses = state.mean_losses(state.comparable_losses(state.with_results()))
        suggestion = proposer.suggest(state.trials, losses, untried.__contains__)
        if suggestion is None:
            break
        untried.remove(suggestion.configuration)
        place = places[suggestion.configuration]
        trial = state.add(suggestion.configuration, Origin.PRECEDENT)
        seconds, loss = float(replay.seconds[place]), float(replay.losses[place])
        spent += seconds
        if math.isfinite(loss):
            trial.status = TrialStatus.DONE
            trial.fold_losses[_FOLD] = loss
            trial.outcomes[_FOLD] = FoldOutcome(FoldStatus.OK, fit_seconds=seconds)
        else:
            trial.status = TrialStatus.FAILED
    return [places[trial.configuration] for trial in state.trials]


def constant_losses(evidence: Evidence) -> np.ndarray:
    """Return the loss of the constant prediction on each dataset.

    It is unknown for errors in the target's units; 0 replaces it, and the adviser does
    not compare locations of these.
    """
    if evidence.metric == "roc_auc":
        return np.full(len(evidence.names), -0.5)
    if evidence.metric == "log_loss":
        place = evidence.feature_names.index("ClassEntropy")
        return evidence.features[:, place] * math.log(2.0)
    return np.zeros(len(evidence.names))


def built_in_order(kind: TaskKind, evidence: Evidence) -> list[int]:
    """Return the configurations of the default order that the base has."""
    learners = {
        name: learner
        for name, learner in load_plugins().learners.items()
        if kind in learner.tasks
    }
    places = {c: i for i, c in enumerate(evidence.configurations)}
    order = default_order(reference_task(kind), learners)
    return [places[c] for c in order if c in places]


def run_family(stored: Evidence, family: str, built_in: list[int]) -> dict:
    """Evaluate every method on the datasets of a family that the base lacks."""
    evidence, constants = comparable(stored), constant_losses(stored)
    study = Study(without_family(evidence, family))
    past = study.regrets.values
    n = len(evidence.configurations)
    equal = np.full(len(past), 1.0 / max(len(past), 1))
    ranks = past.argsort(axis=1).argsort(axis=1).mean(axis=0)
    blind = order_greedily(past, equal, np.ones(n)).tolist()
    result = {}
    for place, of in enumerate(evidence.families):
        replay = Replay(evidence.losses[place], evidence.seconds[place])
        if of != family or not replay.is_usable:
            continue
        n_rows, n_features = evidence.n_rows[place], evidence.n_features[place]
        values = zip(evidence.feature_names, evidence.features[place], strict=True)
        described = ({k: v for k, v in values if not np.isnan(v)}, n_rows, n_features)
        prices = np.exp(EXPONENT * study.seconds.predict(n_rows, n_features))
        priced = order_greedily(past, equal, prices).tolist()
        ranked = ranks.argsort(kind="stable").tolist()
        seed = int.from_bytes(evidence.names[place].encode()[:4], "little")
        rng = np.random.default_rng([seed, place])
        shuffled = [replay.judge(o, o) for o in _shuffles(rng, n)]
        result[f"{place} {evidence.names[place]}"] = {
            "random": {
                key: np.mean([s[key] for s in shuffled], axis=0).tolist()
                for key in shuffled[0]
            },
            "built-in order": replay.judge(built_in, built_in),
            "average rank": replay.judge(ranked, ranked),
            "static greedy": replay.judge(blind, priced),
            "headstart": replay.judge(
                advise(study, replay, described, constants[place], costs=False),
                advise(study, replay, described, constants[place], costs=True),
            ),
        }
    return result


def _shuffles(rng: np.random.Generator, n: int) -> list[list[int]]:
    return [rng.permutation(n).tolist() for _ in range(5)]


def table(datasets: dict[str, dict]) -> str:
    """Return means over datasets, and the shares of negative transfer."""
    lines = [f"{len(datasets)} datasets, mean regret (± standard error over datasets)"]
    for curve, at in (("trials", TRIALS), ("times", TIMES)):
        heads = [f"{a:g}" for a in at] + ["area", "harm"]
        lines += ["", f"{curve:16s}" + "".join(f"{h:>14s}" for h in heads)]
        default = np.array(
            [d["built-in order"][f"{curve}_area"] for d in datasets.values()]
        )
        for method in METHODS:
            of = [d[method] for d in datasets.values()]
            values = np.array([[*d[curve], d[f"{curve}_area"]] for d in of])
            errors = standard_error(values)
            cells = zip(values.mean(axis=0), errors, strict=True)
            row = "".join(f"{m:8.3f} ±{e:.3f}" for m, e in cells)
            harm = float((values[:, -1] - default > HARM).mean())
            lines.append(f"{method:16s}{row}{harm:14.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True)
    parser.add_argument("--json", type=Path, required=True)
    kinds = [k.value for k in TaskKind]
    parser.add_argument("--kind", choices=kinds, nargs="*", default=kinds)
    options = parser.parse_args()
    record: dict = {"kinds": {}}
    if options.json.exists():
        record = json.loads(options.json.read_text())
    code = hashlib.sha256(Path(__file__).read_bytes())
    files = sorted(Path(advice.__file__).parent.glob("*.py"))
    searching = [search_precedents.__file__, search_state.__file__]
    for path in [*files, *map(Path, searching)]:
        code.update(path.read_bytes())
    with KnowledgeBase.open(options.base, read_only=True) as base:
        settings = {"base": base.digest(), "code": code.hexdigest()}
        evidence = {
            name: base.evidence(
                frozenset({TaskKind(name)}), default_metric(TaskKind(name))
            )
            for name in options.kind
        }
    if record.get("settings") != settings:
        record = {"settings": settings, "kinds": {}}
    for name, of in evidence.items():
        done = record["kinds"].setdefault(name, {})
        built_in = built_in_order(TaskKind(name), of)
        families = sorted(set(of.families) - set(done))
        begun = time.monotonic()
        for number, family in enumerate(families, 1):
            done[family] = run_family(of, family, built_in)
            temporary = options.json.with_suffix(".part")
            temporary.write_text(json.dumps(record, indent=1) + "\n")
            temporary.replace(options.json)
            minutes = (
                (time.monotonic() - begun) / number * (len(families) - number) / 60
            )
            print(f"{name} {family}: {minutes:.1f} minutes left", flush=True)
    for name in options.kind:
        datasets = {k: v for f in record["kinds"][name].values() for k, v in f.items()}
        if datasets:
            print(f"\n{name}, {default_metric(TaskKind(name))}")
            print(table(datasets))


if __name__ == "__main__":
    main()
