"""Encoders: nothing leaks, and scikit-learn's conventions hold."""

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from headstart.exceptions import ColumnError, TableError
from headstart.features import (
    Candidate,
    FeaturePlan,
    FrequencyEncoder,
    OrderedTargetEncoder,
    TargetEncoder,
    WeightOfEvidenceEncoder,
)

RNG = np.random.default_rng(0)
N = 400
FOLDS = RNG.integers(0, 5, N)
FRAME = pl.DataFrame(
    {
        "id": [f"customer {i}" for i in range(N)],
        "town": RNG.choice(["Ulm", "Bonn", None, "Köln"], N).tolist(),
        "floor": RNG.integers(0, 9, N),
    }
)
LABELS = RNG.integers(0, 2, N)
AMOUNTS = RNG.normal(size=N)
READERS = [
    TargetEncoder(),
    TargetEncoder(smoothing=3.0),
    WeightOfEvidenceEncoder(),
    OrderedTargetEncoder(),
]


def encode(encoder, y):
    if isinstance(encoder, OrderedTargetEncoder):
        return clone(encoder).fit_transform(FRAME, y)
    return clone(encoder).fit_transform(FRAME, y, FOLDS)


@pytest.mark.parametrize("encoder", READERS, ids=repr)
def test_an_identifier_says_nothing_of_a_random_target(encoder):
    encoded = encode(encoder, LABELS)[:, 0]

    known = np.isfinite(encoded)
    spread = encoded[known].std()
    correlation = np.corrcoef(encoded[known], LABELS[known])[0, 1] if spread else 0.0
    # With the row's own label in the mean, it would be 1. Class frequencies differ a
    # little between folds, which gives a small correlation without it, too.
    assert abs(correlation) < 0.2


@pytest.mark.parametrize("encoder", READERS, ids=repr)
def test_no_row_sees_its_own_target(encoder):
    before = encode(encoder, LABELS)

    for row in (0, 17, 399):
        changed = LABELS.copy()
        changed[row] = 1 - changed[row]
        np.testing.assert_array_equal(encode(encoder, changed)[row], before[row])


def test_no_row_sees_its_own_value_of_a_regression():
    before = TargetEncoder().fit_transform(FRAME, AMOUNTS, FOLDS)

    changed = AMOUNTS.copy()
    changed[5] = 1e12
    after = TargetEncoder().fit_transform(FRAME, changed, FOLDS)
    same_fold = np.isin(FOLDS, FOLDS[5])
    np.testing.assert_array_equal(after[same_fold], before[same_fold])
    assert (after[~same_fold] != before[~same_fold]).any()


def test_no_row_sees_targets_of_the_outer_fold():
    def nested(y):
        return TargetEncoder().fit_transform(FRAME, y, FOLDS, outer_fold=2)

    changed = np.where(FOLDS == 2, 1 - LABELS, LABELS)
    np.testing.assert_array_equal(nested(changed), nested(LABELS))


def test_the_outer_fold_gets_the_table_of_the_other_rows():
    nested = TargetEncoder().fit_transform(FRAME, LABELS, FOLDS, outer_fold=2)

    outer = FOLDS == 2
    inner = TargetEncoder()
    encoded = inner.fit_transform(FRAME.filter(~outer), LABELS[~outer], FOLDS[~outer])
    np.testing.assert_allclose(nested[~outer], encoded, rtol=1e-12)
    new = inner.transform(FRAME.filter(outer))
    np.testing.assert_allclose(nested[outer], new, rtol=1e-12)


def test_an_encoding_of_its_own_rows_would_be_caught():
    leaking = TargetEncoder(smoothing=0).fit(FRAME, LABELS).transform(FRAME)[:, 0]

    assert np.corrcoef(leaking, LABELS)[0, 1] > 0.99


def test_plan_and_encoder_give_the_same():
    plan = FeaturePlan(
        [
            Candidate("target_mean", ("town",)),
            Candidate("weight_of_evidence", ("town",)),
            Candidate("ordered_target_mean", ("town",)),
        ]
    )
    made = plan.fit_transform(FRAME, LABELS, FOLDS).to_numpy()

    encoded = [
        encode(e, LABELS)[:, 1]
        for e in (TargetEncoder(), WeightOfEvidenceEncoder(), OrderedTargetEncoder())
    ]
    np.testing.assert_array_equal(made, np.column_stack(encoded))


