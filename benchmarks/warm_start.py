r"""Trials and seconds that precedent saves: replay of a matrix of scores.

    python benchmarks/warm_start.py --matrix E.csv --seconds T.csv --sizes S.csv \
        --json OUT [--draws 20]

The matrices have one row per dataset and one column per configuration: errors, and
seconds. In each draw 100 datasets are known and the methods are evaluated on 75 others.
Regret on a dataset is 0 at the best of its configurations and 1 at the median one, and
at most 2, which also counts while no trial has finished. Over trials, cost is ignored.
Over time, in units of the dataset's median configuration time, a trial counts when it
has ended.

Methods: random (the mean of 5 orders); the order of the columns; average rank; static
greedy portfolio (without costs over trials, gain / predicted seconds^0.8 over time, the
exponent of headstart); nearest neighbour (the best configuration of the nearest
dataset, then of the next, by log rows and log columns); headstart's adviser.

Resumable: each draw is written to OUT when it is done. On one core 6 to 15 seconds per
draw, 2 to 5 minutes for 20 draws.
"""

import argparse
import ast
import csv
import hashlib
import json
import math
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from headstart.base import Configuration
from headstart.meta import advice
from headstart.meta.advice import Adviser, Study
from headstart.meta.evidence import Evidence
from static_order import order_greedily

TRIALS = (1, 3, 5, 8, 12, 20)
TIMES = (0.5, 1.0, 2.0, 5.0, 10.0)
N_KNOWN, N_TESTS = 100, 75
WORST = 2.0
# Of seconds in the price, for the greedy portfolio and for headstart.
EXPONENT = 0.8
METHODS = (
    "random",
    "default order",
    "average rank",
    "static greedy",
    "nearest neighbour",
    "headstart",
)


def read_matrix(path: Path) -> tuple[list[str], list[str], np.ndarray]:
    """Return row names, column names and values."""
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    values = [[float(cell) if cell else math.nan for cell in row[1:]] for row in rows]
    return [str(int(row[0])) for row in rows], header[1:], np.array(values)


def read_configuration(text: str) -> Configuration:
    """Parse a column's header: a Python literal, or a learner's name."""
    try:
        record = ast.literal_eval(text)
        return Configuration(record["algorithm"], record["hyperparameters"])
    except (ValueError, SyntaxError, KeyError, TypeError):
        return Configuration(text)


class Matrix:
    """Errors, seconds and sizes of datasets whose configurations differ."""

    def __init__(self, errors: Path, seconds: Path, sizes: Path) -> None:
        rows, columns, self.errors = read_matrix(errors)
        time_rows, time_columns, self.seconds = read_matrix(seconds)
        size_rows, _, size_values = read_matrix(sizes)
        if time_columns != columns:
            raise SystemExit(f"The columns of {seconds} are not those of {errors}.")
        self.configurations = tuple(read_configuration(c) for c in columns)
        by_time = {name: place for place, name in enumerate(time_rows)}
        by_size = {name: place for place, name in enumerate(size_rows)}
        kept, regrets = [], []
        for place, name in enumerate(rows):
            row = self.errors[place]
            if name not in by_time or name not in by_size:
                continue
            if np.isnan(row).any() or np.isnan(self.seconds[by_time[name]]).any():
                continue
            unit = np.median(row) - row.min()
            if unit > 0:
                kept.append(place)
                regrets.append(np.minimum((row - row.min()) / unit, WORST))
        self.names = [rows[place] for place in kept]
        self.errors = self.errors[kept]
        self.seconds = self.seconds[[by_time[name] for name in self.names]]
        self.sizes = size_values[[by_size[name] for name in self.names]]
        self.regrets = np.array(regrets)

    def evidence(self, known: np.ndarray) -> Evidence:
        """Return the evidence that the adviser may use."""
        names = tuple(self.names[i] for i in known)
        return Evidence(
            metric="balanced_accuracy",
            names=names,
            families=names,
            n_rows=self.sizes[known, 0],
            n_features=self.sizes[known, 1],
            feature_names=(),
            features=np.empty((len(known), 0)),
            configurations=self.configurations,
            losses=self.errors[known],
            seconds=self.seconds[known],
        )


