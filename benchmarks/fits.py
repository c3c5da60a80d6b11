"""Fits in separate processes; each is stored and not repeated.

`precedent` and `feature_steps` share this module. By default one fit at a time has the
whole machine. Two at a time, each on its own half of the cores, take half of the
minutes, and other load affects both of the compared fits alike; a second then allows
half as much search.
"""

import json
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bases import start_from
from datasets import busy_share

LOAD_LIMIT = 0.1


@dataclass(frozen=True)
class Fit:
    """One fit and the path of its result.

    Parameters
    ----------
    path : Path
        An ``npz`` of ``y``, ``prediction`` and ``facts`` (JSON).
    run : callable
        Called in the fit's own process, returns these three. A module-level function,
        as processes are spawned.
    base : callable
        Makes the knowledge base of the fit, just before the fit starts.
    describe : callable
        Returns a line about the facts.
    """

    path: Path
    run: Callable[[], tuple[np.ndarray, np.ndarray, dict]]
    base: Callable[[], str]
    describe: Callable[[dict], str]


def make_missing(
    fits: list[Fit], limit_s: float, *, side_by_side: bool, allow_load: bool
) -> None:
    """Make the fits that are not stored yet; `limit_s` is the limit of one fit."""
    missing = [fit for fit in fits if not fit.path.exists()]
    cores = sorted(os.sched_getaffinity(0))
    halves = [cores[: len(cores) // 2], cores[len(cores) // 2 :]]
    at_a_time = 2 if side_by_side else 1
    for first in range(0, len(missing), at_a_time):
        bases = [fit.base() for fit in missing[first : first + at_a_time]]
        while not allow_load and busy_share(2.0) > LOAD_LIMIT:
            time.sleep(3)
        started = [
            _start(fit, base, halves[lane] if side_by_side else cores)
            for lane, (fit, base) in enumerate(
                zip(missing[first : first + at_a_time], bases, strict=True)
            )
        ]
        for fit, child, results in started:
            y, prediction, facts = results.get(timeout=limit_s)
            child.join()
            temporary = fit.path.with_suffix(".tmp.npz")
            np.savez(temporary, y=y, prediction=prediction, facts=json.dumps(facts))
            temporary.rename(fit.path)
            print(fit.describe(facts), flush=True)


def read_fit(path: Path) -> tuple[np.ndarray, np.ndarray, dict] | None:
    """Return a fit's test labels, predictions and facts, None if it is missing."""
    if not path.exists():
        return None
    with np.load(path) as stored:
        return stored["y"], stored["prediction"], json.loads(str(stored["facts"]))


def _start(fit: Fit, base: str, cores: list[int]):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    child = context.Process(target=_in_child, args=(fit.run, base, results))
    all_cores = os.sched_getaffinity(0)
    # The child inherits its cores: libraries count them as soon as they are imported.
    os.sched_setaffinity(0, cores)
    child.start()
    os.sched_setaffinity(0, all_cores)
    return fit, child, results


def _in_child(run, base: str, results) -> None:
    start_from(base)
    results.put(run())
