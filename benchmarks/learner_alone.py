"""Held-out losses of single learners, each searched alone for a few configurations.

    HEADSTART_DATASETS=DIR python benchmarks/learner_alone.py kernel [--against svm mlp]

Each learner is fitted alone, without a knowledge base, with its default (and, with
``--trials N``, its next configurations), no time limit and a fixed seed. The table has
the held-out loss of each learner (log loss, or RMSE) and the seconds of its fit, then
the geometric mean of the loss ratios of the first learner to each other one. Results
are written to ``benchmarks/cache/learner_alone`` as soon as they are known and are not
repeated; delete the folder after a change of a learner. Some 5 s for each learner and
dataset on 2 cores.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import log_loss, root_mean_squared_error

from bases import start_from
from datasets import split
from held_out import aligned

CACHE = Path(__file__).parent / "cache" / "learner_alone"
AGAINST = ("lightgbm", "svm", "mlp", "extra_trees")
# Up to some 2,500 rows in a fold; smooth and rough targets, few and many classes.
DATASETS = (
    "concrete boston airfoil_noise autompg no2 space_ga student_math_g3 "
    "us_crime_violent diabetes credit_approval ionosphere sonar hill_valley ilpd "
    "vowel glass soybean cardiotocography_nsp movement_libras vertebra_column"
).split()


def fit(name: str, learner: str, n_trials: int, seed: int) -> dict:
    """Return the held-out loss and the seconds of one learner."""
    import headstart as hs

    data = split(name, seed)
    regression = data.task == "regression"
    kind = hs.AutoRegressor if regression else hs.AutoClassifier
    model = kind(
        time_limit=None,
        max_trials=n_trials,
        learners=[learner],
        transforms=[],
        metric="rmse" if regression else "log_loss",
        random_state=seed,
    )
    begun = time.monotonic()
    model.fit(data.X_train, data.y_train)
    seconds = time.monotonic() - begun
    if regression:
        loss = root_mean_squared_error(data.y_test, model.predict(data.X_test))
    else:
        prediction = model.predict_proba(data.X_test)
        y, prediction = aligned(data, prediction, model.classes_)
        loss = log_loss(y, prediction, labels=np.arange(prediction.shape[1]))
    return {"loss": float(loss), "seconds": seconds}


def stored_fit(name: str, learner: str, n_trials: int, seed: int) -> dict:
    """Return the result of `fit`, from the cache if it is there."""
    path = CACHE / f"{name}--{learner}--{n_trials}--{seed}.json"
    if not path.exists():
        result = fit(name, learner, n_trials, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result))
    return json.loads(path.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("learner")
    parser.add_argument("--against", nargs="*", default=AGAINST)
    parser.add_argument("--datasets", nargs="*", default=DATASETS)
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    start_from(str(CACHE / "empty.db"))
    learners = [options.learner, *options.against]
    print("| dataset | " + " | ".join(learners) + " |")
    print("|---" * (1 + len(learners)) + "|", flush=True)
    ratios: dict[str, list[float]] = {learner: [] for learner in options.against}
    for name in options.datasets:
        cells = []
        losses = {}
        for learner in learners:
            results = [
                stored_fit(name, learner, options.trials, seed)
                for seed in range(options.seeds)
            ]
            losses[learner] = float(np.mean([result["loss"] for result in results]))
            seconds = float(np.mean([result["seconds"] for result in results]))
            cells.append(f"{losses[learner]:.4g} ({seconds:.1f} s)")
        for learner in options.against:
            ratios[learner].append(losses[options.learner] / losses[learner])
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    for learner, values in ratios.items():
        mean = math.exp(float(np.mean(np.log(values))))
        better = sum(value < 1 for value in values)
        print(
            f"{options.learner} / {learner}: geometric mean of the loss ratios "
            f"{mean:.3f}, better on {better} of {len(values)}"
        )


if __name__ == "__main__":
    main()
