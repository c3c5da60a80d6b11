"""Check that a change of structure changes no result, to the last bit.

    HEADSTART_DATASETS=DIR python benchmarks/same.py --record FILE
    HEADSTART_DATASETS=DIR python benchmarks/same.py --against FILE

Each of 20 datasets is fitted with 12 trials, no time limit and a fixed seed, so that
nothing depends on the clock. The proposals, the loss of each, the number of folds, the
weights in the ensemble, and the predictions for held-out rows are compared. Run it with
``--record`` before a change and with ``--against`` after it, on the same machine with
the same versions of all libraries. ``--record`` writes every dataset to FILE as soon as
it is done and does not repeat it. About 15 minutes on 2 cores; with ``--quick``, 4
datasets and 4 trials each, 1 minute. The exit status is 1 if anything differs.
"""

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from datasets import Split, split

# Every kind of task, missing values and categories; from 214 to 8,192 rows.
DATASETS = (
    "alzheimer_ad credit_approval diabetes employee_attrition_ibm colic "
    "hmda_boston stroke glass soybean vowel drug_consumption_cannabis "
    "cardiotocography_nsp skillcraft_league student_math_g3 boston concrete "
    "airfoil_noise space_ga computers_price bank32nh"
).split()
QUICK = ("credit_approval", "glass", "boston", "employee_attrition_ibm")
N_TRIALS = 12
N_QUICK_TRIALS = 4
SEED = 7


def fingerprint(data: Split, n_trials: int) -> dict[str, Any]:
    """Fit, and return all that must stay the same."""
    import headstart as hs

    kind = hs.AutoRegressor if data.task == "regression" else hs.AutoClassifier
    model = kind(time_limit=None, max_trials=n_trials, random_state=SEED)
    model.fit(data.X_train, data.y_train)
    outputs = (
        model.predict(data.X_test)
        if data.task == "regression"
        else model.predict_proba(data.X_test)
    )
    trials = model.leaderboard().sort("configuration").to_dicts()
    return {
        "trials": [
            {
                "configuration": trial["configuration"],
                "score": _exact(trial["score"]),
                "std_error": _exact(trial["std_error"]),
                "folds": trial["folds"],
                "weight": _exact(trial["weight"]),
                "status": trial["status"],
            }
            for trial in trials
        ],
        "predictions": hashlib.sha256(
            np.ascontiguousarray(outputs, dtype=np.float64).tobytes()
        ).hexdigest(),
        "first_predictions": [_exact(v) for v in np.ravel(outputs)[:3]],
    }


def _exact(value: float | None) -> str | None:
    return None if value is None else float(value).hex()


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return one line per difference."""
    lines = []
    old = {trial["configuration"]: trial for trial in before["trials"]}
    new = {trial["configuration"]: trial for trial in after["trials"]}
    lines += [f"no longer proposed: {name}" for name in old if name not in new]
    lines += [f"newly proposed: {name}" for name in new if name not in old]
    for name in old.keys() & new.keys():
        lines += [
            f"{field} of {name}: {old[name][field]} before, {new[name][field]} after"
            for field in old[name]
            if old[name][field] != new[name][field]
        ]
    if before["predictions"] != after["predictions"]:
        lines.append(
            f"predictions: {before['first_predictions']} before, "
            f"{after['first_predictions']} after"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--record", type=Path, help="file to write results to")
    target.add_argument("--against", type=Path, help="file of an earlier --record")
    parser.add_argument("--quick", action="store_true", help="4 datasets, 4 trials")
    options = parser.parse_args()
    path = options.record or options.against
    recorded = json.loads(path.read_text()) if path.exists() else {}
    if options.against and not recorded:
        raise SystemExit(f"{path} has no results. hint: make it with --record.")
    n_trials = N_QUICK_TRIALS if options.quick else N_TRIALS
    n_different = 0
    for name in QUICK if options.quick else DATASETS:
        key = f"{name}, {n_trials} trials"
        if options.record and key in recorded:
            continue
        if options.against and key not in recorded:
            print(f"{name:<28} not recorded", flush=True)
            n_different += 1
            continue
        begun = time.monotonic()
        result = fingerprint(split(name), n_trials)
        seconds = time.monotonic() - begun
        if options.record:
            recorded[key] = result
            path.write_text(json.dumps(recorded, indent=1))
            print(f"{name:<28} {seconds:5.0f} s", flush=True)
            continue
        lines = differences(recorded[key], result)
        n_different += bool(lines)
        print(f"{name:<28} {seconds:5.0f} s  {'DIFFERS' if lines else 'same'}")
        print("".join(f"    {line}\n" for line in lines), end="", flush=True)
    if options.against:
        print(f"{n_different} datasets differ.")
        sys.exit(n_different > 0)


if __name__ == "__main__":
    main()
