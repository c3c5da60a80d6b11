"""A service that fits and predicts for weeks: nothing grows, nothing is changed."""

import gc
import json
import os
import random
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import pytest
from threadpoolctl import threadpool_info

from headstart import AutoClassifier, AutoRegressor

# The first fits import libraries and fill caches.
N_BEFORE = 10
N_FITS = int(os.environ.get("HEADSTART_TEST_FITS", "1000"))
MOST_BYTES_A_FIT = 20_000
# polars reads files on threads that it starts when several are read at once. Those that
# are idle end after 10 seconds.
IDLE_SECONDS = 12

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs Linux's /proc"
)


def table(number):
    drawn = np.random.default_rng(number)
    return {
        "x": drawn.normal(size=40),
        "c": drawn.choice(list("uvw"), 40),
    }


def fit_and_predict(number):
    """Fit and predict once; a class or a number, with and without a time limit."""
    rows = table(number)
    is_timed = number % 10 == 0
    kind, target, learner = (
        (AutoClassifier, rows["x"] > 0, "logistic")
        if number % 2
        else (AutoRegressor, rows["x"], "ridge")
    )
    model = kind(
        time_limit=2 if is_timed else None,
        max_trials=1,
        learners=[learner],
        n_jobs=1,
        random_state=number,
    ).fit({**rows, "t": target}, "t", listeners=[])
    assert len(model.predict(rows)) == 40


def used():
    """Return what this process holds when it is at rest: what may not grow."""
    time.sleep(IDLE_SECONDS)
    gc.collect()
    process = psutil.Process()
    names = (
        path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")
    )
    threads = Counter(f"threads {name}" for name in names)
    return {
        **threads,
        "descriptors": process.num_fds(),
        "python threads": threading.active_count(),
        "processes": len(process.children(recursive=True)),
        "mapped files": len({m.path for m in process.memory_maps()}),
        "temporary folders": len(list(Path(os.environ["TMPDIR"]).iterdir())),
    }


def state():
    """Return what is the program's own: what may not change."""
    return {
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "random": random.getstate(),
        "numpy.random": str(np.random.get_state()),  # noqa: NPY002
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109
        "filters": list(warnings.filters),
        "errors": np.geterr(),
        "thread counts": [each["num_threads"] for each in threadpool_info()],
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook),
    }


def measure(n_fits):
    """Fit in this process; return what grew, which state changed, and the bytes."""
    for number in range(N_BEFORE):
        fit_and_predict(number)
    used_before, state_before = used(), state()
    bytes_before = psutil.Process().memory_info().rss

    for number in range(n_fits):
        fit_and_predict(number)

    used_after, state_after = used(), state()
    return {
        "changed": [n for n, v in state_after.items() if v != state_before[n]],
        "grown": {n: v for n, v in used_after.items() if v > used_before.get(n, 0)},
        "bytes": psutil.Process().memory_info().rss - bytes_before,
    }


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize(
    ("execution", "n_fits"),
    # The start of worker processes takes as long as several fits.
    [("in-process", N_FITS), ("processes", N_FITS // 10)],
)
def test_a_process_that_fits_and_predicts_a_thousand_times_does_not_grow(
    execution, n_fits, tmp_path
):
    # A process of its own: what other tests imported starts threads at any time.
    environment = {
        **os.environ,
        "HEADSTART_EXECUTION": execution,
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, __file__, str(n_fits)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]

    measured = json.loads(done.stdout)
    assert measured["changed"] == []
    assert measured["grown"] == {}
    assert measured["bytes"] < 2**24 + n_fits * MOST_BYTES_A_FIT


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
