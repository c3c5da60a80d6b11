"""Tables become codes."""

import numpy as np
import pytest

from headstart.scoring.binning import MISSING, BinnedMatrix


def make(n=600, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 11))
    X[random.uniform(size=X.shape) < 0.05] = np.nan
    X[3, 2], X[4, 2], X[:, 5] = np.inf, -np.inf, 7.0
    return X


def test_codes_are_those_of_searchsorted():
    X = make()
    binned = BinnedMatrix.from_numpy(X, n_sampled=None, n_bins=40)
    for column, values in enumerate(X.T):
        expected = np.searchsorted(binned.cuts(column), values)
        expected[np.isnan(values)] = MISSING
        np.testing.assert_array_equal(binned.codes[:, column], expected)
    assert binned.n_bins[5] == 1


@pytest.mark.parametrize(
    "form",
    [
        np.asfortranarray,
        np.ascontiguousarray,
        lambda X: list(X.T.copy()),
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X.astype(">f8"),
    ],
    ids=["fortran", "c", "columns", "strided", "big-endian"],
)
def test_the_form_of_the_table_plays_no_part(form):
    X = make()
    expected = BinnedMatrix.from_numpy(X)
    np.testing.assert_array_equal(
        BinnedMatrix.from_numpy(form(X)).codes, expected.codes
    )


def test_new_rows_are_cut_as_the_first():
    X = make()
    binned = BinnedMatrix.from_numpy(X[:400], n_bins=16)
    new = binned.transform(X[400:])
    assert new.shape == (200, 11)
    expected = np.searchsorted(binned.cuts(0), X[400:, 0])
    expected[np.isnan(X[400:, 0])] = MISSING
    np.testing.assert_array_equal(new.codes[:, 0], expected)


def test_of_many_levels_the_rarest_share_a_bin():
    levels = np.repeat(np.arange(300), np.where(np.arange(300) % 7 == 0, 1, 3))
    binned = BinnedMatrix.from_numpy(levels[:, None], categorical=[0])
    bins = binned.bins_of_levels(0)
    assert binned.n_bins[0] == 255
    # 257 levels are frequent, of which the last three have no bin of their own.
    frequent = np.flatnonzero(np.arange(300) % 7)
    np.testing.assert_array_equal(bins[frequent[:254]], np.arange(254))
    assert (bins[::7] == 254).all()
    assert binned.transform(np.array([[999]])).codes[0, 0] == 254


def test_taken_rows_keep_their_codes():
    binned = BinnedMatrix.from_numpy(make())
    rows = np.array([5, 5, 0])
    np.testing.assert_array_equal(binned.take(rows).codes, binned.codes[rows])
    with pytest.raises(ValueError, match="rows must be from 0 to 599"):
        binned.take(np.array([600]))


def test_mistakes_are_told():
    with pytest.raises(ValueError, match=r"n_bins must be from 2 to 255\. Got 256"):
        BinnedMatrix.from_numpy(make(), n_bins=256)
    with pytest.raises(TypeError, match="X must hold numbers"):
        BinnedMatrix.from_numpy(np.array([["a"]]))
    with pytest.raises(ValueError, match="indices from 0 to 10"):
        BinnedMatrix.from_numpy(make(), categorical=[11])
    with pytest.raises(ValueError, match=r"Column 0: Codes of a categorical .* 0\.5"):
        BinnedMatrix.from_numpy(np.array([[0.5]]), categorical=[0])


def test_a_rare_value_has_a_bin_of_its_own_in_a_large_table():
    # The cuts of columns with many values come from 20,000 sampled rows.
    column = np.zeros(50_000)
    column[[11, 30_123]] = 1.0
    binned = BinnedMatrix.from_numpy(column[:, np.newaxis])
    assert binned.n_bins.tolist() == [2]
    np.testing.assert_array_equal(binned.codes[:, 0], column)
