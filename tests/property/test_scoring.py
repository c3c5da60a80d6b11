"""What holds for all scores of features."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headstart.base import TaskKind
from headstart.machine.compute import Compute
from headstart.scoring import (
    BinnedMatrix,
    MethodOptions,
    method_names,
    permutation_test,
    score_features,
    select_features,
)
from headstart.scoring.binning import MISSING
from headstart.scoring.methods import METHODS

EVERY = [(kind, name) for kind in TaskKind for name in method_names(kind)]
# Where the target is cut too, its bins follow its rows.
CUT = (TaskKind.REGRESSION, "mutual_information")
WEIGHTED = [p for p in EVERY if METHODS[p[1]].is_weighted and p != CUT]
DTYPES = ["f8", "f4", "i8", "i4", "i2", "i1", "u8", "u2", "u1", "?", "f2", ">f8"]


def make(kind, n, seed, n_columns=4):
    random = np.random.default_rng(seed)
    X = np.round(np.abs(random.normal(size=(n, n_columns))), 1)
    X[:, -1] = random.integers(0, 4, n)
    if kind is TaskKind.REGRESSION:
        return X, np.round(X[:, 0] + random.normal(size=n), 2)
    n_classes = 2 if kind is TaskKind.BINARY else 3
    y = (X[:, 0] * 3 + random.uniform(0, 2, n)).astype(int) % n_classes
    y[:n_classes] = np.arange(n_classes)
    return X, y


@settings(max_examples=40, deadline=None)
@given(
    data=st.data(),
    dtype=st.sampled_from(DTYPES),
    n_rows=st.integers(1, 40),
    n_columns=st.integers(1, 10),
    step=st.sampled_from([1, 2, -1]),
    form=st.sampled_from("CF"),
)
def test_codes_are_those_of_searchsorted(data, dtype, n_rows, n_columns, step, form):
    elements = {"allow_nan": True} if np.dtype(dtype).kind == "f" else {}
    X = data.draw(hnp.arrays(dtype, (n_rows, n_columns), elements=elements or None))
    X = np.asarray(X, order=form)[::step]
    binned = BinnedMatrix.from_numpy(X, n_bins=5)
    for column in range(n_columns):
        values = X[:, column].astype(np.float64)
        expected = np.searchsorted(binned.cuts(column), values)
        expected[np.isnan(values)] = MISSING
        np.testing.assert_array_equal(binned.codes[:, column], expected)
        assert binned.n_bins[column] <= 5


@settings(max_examples=30, deadline=None)
@given(
    numbers=st.lists(st.none() | st.floats(width=32), min_size=3, max_size=20),
    parts=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_tables_of_arrow_are_binned_as_arrays(numbers, parts, seed):
    words = [[None, "b", "a", "c"][(i * seed) % 4] for i in range(len(numbers))]
    frame = pl.DataFrame(
        {"x": numbers, "w": words}, schema={"x": pl.Float64, "w": pl.String}
    )
    size = -(-frame.height // parts)
    chunked = pl.concat(
        [frame[i : i + size] for i in range(0, frame.height, size)], rechunk=False
    )
    binned = BinnedMatrix.from_arrow(chunked.to_arrow(), n_bins=4)
    levels = sorted({word for word in words if word})
    codes = [levels.index(word) if word else -1 for word in words]
    plain = np.column_stack([np.array(numbers, dtype=float), codes])
    expected = BinnedMatrix.from_numpy(plain, categorical=[1], n_bins=4)
    np.testing.assert_array_equal(binned.codes, expected.codes)
    np.testing.assert_array_equal(binned.transform(chunked).codes, binned.codes)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_threads_do_not_change_a_bit(kind, name):
    n = 1500 if name in ("relieff", "neighbor_information") else 9000
    X, y = make(kind, n, seed=1, n_columns=9)
    X[::11, 2] = np.nan
    tables = {
        score_features(X, y, name, task=kind, compute=Compute(n_threads=n))
        .drop("feature")
        .to_numpy()
        .tobytes()
        for n in (1, 2, 7)
    }
    assert len(tables) == 1


def test_threads_do_not_change_what_is_selected_or_permuted():
    X, y = make(TaskKind.MULTICLASS, 20_000, seed=2, n_columns=9)
    for criterion in ("mrmr", "jmi", "mrmr_f"):
        selections = [
            select_features(X, y, 5, criterion, compute=Compute(n_threads=n)).rows()
            for n in (1, 2, 7)
        ]
        assert selections[0] == selections[1] == selections[2]
    tests = [
        permutation_test(X, y, n_permutations=9, compute=Compute(n_threads=n)).rows()
        for n in (1, 7)
    ]
    assert tests[0] == tests[1]


@pytest.mark.parametrize(("kind", "name"), WEIGHTED)
@settings(max_examples=15, deadline=None)
@given(n=st.integers(12, 40), seed=st.integers(0, 2**31), data=st.data())
def test_integer_weights_equal_repeated_rows(kind, name, n, seed, data):
    X, y = make(kind, n, seed)
    counts = data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    # The same bins, whatever the weights: all values have their own.
    X[:, :3] = np.round(X[:, :3] * 2)
    y = np.round(y) if kind is TaskKind.REGRESSION else y
    options = {"task": kind, "categorical": [3]}
    options["options"] = MethodOptions(n_bins=200)
    weighted = score_features(
        X, y, name, sample_weight=np.array(counts, float), **options
    )
    repeated = score_features(
        np.repeat(X, counts, axis=0), np.repeat(y, counts), name, **options
    )
    np.testing.assert_allclose(
        weighted["statistic"].to_numpy(),
        repeated["statistic"].to_numpy(),
        rtol=1e-7,
        atol=1e-7,  # a root of what rounding leaves of nothing
    )


@pytest.mark.parametrize(("kind", "name"), EVERY)
@settings(max_examples=10, deadline=None)
@given(n=st.integers(12, 40), seed=st.integers(0, 2**31))
def test_the_form_of_the_table_plays_no_part(kind, name, n, seed):
    X, y = make(kind, n, seed)
    expected = score_features(np.asfortranarray(X), y, name, task=kind)
    table = pl.DataFrame(X, schema=expected["feature"].to_list())
    chunked = pl.concat([table[:5], table[5:]], rechunk=False)
    for other in (X, chunked, chunked.to_arrow(), chunked.to_pandas()):
        assert score_features(other, y, name, task=kind).equals(expected)


@pytest.mark.parametrize("name", ["spearman", "auc", "mutual_information", "chi2"])
@settings(max_examples=15, deadline=None)
@given(n=st.integers(12, 60), seed=st.integers(0, 2**31))
def test_monotone_changes_of_a_column_change_no_score_of_order(name, n, seed):
    X, y = make(TaskKind.BINARY, n, seed)
    changed = np.exp(X) * 7 - 3
    np.testing.assert_allclose(
        score_features(changed, y, name, task="binary")["statistic"].to_numpy(),
        score_features(X, y, name, task="binary")["statistic"].to_numpy(),
        rtol=1e-12,
    )
