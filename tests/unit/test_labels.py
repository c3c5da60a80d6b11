"""Codes of labels: of classes in any order, and of labels that are no class."""

import numpy as np
import pytest

from headstart.labels import codes_of_labels


@pytest.mark.parametrize(
    "classes",
    [
        ["a", "b", "c"],
        ["c", "a", "b"],
        [3, 1, 2],
        [0.5, -1.0, 7.0],
        [False, True],
    ],
)
def test_codes_are_positions_in_the_classes(classes):
    labels = np.array(classes)
    wanted = np.random.default_rng(0).integers(0, len(classes), 50)

    codes, row = codes_of_labels(labels[wanted], labels)

    assert row is None
    assert codes.dtype == np.int64
    np.testing.assert_array_equal(codes, wanted)


@pytest.mark.parametrize("unknown", ["0", "b2", "z"])
def test_the_first_unknown_label_is_named(unknown):
    values = np.array(["b", "a", unknown, "c", unknown])

    assert codes_of_labels(values, np.array(["c", "a", "b"]))[1] == 2
