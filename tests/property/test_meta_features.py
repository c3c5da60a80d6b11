"""What holds for the meta-features of all tables."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.base import TaskKind
from headstart.meta.features import describe, for_distance
from headstart.tables import Schema

VALUES = {
    "number": st.floats(allow_nan=True, allow_infinity=True) | st.none(),
    "share": st.sampled_from([0.1, 0.2, 0.5]) | st.none(),
    "count": st.integers(-3, 3) | st.none(),
    "flag": st.booleans() | st.none(),
    "word": st.text("ab é", max_size=2) | st.none(),
    "level": st.sampled_from(["u", "v"]) | st.none(),
    "one": st.just(0.1),
}
TYPES = {
    "number": pl.Float64,
    "share": pl.Float32,
    "count": pl.Int16,
    "flag": pl.Boolean,
    "word": pl.String,
    "level": pl.Enum(["v", "w", "u"]),
    "one": pl.Float64,
}
rows = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=30)
kinds = st.sampled_from([TaskKind.MULTICLASS, TaskKind.REGRESSION])


def table(records):
    frame = pl.DataFrame(records, schema=TYPES)
    return frame, Schema.learn(frame)


def target(kind, n_rows, seed):
    generator = np.random.default_rng(seed)
    if kind is TaskKind.REGRESSION:
        return np.round(generator.normal(size=n_rows), 1)
    return generator.integers(0, 3, n_rows)


def is_landmarker(name):
    return name.endswith(("_error", "_r2"))


def same(one, other):
    return one == other or (math.isnan(one) and math.isnan(other))


@settings(max_examples=60)
@given(rows, kinds, st.integers(0, 2**64 - 1))
def test_any_table_gets_finite_numbers_or_nan(records, kind, seed):
    frame, schema = table(records)
    y = target(kind, frame.height, seed % 1000)

    features = describe(frame, schema, y, kind, seed=seed)

    assert not any(math.isinf(value) for value in features.values())
    assert not any(math.isinf(value) for value in for_distance(features).values())
    assert all(
        math.isnan(v) or 0 <= v <= 1 for n, v in features.items() if "share" in n
    )


@settings(max_examples=40)
@given(rows, kinds, st.randoms(use_true_random=False))
def test_the_order_of_columns_changes_no_bit_but_of_landmarkers(records, kind, random):
    frame, _ = table(records)
    names = frame.columns
    random.shuffle(names)
    y = target(kind, frame.height, 0)

    one = describe(frame, Schema.learn(frame), y, kind)
    mixed = frame.select(names)
    other = describe(mixed, Schema.learn(mixed), y, kind)

    different = [n for n in one if not same(one[n], other[n])]
    assert all(is_landmarker(name) for name in different)


@settings(max_examples=40)
@given(rows, kinds)
def test_slices_and_chunks_are_described_as_copies_are(records, kind):
    frame, schema = table(records * 3)
    y = target(kind, frame.height, 1)
    copy = pl.DataFrame(frame[::3].to_dict(as_series=False), schema=TYPES)
    halves = copy.height // 2
    chunked = pl.concat([copy[:halves], copy[halves:]], rechunk=False)

    expected = describe(copy, schema, y[::3].copy(), kind)

    for other in (frame[::3], chunked):
        features = describe(other, schema, y[::3], kind)
        assert all(same(features[name], expected[name]) for name in expected)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.bool_])
def test_codes_of_any_type_are_classes(dtype):
    frame = pl.DataFrame({"a": [3.0, 1.0, 2.0, 5.0] * 3})
    y = np.array([0, 1, 1, 0] * 3)

    one = describe(frame, Schema.learn(frame), y, TaskKind.BINARY)
    other = describe(frame, Schema.learn(frame), y.astype(dtype), TaskKind.BINARY)

    assert all(same(one[name], other[name]) for name in one)


@settings(max_examples=40)
@given(rows, st.integers(0, 100))
def test_the_order_of_rows_changes_autocorrelation_and_landmarkers_only(records, seed):
    # Sums of numbers of any size depend on their order, up to infinity.
    frame = table(records)[0].drop("number")
    schema = Schema.learn(frame)
    y = target(TaskKind.MULTICLASS, frame.height, seed)
    order = np.random.default_rng(seed).permutation(frame.height)

    one = describe(frame, schema, y, TaskKind.MULTICLASS)
    other = describe(frame[order.tolist()], schema, y[order], TaskKind.MULTICLASS)

    for name in one:
        if name != "AutoCorrelation" and not is_landmarker(name):
            # Moments are sums in the order of the rows.
            assert other[name] == pytest.approx(
                one[name], rel=1e-6, abs=1e-9, nan_ok=True
            ), name
