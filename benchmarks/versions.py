"""Ratios of held-out losses: this checkout against another, 30 datasets.

    HEADSTART_DATASETS=DIR python benchmarks/versions.py OTHER [--time-limit 60]

OTHER is another checkout of headstart, in which ``automl.py`` has run, too. Both caches
are read, and only bootstraps are computed: 4 minutes. So that a noisy machine affects
both versions alike, start ``automl.py --peers "" --allow-load`` in both checkouts at
once, each restricted to its own core: 31 minutes at 60 s, with half as much search per
second.
"""

import argparse
from pathlib import Path

import numpy as np

from automl import CACHE, DATASETS
from datasets import split
from fits import read_fit
from held_out import beyond_noise, score

LEAST_LOSS = 1e-6  # a perfect ranking has none, and no ratio
TRIMMED = 0.1  # share of the datasets left out at either end
N_BOOTSTRAP = 10_000


def loss(task: str, y: np.ndarray, prediction: np.ndarray) -> float:
    """Return the loss, lower is better: 1 - AUC, log loss or RMSE."""
    value = score(task, y, prediction)
    return max(LEAST_LOSS, 1.0 - value if task == "binary" else -value)


def trimmed_mean(ratios: np.ndarray) -> float:
    """Return the geometric mean without the smallest and the largest ratios."""
    ordered = np.sort(np.log(ratios))
    cut = int(TRIMMED * len(ordered))
    return float(np.exp(ordered[cut : len(ordered) - cut].mean()))


def interval(ratios: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the trimmed mean, by a bootstrap over datasets."""
    random = np.random.default_rng(0)
    means = [
        trimmed_mean(ratios[random.integers(len(ratios), size=len(ratios))])
        for _ in range(N_BOOTSTRAP)
    ]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("--time-limit", type=float, default=60)
    options = parser.parse_args()
    other_cache = options.other / "benchmarks" / "cache" / "automl"
    lines = [
        f"# Held-out losses of two versions, {options.time_limit:g} s a fit",
        "",
        "Loss: 1 - AUC, log loss or RMSE of 30 % of the rows. Ratio: this version to "
        "the other; below 1 this one is better. Last column: beyond the noise of a "
        "paired bootstrap (5 % on either side).",
        "",
        "| dataset | task | this | other | ratio | trials | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    ratios, verdicts = [], []
    for name in DATASETS:
        file = f"{name}--headstart-{options.time_limit:g}s.npz"
        ours, theirs = read_fit(CACHE / file), read_fit(other_cache / file)
        if ours is None or theirs is None:
            continue
        task, y = split(name).task, ours[0]
        losses = [loss(task, y, each[1]) for each in (ours, theirs)]
        ratios.append(losses[0] / losses[1])
        verdicts.append(beyond_noise(task, y, ours[1], theirs[1]))
        trials = " / ".join(str(each[2]["n_trials"]) for each in (ours, theirs))
        lines.append(
            f"| {name} | {task} | {losses[0]:.5g} | {losses[1]:.5g} | {ratios[-1]:.3f} "
            f"| {trials} | {verdicts[-1]} |"
        )
    if not ratios:
        parser.error(f"no dataset has results in both {CACHE} and {other_cache}")
    low, high = interval(np.array(ratios))
    lines += [
        "",
        f"- geometric mean of the ratios, {TRIMMED:.0%} trimmed at either end: "
        f"{trimmed_mean(np.array(ratios)):.4f} (95 %: {low:.4f} to {high:.4f})",
        f"- {len(ratios)} of {len(DATASETS)} datasets; beyond noise better on "
        f"{verdicts.count('better')}, worse on {verdicts.count('worse')}",
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
