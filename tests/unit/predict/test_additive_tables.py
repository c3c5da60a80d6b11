"""Additive tables: sums by hand, and numbers of hostile files, which are refused."""

import numpy as np
import pytest

from headstart.base.arrays import pack_arrays, unpack_arrays
from headstart.exceptions import ArtifactError
from headstart.predict import AdditiveTables, Bins, Term
from headstart.predict.additive_tables import _FORM

ARRAYS = "additive_tables.safetensors"

NUMBER = Bins(np.array([0.0, 1.0]))
LEVELS = Bins(np.zeros(0), 3, shares_last=True)
TABLES = AdditiveTables(
    np.array([0.5]),
    [
        Term((0,), (NUMBER,), np.arange(5.0)[:, None]),
        Term((0, 1), (NUMBER, LEVELS), np.arange(25.0).reshape(5, 5, 1)),
    ],
    n_columns=2,
    rounds=(3, 4),
)


def test_tables_come_back_as_they_were():
    again = AdditiveTables.from_parts(TABLES.to_parts())
    values = np.array([[np.nan, 0.0], [0.0, 2.0], [1.0, 9.0], [2.0, np.nan]])
    assert again.rounds == (3, 4)
    np.testing.assert_array_equal(again.scores(values), TABLES.scores(values))
    # 0.5, the column's entry, the pair's: row and column of its table.
    expected = [0.5 + 0 + 1, 0.5 + 2 + 13, 0.5 + 3 + 18, 0.5 + 3 + 15]
    np.testing.assert_array_equal(again.scores(values)[:, 0], expected)


def test_contributions_add_up_to_the_scores():
    values = np.array([[0.3, 1.0], [np.nan, np.nan]])
    sums = TABLES.intercept + TABLES.contributions(values).sum(axis=1)
    np.testing.assert_allclose(sums, TABLES.scores(values))


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("features", 0, 2),
        ("features", 0, -1),
        ("features", 3, 0),
        ("features", 3, -2),
        ("cuts", 0, 1.0),
        ("cuts", 0, np.nan),
        ("cuts", 0, 1e200),
        ("n_cuts", 0, 3),
        ("n_cuts", 0, -2),
        ("n_cuts", 0, 2**62),
        ("n_levels", 3, 2**62),
        ("n_levels", 3, 2),
        ("n_levels", 0, 3),
        ("scores", 0, np.inf),
        ("scores", 0, 1e300),
        ("intercept", 0, np.nan),
    ],
)
def test_a_number_out_of_place_is_refused(name, place, value):
    parts = TABLES.to_parts()
    arrays = unpack_arrays(parts[ARRAYS], _FORM)
    arrays[name].flat[place] = value
    with pytest.raises(ArtifactError):
        AdditiveTables.from_parts({**parts, ARRAYS: pack_arrays(arrays)})
