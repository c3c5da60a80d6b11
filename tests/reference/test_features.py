"""Generated features against scikit-learn, polars, SciPy and plain Python."""

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import rankdata
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import TargetEncoder as PeerEncoder

from headstart.features import OPERATORS, Candidate, FeaturePlan, TargetEncoder

RNG = np.random.default_rng(1)
N = 500
FOLDS = RNG.integers(0, 4, N)
FRAME = pl.DataFrame(
    {
        "a": np.where(RNG.random(N) < 0.1, np.nan, RNG.normal(size=N)),
        "b": RNG.integers(-3, 4, N).astype(float),
        "town": RNG.choice(["Ulm", "Bonn", "Köln", "Rom", None], N).tolist(),
        "colour": RNG.choice(["red", "blue"], N),
    }
)
TARGETS = {
    "binary": RNG.integers(0, 2, N),
    "multiclass": RNG.integers(0, 3, N),
    "continuous": RNG.normal(size=N) + 100,
}


def made(operator: str, *columns: str, **options) -> list:
    plan = FeaturePlan([Candidate(operator, columns, options)])
    return plan.fit_transform(FRAME).to_series().to_list()


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("smoothing", ["auto", 0.0, 7.5])
def test_target_means_are_those_of_scikit_learn(kind, smoothing):
    X, y = FRAME.select("town", "colour"), TARGETS[kind]
    peer = PeerEncoder(
        smooth=smoothing, target_type=kind, cv=PredefinedSplit(FOLDS)
    ).set_output(transform="default")
    objects = X.to_numpy()

    ours = TargetEncoder(smoothing=smoothing)
    encoded = ours.fit_transform(X, y, FOLDS)
    np.testing.assert_allclose(encoded, peer.fit_transform(objects, y), rtol=1e-12)
    np.testing.assert_allclose(ours.transform(X), peer.transform(objects), rtol=1e-12)


@pytest.mark.parametrize("name", ["mean", "std", "min", "max", "median"])
@pytest.mark.parametrize("key", [("town",), ("town", "colour")])
def test_statistics_of_groups_are_those_of_polars(name, key):
    value = pl.col("a").fill_nan(None)
    expected = FRAME.select(getattr(value, name)().over(key))["a"]

    actual = made(f"group_{name}", "a", *key)
    np.testing.assert_allclose(
        np.array(actual, dtype=float), expected.to_numpy(), rtol=1e-12
    )


def test_different_levels_of_groups_are_those_of_polars():
    level = pl.col("colour")
    assert made("group_distinct", "colour", "town") == pytest.approx(
        FRAME.select(level.n_unique().over("town"))["colour"].to_list()
    )


def test_frequencies_of_crosses_are_those_of_polars():
    expected = FRAME.select(pl.len().over("town", "colour") / N)["len"]
    assert made("frequency", "town", "colour") == pytest.approx(expected.to_list())


def test_ranks_are_those_of_scipy():
    known = FRAME["a"].to_numpy()
    expected = (rankdata(known, nan_policy="omit") - 0.5) / np.isfinite(known).sum()

    np.testing.assert_allclose(np.array(made("rank", "a"), dtype=float), expected)


def _log(a):
    return math.copysign(math.log1p(abs(a)), a)


def _digit(a):
    return float(int(abs(a)) % 10)


REPLAY = {
    "signed_log": _log,
    "signed_sqrt": lambda a: math.copysign(math.sqrt(abs(a)), a),
    "square": lambda a: a * a,
    "reciprocal": lambda a: 1 / a,
    "absolute": abs,
    "last_digit": _digit,
    "round_to": lambda a: math.copysign(math.floor(abs(a) / 10 + 0.5) * 10, a),
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "minimum": min,
    "maximum": max,
    "absolute_difference": lambda a, b: abs(a - b),
    "normalised_difference": lambda a, b: (a - b) / ((abs(a) + abs(b)) or 1.0),
    "less_than": lambda a, b: float(a < b),
}


@pytest.mark.parametrize("name", REPLAY)
def test_plain_python_makes_the_same_of_numbers(name):
    columns = ("a", "b")[: OPERATORS[name].most]

    def replay(*row):
        try:
            return REPLAY[name](*row) if all(map(math.isfinite, row)) else None
        except ZeroDivisionError:
            return None

    expected = [replay(*row) for row in FRAME.select(columns).iter_rows()]
    np.testing.assert_allclose(
        np.array(made(name, *columns), dtype=float),
        np.array(expected, dtype=float),
        rtol=1e-14,
    )


def _hash_of(run: str) -> int:
    value = 0xCBF29CE484222325
    for byte in run.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    value = (value + 0x9E3779B97F4A7C15) % 2**64
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
    return value ^ (value >> 31)


def test_plain_python_hashes_the_same_runs():
    texts = ["Zürich", "ab", "", None, "a b a b"]
    plan = FeaturePlan([Candidate("text_hash", ("t",), {"n_columns": 5})])

    def replay(text):
        counts = [0.0] * 5
        runs = [text[i : i + 3] for i in range(max(1, len(text) - 2))] if text else []
        for run in runs:
            counts[_hash_of(run) % 5] += 1
        return tuple(counts)

    expected = [(None,) * 5 if t is None else replay(t) for t in texts]
    assert plan.fit_transform(pl.DataFrame({"t": texts})).rows() == expected


def test_plain_python_orders_the_same_target_means():
    """The order itself is the core's; whatever it is, each value must fit into it."""
    y = TARGETS["continuous"]
    plan = FeaturePlan([Candidate("ordered_target_mean", ("colour",))])
    feature = plan.fit_transform(FRAME, y, seed=7).to_series()

    assert feature.null_count() == 1
    table = plan.transform(FRAME).to_series().to_numpy()
    for colour in ("red", "blue"):
        of_colour = (FRAME["colour"] == colour).to_numpy()
        expected = (y[of_colour].sum() + y.mean()) / (of_colour.sum() + 1)
        np.testing.assert_allclose(table[of_colour], expected)
