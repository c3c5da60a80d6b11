import numpy as np

from headstart.features.operators.catalogue import OPERATORS
from headstart.features.screening.table import ScreenedTable
from headstart.features.screening.values import make_values


def test_groups_of_fewer_than_two_numbers_have_no_spread():
    table = ScreenedTable(
        ("a", "key"),
        np.array([[np.nan, np.nan, 1.0, 1.0, 3.0]]),
        np.array([[0, 0, 1, 2, 2]], dtype=np.uint32),
        np.array([3], dtype=np.uint32),
    )
    rows = np.arange(5)
    spreads = np.array([[OPERATORS["group_std"].code, 0, 1, -1]], dtype=np.int32)
    made = make_values(table, spreads, rows, np.zeros((1, 5)), np.zeros(5, np.uint8))
    np.testing.assert_allclose(made, [[np.nan] * 3 + [np.sqrt(2)] * 2])
