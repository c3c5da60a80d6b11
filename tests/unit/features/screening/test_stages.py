import os
import subprocess
import sys

import numpy as np
import polars as pl

from headstart.features.operators.catalogue import OPERATORS
from headstart.features.screening.proposals import candidate_of, propose
from headstart.features.screening.stages import (
    Screening,
    score_first,
    screen,
    union_of_ranks,
)
from headstart.features.screening.table import ScreenedTable


def mixed(n_rows=400):
    random = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "a": random.normal(size=n_rows),
            "b": random.uniform(1, 2, size=n_rows),
            "c": random.integers(0, 2, size=n_rows),
            "d": random.choice(["p", "q", "r", "s"], size=n_rows),
            "e": random.choice(["x", "y"], size=n_rows),
        }
    )
    return ScreenedTable.of(frame)


def test_no_candidate_is_proposed_twice():
    table = mixed()
    descriptors = propose(table, None)
    assert len(np.unique(descriptors, axis=0)) == len(descriptors)
    names = {candidate_of(row, table.names) for row in descriptors}
    assert len(names) == len(descriptors)


def test_switches_are_not_combined_and_signs_decide_on_quotients():
    table = mixed()
    names = {candidate_of(row, table.names).name for row in propose(table, None)}
    assert {"a / b", "b / a", "|a|", "target mean(d, e) [smoothing=20]"} <= names
    assert not {"a + c", "a * c", "b / c"} & names
    positive = ScreenedTable.of(pl.DataFrame({"a": [1.0, 2.0, 5.0], "b": [3.0, 1, 2]}))
    names = {candidate_of(row, positive.names).name for row in propose(positive, None)}
    assert "a / b" in names
    assert "b / a" not in names


def test_union_takes_the_best_of_either_list():
    gains = np.array([0.9, 0.1, 0.2, np.nan, 0.3], dtype=np.float32)
    correlations = np.array([0.1, 0.9, 0.2, np.nan, 0.3], dtype=np.float32)
    assert union_of_ranks(gains, correlations, 2).tolist() == [0, 1]
    assert union_of_ranks(gains, correlations, 9).tolist() == [0, 1, 2, 4]


def test_wide_tables_are_screened_by_pairs_first():
    random = np.random.default_rng(0)
    numbers = random.normal(size=(155, 300))
    columns = {f"x{i}": column for i, column in enumerate(numbers)}
    table = ScreenedTable.of(pl.DataFrame(columns))
    parts = (np.arange(300) % 3).astype(np.uint8)
    residual = 3 * numbers[3] * numbers[90] + random.normal(size=300)
    screened = screen(table, residual[np.newaxis], parts, Screening())
    assert not screened.truncated
    assert candidate_of(screened.descriptors[0], table.names).name == "x3 * x90"


def test_ctrl_c_ends_the_core_within_a_tenth_of_a_second():
    program = """
import os, signal, threading, time
import numpy as np
from headstart.features.screening.proposals import propose
from headstart.features.screening.table import ScreenedTable
from headstart.features.screening.stages import Screening, score_first

signal.signal(signal.SIGINT, signal.default_int_handler)
random = np.random.default_rng(0)
numbers = random.normal(size=(60, 100_000))
no_codes = np.empty((0, 100_000), dtype=np.uint32)
names = tuple(f"x{i}" for i in range(60))
table = ScreenedTable(names, numbers, no_codes, np.empty(0, dtype=np.uint32))
candidates = np.concatenate([propose(table, None)] * 20)
parts = (np.arange(100_000) % 2).astype(np.uint8)
presses = []

def press(stage, done, total):
    if done and not presses:
        presses.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

try:
    score_first(table, numbers[:1], parts, candidates, Screening(progress=press))
except KeyboardInterrupt:
    print(time.monotonic() - presses[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    # A tenth on a machine of one's own.
    assert float(done.stdout) < 0.5


def test_scores_are_the_same_bytes_for_any_threads_with_simd_and_without():
    program = """
import hashlib
import numpy as np
from headstart.features.screening.proposals import propose
from headstart.features.screening.table import ScreenedTable
from headstart.features.screening.stages import Screening, score_first

random = np.random.default_rng(0)
numbers = random.normal(size=(6, 2_000))
numbers[0, ::7] = np.nan
no_codes = np.empty((0, 2_000), dtype=np.uint32)
names = tuple(f"x{i}" for i in range(6))
table = ScreenedTable(names, numbers, no_codes, np.empty(0, dtype=np.uint32))
parts = (np.arange(2_000) % 2).astype(np.uint8)
for n_threads in (1, 2, 7):
    how = Screening(n_threads=n_threads)
    scores = score_first(table, numbers[1:2] ** 2, parts, propose(table, None), how)
    print(hashlib.sha256(b"".join(a.tobytes() for a in scores)).hexdigest())
"""
    digests = set()
    for setting in ("on", "off"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={**os.environ, "HEADSTART_SIMD": setting},
        )
        digests |= set(done.stdout.split())
    assert len(digests) == 1


def test_numbers_beyond_single_precision_are_screened_as_missing():
    random = np.random.default_rng(6)
    a, b = random.normal(size=(2, 400))
    large, missing = a.copy(), a.copy()
    large[::7], missing[::7] = 1e300, np.nan
    minimum = np.array([[OPERATORS["minimum"].code, 0, 1, -1]], dtype=np.int32)
    residuals = np.minimum(a, b)[np.newaxis]
    gains = []
    for column in (large, missing):
        numeric = np.stack([column, b])
        none = np.empty((0, 400), dtype=np.uint32)
        table = ScreenedTable(("a", "b"), numeric, none, np.empty(0, dtype=np.uint32))
        parts = (np.arange(400) % 4).astype(np.uint8)
        gains.append(score_first(table, residuals, parts, minimum, Screening())[0])
    np.testing.assert_array_equal(*gains)


def test_differences_of_large_numbers_are_screened():
    random = np.random.default_rng(7)
    start = 1.7e9 + np.floor(3e7 * random.random(2_000))
    lasted = 20 * random.random(2_000)
    numbers = np.stack([start, start + lasted, random.normal(size=2_000)])
    table = ScreenedTable.of(pl.DataFrame(dict(zip("abc", numbers, strict=True))))
    parts = (np.arange(2_000) % 2).astype(np.uint8)
    residual = np.sin(lasted)[np.newaxis]

    screened = screen(table, residual, parts, Screening())

    best = candidate_of(screened.descriptors[0], table.names).name
    assert best in {"a - b", "b - a", "|a - b|"}
    assert screened.gains[0] > 0.5
