"""Every kernel: its bytes do not depend on threads, and Ctrl-C ends it."""

import os
import subprocess
import sys

import pytest

# A call for each kernel, on data large enough that it really runs on threads.
CALLS = '''
import numpy as np
import polars as pl

from headstart import _core
from headstart.base import TaskKind
from headstart.machine.compute import Compute
from headstart.ensemble import select_greedily
from headstart.features import OrderedTargetEncoder, TargetEncoder
from headstart.metrics import resolve_metric, score
from headstart.scoring import (
    neighbor_information, permutation_test, score_features, select_features,
)
from headstart.validation import (
    Bootstrap,
    bootstrap_interval, delong_interval, stratified_folds, stratified_group_folds,
)

random = np.random.default_rng(0)


def make(n_rows, n_columns):
    X = random.normal(size=(n_rows, n_columns))
    X[::9, 1] = np.nan
    X[:, 2] = X[:, 2].round(1)
    y = (X[:, 0] + random.normal(size=n_rows) > 0).astype(np.int64)
    return X, y


def train(X, n_steps):
    """Return the parameters of a network after some steps, one thread for all."""
    form = dict(
        kinds=np.array([1, 0, 0, 2]),
        n_codes=np.array([0, 0, 0, 3]),
        hidden=[70, 70],
        n_outputs=2,
        n_members=2,
        activation="selu",
    )
    codes = (X[:, 0] > 0).astype(np.int64)
    options = dict(
        learning_rate=0.1, weight_decay=0.1, dropout=0.2, smoothing=0.1, batch=99
    )
    trainer = _core.NetworkTrainer(form, X, codes, None, **options, seed=0)
    trainer.train(n_steps, 0.0, 0.2)
    return np.append(trainer.parameters(), trainer.predict(X))


def calls(n_rows, n_some, n_times):
    """Kernels by name; those that compare rows with each other get some of them."""
    X, y = make(n_rows, 4)
    some, z = X[:n_some], X[:, 0] + X[:, 2]
    words = pl.DataFrame({"a": y + random.integers(0, 99, n_rows)}).cast(pl.String)
    p = 1 / (1 + np.exp(-X[:, 0]))
    members = np.clip(p + 0.1 * random.normal(size=(6, n_rows)), 0.01, 0.99)[..., None]
    groups = random.integers(0, n_rows // 9, n_rows)
    ids = stratified_folds(y, 5).fold_ids[0]
    log_loss = resolve_metric("log_loss", TaskKind.BINARY)
    area = resolve_metric("roc_auc", TaskKind.BINARY)
    squares = resolve_metric("rmse", TaskKind.REGRESSION)
    scored = lambda X, y, method: lambda n: score_features(
        X, y, method, compute=Compute(n_threads=n)
    )
    greedy = lambda y, metric: lambda n: select_greedily(
        members, y, metric, n_rounds=n_times, n_threads=n
    )
    return {
        "anova": scored(X, y, "f"),
        "pearson": scored(X, z, "pearson"),
        "spearman": scored(X, z, "spearman"),
        "auc": scored(X, y, "auc"),
        "contingency": scored(X, y, "chi2"),
        "distance": scored(some, z[:n_some], "distance_correlation"),
        "relieff": scored(some[:2_000], y[:2_000], "relieff"),
        "classes near": lambda n: neighbor_information(X, y, n_threads=n),
        "values near": lambda n: neighbor_information(some, z[:n_some], n_threads=n),
        "permutations": lambda n: permutation_test(
            X, y, n_permutations=n_times, compute=Compute(n_threads=n)
        ),
        "selection": lambda n: select_features(
            X, y, 3, "jmi", compute=Compute(n_threads=n)
        ),
        "target means": lambda n: TargetEncoder(n_threads=n).fit_transform(
            words, y, ids
        ),
        "ordered": lambda n: OrderedTargetEncoder(n_threads=n).fit_transform(words, y),
        "folds": lambda n: stratified_folds(y, 5, n_times, n_threads=n).fold_ids,
        "grouped": lambda n: stratified_group_folds(
            y, groups, 5, n_times, n_threads=n
        ).fold_ids,
        "log loss": lambda n: score("log_loss", y, p, n_threads=n),
        "area": lambda n: score("roc_auc", y, p, n_threads=n),
        "bootstrap": lambda n: bootstrap_interval(
            "roc_auc",
            y,
            p,
            bootstrap=Bootstrap(n_resamples=n_times),
            compute=Compute(n_threads=n),
        ),
        "delong": lambda n: delong_interval(y, p, n_threads=n),
        "greedy log loss": greedy(y, log_loss),
        "greedy area": greedy(y, area),
        "greedy squares": greedy(z, squares),
        "network": lambda n: train(some, n_times),
    }
'''

BYTES = """
import hashlib

def as_bytes(result):
    if isinstance(result, pl.DataFrame):
        return result.write_csv().encode()
    return result.tobytes() if isinstance(result, np.ndarray) else repr(result).encode()

for name, call in calls(34_000, 2_500, 5).items():
    hashes = {hashlib.sha256(as_bytes(call(n))).hexdigest()[:16] for n in (1, 2, 7)}
    print(name, *sorted(hashes), sep=",")
"""

# Processor seconds count, not the clock's: a machine may be busy with other things.
INTERRUPTS = """
import os, signal, threading, time

signal.signal(signal.SIGINT, signal.default_int_handler)
# More repeats of folds than these would not fit into memory.
for name, call in calls(300_000, 300_000, 5_000).items():
    if name not in LONG:
        continue
    pressed = []

    def press():
        # Once the kernel runs, whatever Python does before it.
        begun = time.process_time()
        while time.process_time() < begun + 0.15:
            time.sleep(0.005)
        pressed.append(time.process_time())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        call(1)
        print(name, "ended", sep=",")
    except KeyboardInterrupt:
        print(name, time.process_time() - pressed[0], sep=",")
    thread.join()
"""


def run(program, **environment):
    """Run a program; the lines that it printed, cut at commas."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split(",") for line in done.stdout.splitlines()]


def test_bytes_depend_neither_on_threads_nor_on_the_width_of_registers():
    wide = run(CALLS + BYTES, HEADSTART_SIMD="on")
    narrow = run(CALLS + BYTES, HEADSTART_SIMD="off")
    assert [line for line in wide if len(line) != 2] == []
    assert wide == narrow
    assert len(wide) > 20


# Of these, what takes some seconds on that much data.
LONG = (
    "permutations",
    "bootstrap",
    "values near",
    "distance",
    "folds",
    "grouped",
    "greedy log loss",
    "greedy area",
)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_ctrl_c_ends_a_long_kernel_soon():
    ended = dict(run(f"LONG = {LONG}\n" + CALLS + INTERRUPTS))
    assert set(ended) == set(LONG)
    # The kernel looks every 10 milliseconds or so, the caller every 50.
    assert {name for name, took in ended.items() if float(took) > 0.4} == set()
