import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from headstart.validation import (
    GroupKFold,
    HoldoutSplit,
    KFold,
    NestedSplit,
    PredefinedSplit,
    PurgedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

N_ROWS = 48
X = np.random.default_rng(0).normal(size=(N_ROWS, 2))
Y = (X[:, 0] > 0).astype(int)
GROUPS = np.arange(N_ROWS) // 4
EVERY = [
    KFold(4),
    KFold(3, n_repeats=2),
    StratifiedKFold(4, random_state=3),
    StratifiedKFold(4, bins=3),
    GroupKFold(4),
    StratifiedGroupKFold(3, n_repeats=2),
    HoldoutSplit(0.25, n_repeats=3),
    HoldoutSplit(0.25, stratify=True),
    HoldoutSplit(0.25, stratify=True, grouped=True),
    HoldoutSplit(0.25, order=np.arange(N_ROWS)),
    TimeSeriesSplit(3, gap=1),
    PurgedKFold(4, embargo=0.05),
    PredefinedSplit(np.arange(N_ROWS) % 3),
]


@pytest.mark.parametrize("splitter", EVERY, ids=repr)
def test_pairs_are_as_many_as_said_and_share_no_row(splitter):
    pairs = list(splitter.split(X, Y, GROUPS))
    assert len(pairs) == splitter.get_n_splits(X, Y, GROUPS)
    for train, held_out in pairs:
        assert train.size
        assert held_out.size
        assert not np.intersect1d(train, held_out).size
    again = list(splitter.split(X, Y, GROUPS))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(pairs, again, strict=True))


def test_scikit_learn_takes_them():
    scores = cross_val_score(
        LogisticRegression(), X, Y, groups=GROUPS, cv=StratifiedGroupKFold(3)
    )
    assert scores.shape == (3,)
    assert scores.min() > 0.5


def test_groups_are_never_parted():
    for splitter in (GroupKFold(4), StratifiedGroupKFold(4), EVERY[8]):
        for train, held_out in splitter.split(X, Y, GROUPS):
            assert not set(GROUPS[train]) & set(GROUPS[held_out])


def test_the_latest_rows_are_held_out_in_order_of_time():
    order = np.array([5, 1, 4, 2, 3, 5])
    ((train, held_out),) = HoldoutSplit(0.3, order=order).split(order)
    assert held_out.tolist() == [0, 5]
    assert train.tolist() == [1, 2, 3, 4]


def test_inner_folds_stay_within_the_outer_training_rows():
    nested = NestedSplit(StratifiedKFold(3), GroupKFold(2))
    for train, held_out, inner in nested.split(X, Y, GROUPS):
        assert len(inner) == 2
        for fit, rest in inner:
            assert np.isin(np.concatenate([fit, rest]), train).all()
            assert not set(GROUPS[fit]) & set(GROUPS[rest])
            assert not np.isin(fit, held_out).any()
    assert nested.get_n_splits(X, Y, GROUPS) == 3


@pytest.mark.parametrize(
    ("splitter", "message"),
    [
        (StratifiedKFold(3), "StratifiedKFold needs 'y'"),
        (GroupKFold(3), "GroupKFold needs 'groups'"),
        (PredefinedSplit([0.5]), "one int per row"),
        (PredefinedSplit([0, 1]), "test_fold has 2 rows. Got 48"),
        (HoldoutSplit(0.2, order=[1]), "order must have 48 values"),
        (HoldoutSplit(0.2, order=[1], stratify=True), "omit them"),
        (HoldoutSplit(2.0, order=np.arange(N_ROWS)), "between 0 and 1"),
        (HoldoutSplit(0.2, order=np.ones(N_ROWS)), "All rows have the same time"),
        (KFold(60), "60 folds need at least 60 rows"),
    ],
)
def test_what_can_not_be_split_says_why(splitter, message):
    with pytest.raises(ValueError, match=message):
        list(splitter.split(X))