def over_trials(regrets: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Return regret after each of `TRIALS`, shape (n_tests, len(TRIALS))."""
    best = np.minimum.accumulate(np.take_along_axis(regrets, orders, 1), axis=1)
    places = np.minimum(np.array(TRIALS), best.shape[1]) - 1
    return best[:, places]


def over_time(
    regrets: np.ndarray, seconds: np.ndarray, orders: np.ndarray
) -> np.ndarray:
    """Return regret at each of `TIMES`, shape (n_tests, len(TIMES))."""
    best = np.minimum.accumulate(np.take_along_axis(regrets, orders, 1), axis=1)
    spent = np.cumsum(np.take_along_axis(seconds, orders, 1), axis=1)
    limits = np.median(seconds, axis=1)[:, None] * np.array(TIMES)
    done = (spent[:, None, :] <= limits[:, :, None]).sum(axis=2)
    started = np.concatenate([np.full((len(best), 1), WORST), best], axis=1)
    return np.take_along_axis(started, done, axis=1)


def advise(study: Study, matrix: Matrix, test: int, *, costs: bool) -> list[int]:
    """Return the adviser's order on one dataset, up to the last judged trial."""
    errors, seconds = matrix.errors[test], matrix.seconds[test]
    limit = TIMES[-1] * np.median(seconds) if costs else math.inf
    n_rows, n_features = matrix.sizes[test]
    adviser = Adviser(
        study, {}, n_rows, n_features, cost_exponent=EXPONENT if costs else 0.0
    )
    available = np.ones(errors.size, dtype=bool)
    observed: dict[int, float] = {}
    measured: dict[int, float] = {}
    most = errors.size if costs else TRIALS[-1]
    while len(observed) < most and sum(measured.values()) <= limit:
        answer = adviser.next(
            observed, available=available, measured_seconds=measured if costs else {}
        )
        if answer is None:
            break
        observed[answer.index] = errors[answer.index]
        measured[answer.index] = seconds[answer.index]
    return list(observed)


def completed(orders: list[list[int]], n: int) -> np.ndarray:
    """Append the configurations that orders lack; these are not judged."""
    return np.array([[*o, *sorted(set(range(n)) - set(o))] for o in orders])


def nearest_order(matrix: Matrix, known: np.ndarray, test: int) -> list[int]:
    """Return the best configurations of the datasets, the nearest first."""
    sizes = np.log(np.maximum(matrix.sizes, 1.0))
    scale = sizes[known].std(axis=0)
    scale[scale == 0] = 1.0
    apart = (np.abs(sizes[known] - sizes[test]) / scale).sum(axis=1)
    near = known[np.argsort(apart, kind="stable")]
    return list(dict.fromkeys(int(i) for i in matrix.errors[near].argmin(axis=1)))


def run_draw(matrix: Matrix, seed: int, draw: int) -> dict:
    """Evaluate every method in one draw: means over its tests."""
    rng = np.random.default_rng([seed, draw])
    order = rng.permutation(len(matrix.names))
    known, tests = order[:N_KNOWN], order[N_KNOWN : N_KNOWN + N_TESTS]
    regrets, seconds = matrix.regrets[tests], matrix.seconds[tests]
    n = len(matrix.configurations)
    study = Study(matrix.evidence(known))
    orders: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    plain = np.tile(np.arange(n), (len(tests), 1))
    orders["default order"] = plain, plain
    ranks = matrix.errors[known].argsort(axis=1).argsort(axis=1).mean(axis=0)
    ranked = np.tile(ranks.argsort(kind="stable"), (len(tests), 1))
    orders["average rank"] = ranked, ranked
    equal = np.full(len(known), 1.0 / len(known))
    past = matrix.regrets[known]
    blind = np.tile(order_greedily(past, equal, np.ones(n)), (len(tests), 1))
    priced = [
        order_greedily(
            past, equal, np.exp(EXPONENT * study.seconds.predict(*matrix.sizes[test]))
        )
        for test in tests
    ]
    orders["static greedy"] = blind, np.array(priced)
    near = completed([nearest_order(matrix, known, test) for test in tests], n)
    orders["nearest neighbour"] = near, near
    orders["headstart"] = (
        completed([advise(study, matrix, test, costs=False) for test in tests], n),
        completed([advise(study, matrix, test, costs=True) for test in tests], n),
    )
    result = {
        method: {
            "trials": over_trials(regrets, trials).mean(axis=0).tolist(),
            "times": over_time(regrets, seconds, times).mean(axis=0).tolist(),
        }
        for method, (trials, times) in orders.items()
    }
    shuffled = [rng.permuted(plain, axis=1) for _ in range(5)]
    result["random"] = {
        "trials": np.mean(
            [over_trials(regrets, o).mean(axis=0) for o in shuffled], axis=0
        ).tolist(),
        "times": np.mean(
            [over_time(regrets, seconds, o).mean(axis=0) for o in shuffled], axis=0
        ).tolist(),
    }
    return result


def standard_error(values: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean over draws, NaN for a single one."""
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    return values.std(axis=0, ddof=1) / math.sqrt(len(values))


def summarise(draws: list[dict]) -> dict:
    """Return means, standard errors and paired differences over draws."""
    summary: dict = {"n_draws": len(draws)}
    for curve in ("trials", "times"):
        values = {m: np.array([d[m][curve] for d in draws]) for m in METHODS}
        paired = values["headstart"] - values["static greedy"]
        summary[curve] = {
            "mean": {m: v.mean(axis=0).tolist() for m, v in values.items()},
            "standard_error": {
                m: standard_error(v).tolist() for m, v in values.items()
            },
            "headstart_minus_greedy": paired.mean(axis=0).tolist(),
            "headstart_minus_greedy_standard_error": standard_error(paired).tolist(),
        }
    return summary


def table(summary: dict) -> str:
    """Return the summary as text."""
    lines = [
        f"Mean normalised regret over {summary['n_draws']} draws of {N_KNOWN} known "
        f"and {N_TESTS} judged datasets (± standard error over draws)"
    ]
    for curve, at, unit in (
        ("trials", TRIALS, "after trials"),
        ("times", TIMES, "at times the median configuration's seconds"),
    ):
        part = summary[curve]
        lines += ["", unit, " " * 26 + "".join(f"{a:>13g}" for a in at)]
        for method in METHODS:
            cells = zip(
                part["mean"][method], part["standard_error"][method], strict=True
            )
            row = "".join(f"{m:7.3f} ±{e:.3f}" for m, e in cells)
            lines.append(f"{method:26s}{row}")
        cells = zip(
            part["headstart_minus_greedy"],
            part["headstart_minus_greedy_standard_error"],
            strict=True,
        )
        row = "".join(f"{m:+7.3f} ±{e:.3f}" for m, e in cells)
        lines.append(f"{'headstart - static greedy':26s}{row}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--matrix", type=Path, required=True)
    parser.add_argument("--seconds", type=Path, required=True)
    parser.add_argument("--sizes", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    matrix = Matrix(options.matrix, options.seconds, options.sizes)
    if len(matrix.names) < N_KNOWN + N_TESTS:
        raise SystemExit(
            f"{options.matrix} has {len(matrix.names)} usable datasets, complete and "
            f"with configurations that differ; {N_KNOWN + N_TESTS} are needed."
        )
    print(f"{len(matrix.names)} datasets, {len(matrix.configurations)} configurations")
    # Results of other data or of another version are not gone on with.
    digest = hashlib.sha256(
        b"".join(
            p.read_bytes() for p in (options.matrix, options.seconds, options.sizes)
        )
    )
    package = Path(advice.__file__).parent
    for path in (Path(__file__), *sorted(package.rglob("*.py"))):
        digest.update(path.read_bytes())
    settings = {"inputs_and_code": digest.hexdigest(), "seed": options.seed}
    record: dict = {"settings": settings, "draws": {}}
    if options.json.exists():
        kept = json.loads(options.json.read_text())
        if kept.get("settings") == settings:
            record["draws"] = kept["draws"]
        else:
            print(f"{options.json} is of other data or code: starting anew.")
    begun = time.monotonic()
    missing = [d for d in range(options.draws) if str(d) not in record["draws"]]
    for done, draw in enumerate(missing, 1):
        # More threads than one make work on such small matrices slower.
        with threadpool_limits(1):
            record["draws"][str(draw)] = run_draw(matrix, options.seed, draw)
        wanted = [record["draws"].get(str(d)) for d in range(options.draws)]
        record["summary"] = summarise([d for d in wanted if d is not None])
        temporary = options.json.with_suffix(".part")
        temporary.write_text(json.dumps(record, indent=1) + "\n")
        temporary.replace(options.json)
        each = (time.monotonic() - begun) / done
        minutes = each * (len(missing) - done) / 60
        print(
            f"draw {draw}: {each:.0f} s a draw, {minutes:.1f} minutes left", flush=True
        )
    draws = [record["draws"][str(d)] for d in range(options.draws)]
    print(table(summarise(draws)))


if __name__ == "__main__":
    main()