def test_folds_are_dealt_out_where_none_are_given():
    first = TargetEncoder(seed=1).fit_transform(FRAME, LABELS)

    np.testing.assert_array_equal(
        TargetEncoder(seed=1, n_threads=2).fit_transform(FRAME, LABELS), first
    )
    assert (TargetEncoder(seed=2).fit_transform(FRAME, LABELS) != first).any()
    plain = TargetEncoder().fit(FRAME, LABELS).transform(FRAME)
    assert (plain != first).any()


def test_unseen_levels_get_the_mean_of_all_rows_and_missing_ones_their_own():
    encoder = TargetEncoder(smoothing=0).fit(FRAME.select("town"), LABELS)

    encoded = encoder.transform(pl.DataFrame({"town": ["Rom", None]}))[:, 0]
    gap = FRAME["town"].is_null().to_numpy()
    assert encoded == pytest.approx([LABELS.mean(), LABELS[gap].mean()])


def test_three_classes_are_named_columns():
    encoder = TargetEncoder().fit(FRAME.select("town"), np.array(list("abcd") * 100))

    assert list(encoder.get_feature_names_out()) == [f"town_{c}" for c in "abcd"]
    assert encoder.transform(FRAME.select("town")).shape == (N, 4)


def test_encoders_work_in_a_pipeline_and_as_pandas_tables():
    model = make_pipeline(TargetEncoder(), LogisticRegression())
    model.fit(FRAME.to_pandas(), LABELS)
    assert model.predict(FRAME.to_pandas()).shape == (N,)

    encoder = TargetEncoder().set_output(transform="pandas")
    made = encoder.fit(FRAME.to_pandas(), LABELS).transform(FRAME.to_pandas())
    assert list(made.columns) == FRAME.columns


@pytest.mark.parametrize(
    ("train", "new", "expected"),
    [
        ([1, 1, 2, 3], [1.0, 1.5, None], [0.5, 0.0, 0.0]),
        ([1.0, 1.0, None, 3.0], [1, 2, None], [0.5, 0.0, 0.25]),
        (["1", "1", "2", None], [1, 3, None], [0.5, 0.0, 0.25]),
        ([True, True, False, None], [True, None], [0.5, 0.25]),
        ([None, None], [1, None], [0.0, 1.0]),
    ],
)
def test_levels_are_known_by_their_value_whatever_the_type(train, new, expected):
    encoder = FrequencyEncoder().fit(pl.DataFrame({"x": train}))

    assert encoder.transform(pl.DataFrame({"x": new}))[:, 0].tolist() == expected


def test_frequencies_are_shares_of_training_rows():
    encoded = FrequencyEncoder().fit_transform(FRAME.select("town"))[:, 0]

    counts = FRAME.select(pl.len().over("town"))["len"]
    np.testing.assert_array_equal(encoded, counts.to_numpy() / N)


@pytest.mark.parametrize(
    ("encoder", "y", "error", "words"),
    [
        (TargetEncoder(), LABELS[:5], TableError, "400 values"),
        (TargetEncoder(), LABELS * 0, TableError, "classes"),
        (TargetEncoder(), np.where(FOLDS == 0, np.nan, 1.0), TableError, "missing"),
        (TargetEncoder(smoothing=-1), LABELS, ValueError, "smoothing"),
        (TargetEncoder(smoothing="much"), LABELS, ValueError, "smoothing"),
        (OrderedTargetEncoder(smoothing="auto"), LABELS, ValueError, "smoothing"),
        (WeightOfEvidenceEncoder(), FOLDS, ValueError, "two classes"),
    ],
)
def test_wrong_arguments_are_refused(encoder, y, error, words):
    with pytest.raises(error, match=words):
        encoder.fit(FRAME, y)


@pytest.mark.parametrize("fold_ids", [FOLDS[:9], FOLDS * 0, FOLDS + 300, FOLDS / 2])
def test_wrong_folds_are_refused(fold_ids):
    with pytest.raises(ValueError, match="fold_ids"):
        TargetEncoder().fit_transform(FRAME, LABELS, fold_ids)


def test_a_table_without_a_column_is_refused():
    encoder = FrequencyEncoder().fit(FRAME)
    with pytest.raises(ColumnError, match="town"):
        encoder.transform(FRAME.drop("town"))
