import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneOut,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
)

from headstart.validation import HoldoutSplit, PurgedKFold, folds_from_splitter
from headstart.validation import TimeSeriesSplit as OwnTimeSeriesSplit

Y = np.arange(24) % 2
X = np.zeros((24, 2))


class Yielding:
    """A splitter that yields what it was given."""

    def __init__(self, *pairs):
        self.pairs = pairs

    def split(self, X, y=None, groups=None):
        return iter(self.pairs)


@pytest.mark.parametrize(
    ("splitter", "n_repeats", "n_folds"),
    [
        (KFold(4), 1, 4),
        (RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0), 2, 3),
        (TimeSeriesSplit(3), 1, 3),
        (ShuffleSplit(4, test_size=0.5, random_state=0), 4, 1),
        (LeaveOneOut(), 1, 24),
    ],
)
def test_splits_come_back_as_the_splitter_yields_them(splitter, n_repeats, n_folds):
    folds = folds_from_splitter(splitter, X, Y)
    assert (folds.n_repeats, folds.n_folds) == (n_repeats, n_folds)
    for mine, other in zip(folds.split(), splitter.split(X, Y), strict=True):
        assert mine[0].tolist() == sorted(other[0])
        assert mine[1].tolist() == sorted(other[1])


def test_groups_reach_the_splitter():
    groups = np.repeat(np.arange(6), 4)
    folds = folds_from_splitter(GroupKFold(3), X, Y, groups)
    assert folds.describe() == "3 folds, by GroupKFold"
    for train, validation in folds.split():
        assert not set(groups[train]) & set(groups[validation])


def test_repeats_of_unequal_size_become_repeats_of_one_fold():
    pairs = [([0, 1], [2]), ([0, 1], [3]), ([0, 1], [2, 3])]
    folds = folds_from_splitter(Yielding(*pairs), X[:4], Y[:4])
    assert (folds.n_repeats, folds.n_folds) == (3, 1)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "yields no split"),
        ([([0], [])], "holds out 0. Neither may be 0"),
        ([([0, 1], [1, 2])], "holds out 1 rows, the first of them row 1"),
        ([([0], [24])], "row numbers from 0 to 23"),
        ([([0], [-1])], "row numbers from 0 to 23"),
        ([(["a"], [1])], "row numbers from 0 to 23"),
    ],
)
def test_splits_that_make_no_sense_are_refused(pairs, message):
    with pytest.raises(ValueError, match=message):
        folds_from_splitter(Yielding(*pairs), X, Y)


def test_more_than_254_folds_are_refused():
    with pytest.raises(ValueError, match=r"300 folds\. At most 254 are allowed"):
        folds_from_splitter(LeaveOneOut(), np.zeros((300, 1)), np.zeros(300))


def test_what_is_no_splitter_is_a_type_error():
    with pytest.raises(TypeError, match=r"a split method\. Got int instead"):
        folds_from_splitter(5, X, Y)


@pytest.mark.parametrize(
    "splitter",
    [
        TimeSeriesSplit(3),
        OwnTimeSeriesSplit(3, order=np.arange(24)[::-1]),
        Yielding((range(8), range(10, 16)), (range(10), range(14, 20))),
        Yielding((range(16), range(16, 24))),
        HoldoutSplit(0.25, order=np.arange(24)[::-1]),
    ],
)
def test_splits_whose_training_rows_come_first_follow_time(splitter):
    folds = folds_from_splitter(splitter, X, Y)
    assert folds.scheme == "time"
    newest = (folds.n_repeats - 1, folds.n_folds - 1)
    assert folds.units[0] == newest


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(4),
        ShuffleSplit(1, random_state=0),
        ShuffleSplit(3, random_state=0),
        PurgedKFold(3, order=np.arange(24)),
        GroupKFold(3),
    ],
)
def test_other_splits_do_not_follow_time(splitter):
    groups = np.repeat(np.arange(6), 4) if isinstance(splitter, GroupKFold) else None
    folds = folds_from_splitter(splitter, X, Y, groups)
    assert folds.scheme == "splitter"
    assert folds.units[0] == (0, 0)


def test_every_split_of_overlapping_ones_belongs_to_a_complete_trial():
    folds = folds_from_splitter(ShuffleSplit(4, random_state=0), X, Y)
    assert folds.units == ((0, 0), (1, 0), (2, 0), (3, 0))
    assert folds.n_complete == 4
    assert folds.describe() == "4 splits, by ShuffleSplit"


def test_repeats_of_all_rows_complete_a_trial_by_the_first():
    splitter = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    assert folds_from_splitter(splitter, X, Y).n_complete == 3


def test_repeats_that_hold_out_other_rows_become_repeats_of_one_fold():
    """Or the rows that only the second one holds out would never count."""
    pairs = [([0, 1], [2]), ([0, 1], [3]), ([0, 1], [2]), ([2, 3], [0])]
    folds = folds_from_splitter(Yielding(*pairs), X[:4], Y[:4])
    assert (folds.n_repeats, folds.n_complete) == (4, 4)
