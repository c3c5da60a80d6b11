"""A service that fits and predicts for weeks: nothing grows, nothing is changed."""

import gc
import os
import random
import sys
import threading
import warnings
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
    """Return what this process holds: what may not grow."""
    gc.collect()
    process = psutil.Process()
    return {
        "descriptors": process.num_fds(),
        "threads": process.num_threads(),
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


@pytest.fixture
def temporary_folder(tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.usefixtures("temporary_folder")
@pytest.mark.parametrize(
    ("execution", "n_fits"),
    # The start of worker processes takes as long as several fits.
    [("in-process", N_FITS), ("processes", N_FITS // 10)],
)
def test_a_process_that_fits_and_predicts_a_thousand_times_does_not_grow(
    execution, n_fits, monkeypatch
):
    monkeypatch.setenv("HEADSTART_EXECUTION", execution)
    for number in range(N_BEFORE):
        fit_and_predict(number)
    held, own = used(), state()
    memory = psutil.Process().memory_info().rss

    for number in range(n_fits):
        fit_and_predict(number)

    assert state() == own
    now = used()
    # Pools of libraries start their native threads when they first have work for them.
    held["threads"] += os.cpu_count() or 1
    assert {name: now[name] for name in now if now[name] > held[name]} == {}
    grown = psutil.Process().memory_info().rss - memory
    assert grown < 2**24 + n_fits * MOST_BYTES_A_FIT, f"{grown} bytes"
