"""Meta-features of small tables, and those that OpenML gives of one of its own."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_iris

from headstart import _core
from headstart.base import TaskKind
from headstart.exceptions import ColumnError, TableError
from headstart.meta.features import (
    describe,
    for_distance,
    openml_comparable,
    own_names,
)
from headstart.tables import Schema

# What OpenML's server gave as the qualities of its dataset 61.
IRIS = {
    "AutoCorrelation": 0.9865771812080537,
    "ClassEntropy": 1.584962500721156,
    "Dimensionality": 0.03333333333333333,
    "EquivalentNumberOfAtts": math.nan,
    "MajorityClassPercentage": 33.33333333333333,
    "MajorityClassSize": 50.0,
    "MaxAttributeEntropy": math.nan,
    "MaxKurtosisOfNumericAtts": 0.2907810623654319,
    "MaxMeansOfNumericAtts": 5.843333333333334,
    "MaxMutualInformation": math.nan,
    "MaxNominalAttDistinctValues": 3.0,
    "MaxSkewnessOfNumericAtts": 0.33405266217208907,
    "MaxStdDevOfNumericAtts": 1.7644204199522626,
    "MeanKurtosisOfNumericAtts": -0.7507394876837399,
    "MeanMeansOfNumericAtts": 3.4636666666666667,
    "MeanNoiseToSignalRatio": math.nan,
    "MeanNominalAttDistinctValues": 3.0,
    "MeanSkewnessOfNumericAtts": 0.067375701047788,
    "MeanStdDevOfNumericAtts": 0.9473104002482851,
    "MinKurtosisOfNumericAtts": -1.401920800645399,
    "MinMeansOfNumericAtts": 1.1986666666666665,
    "MinNominalAttDistinctValues": 3.0,
    "MinSkewnessOfNumericAtts": -0.2744642524737837,
    "MinStdDevOfNumericAtts": 0.43359431136217386,
    "MinorityClassPercentage": 33.33333333333333,
    "MinorityClassSize": 50.0,
    "NumberOfBinaryFeatures": 0.0,
    "NumberOfClasses": 3.0,
    "NumberOfFeatures": 5.0,
    "NumberOfInstances": 150.0,
    "NumberOfInstancesWithMissingValues": 0.0,
    "NumberOfMissingValues": 0.0,
    "NumberOfNumericFeatures": 4.0,
    "NumberOfSymbolicFeatures": 1.0,
    "PercentageOfBinaryFeatures": 0.0,
    "PercentageOfInstancesWithMissingValues": 0.0,
    "PercentageOfMissingValues": 0.0,
    "PercentageOfNumericFeatures": 80.0,
    "PercentageOfSymbolicFeatures": 20.0,
    "Quartile1KurtosisOfNumericAtts": -1.3863791432688857,
    "Quartile1MeansOfNumericAtts": 1.6624999999999999,
    "Quartile1SkewnessOfNumericAtts": -0.2320973298913695,
    "Quartile1StdDevOfNumericAtts": 0.5159859189468406,
    "Quartile2KurtosisOfNumericAtts": -0.9459091062274964,
    "Quartile2MeansOfNumericAtts": 3.406333333333333,
    "Quartile2SkewnessOfNumericAtts": 0.10495719724642329,
    "Quartile2StdDevOfNumericAtts": 0.795613434839352,
    "Quartile3KurtosisOfNumericAtts": 0.08006978644516216,
    "Quartile3MeansOfNumericAtts": 5.322166666666667,
    "Quartile3SkewnessOfNumericAtts": 0.32926723578831013,
    "Quartile3StdDevOfNumericAtts": 1.5303318469586626,
    "StdvNominalAttDistinctValues": 0.0,
}


def described(columns, y, kind=TaskKind.BINARY, *, overrides=None, **more):
    frame = pl.DataFrame(columns)
    schema = Schema.learn(frame, overrides)
    return describe(frame, schema, np.asarray(y), kind, **more)


def test_iris_has_the_qualities_that_openml_gives():
    X, y = load_iris(return_X_y=True)
    # OpenML has the UCI version, which differs from Fisher's in two flowers.
    X[[34, 37]] = [4.9, 3.1, 1.5, 0.1]

    features = described(X, y, TaskKind.MULTICLASS)

    ours = {name: features[name] for name in IRIS}
    assert ours == pytest.approx(IRIS, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        ([0, 1, 0, 1, 0, 1], TaskKind.BINARY),
        ([0, 1, 2, 1, 0, 2], TaskKind.MULTICLASS),
        ([0.5, 1.0, 2.0, 1.5, 0.0, 2.5], TaskKind.REGRESSION),
    ],
)
def test_names_are_the_same_for_every_kind_of_task(y, kind):
    features = described({"a": [1, 5, 2, 7, 8, 3], "b": list("uvuvuv")}, y, kind)

    assert set(features) == openml_comparable | own_names | {"AutoCorrelation"}
    assert not openml_comparable & own_names
    assert all(name.startswith("hs_") for name in own_names)


def test_a_regression_has_no_classes_and_a_numeric_target():
    features = described(
        {"a": [1, 2, 4, 8], "b": list("uvuv")},
        [3.0, 1.0, 2.0, 10.0],
        TaskKind.REGRESSION,
    )

    assert features["NumberOfClasses"] == 0
    assert features["NumberOfNumericFeatures"] == 2
    assert features["MaxMeansOfNumericAtts"] == 4.0
    assert features["AutoCorrelation"] == pytest.approx((3 - 11) / 3)
    for name in ("MajorityClassSize", "ClassEntropy", "MeanAttributeEntropy"):
        assert math.isnan(features[name])
    assert features["hs_mean_attribute_entropy"] == 1.0


def test_columns_are_counted_by_kind():
    start = date(2024, 1, 1)
    columns = {
        "number": [1.5, None, 2.5] * 10,
        "town": ["u", "v", None] * 10,
        "flag": [True, False, None] * 10,
        "day": [start + timedelta(i * i) if i else None for i in range(30)],
        "key": [f"k{i}" for i in range(30)],
        "one": [7] * 30,
        "same": ["x"] * 30,
        "none": pl.Series([None] * 30, dtype=pl.String),
    }
    features = described(columns, [0, 1, 0] * 10)

    assert features["NumberOfFeatures"] == 9
    assert features["NumberOfNumericFeatures"] == 2  # number, one
    assert features["NumberOfSymbolicFeatures"] == 5  # town, flag, same, none, target
    assert features["NumberOfBinaryFeatures"] == 3  # town, flag, target
    assert features["NumberOfMissingValues"] == 10 + 10 + 10 + 1 + 30
    assert features["NumberOfInstancesWithMissingValues"] == 30
    assert features["MinNominalAttDistinctValues"] == 0


def test_levels_that_are_declared_make_a_column_binary_or_not():
    declared = pl.Series(["f", "t"] * 3, dtype=pl.Enum(["n", "t", "f"]))
    y = [0, 1, 2, 0, 1, 2]

    of_declared = described({"a": declared}, y, TaskKind.MULTICLASS)
    of_plain = described({"a": ["f", "t"] * 3}, y, TaskKind.MULTICLASS)

    assert of_declared["NumberOfBinaryFeatures"] == 0
    assert of_plain["NumberOfBinaryFeatures"] == 1
    assert of_declared["MinNominalAttDistinctValues"] == 2


def test_missing_levels_count_as_the_first_that_is_declared():
    values = ["b", "b", None, "a"]
    in_order = pl.Series(values, dtype=pl.Enum(["b", "a"]))
    y = [0, 0, 1, 1]

    known = described({"a": in_order, "n": [1, 3, 2, 5]}, y)
    unknown = described({"a": values, "n": [1, 3, 2, 5]}, y)

    quarter = 0.75 * math.log2(4 / 3) + 0.25 * 2
    assert known["MeanAttributeEntropy"] == pytest.approx(quarter)
    assert math.isnan(unknown["MeanAttributeEntropy"])
    assert math.isnan(unknown["EquivalentNumberOfAtts"])
    for features in (known, unknown):
        assert features["hs_mean_attribute_entropy"] == pytest.approx(1.5)
        assert features["hs_mean_mutual_information"] == pytest.approx(1.0)


def test_numbers_that_are_not_finite_are_missing():
    features = described({"a": [1.0, math.inf, math.nan, 2.0, None]}, [0, 1, 0, 1, 0])

    assert features["NumberOfMissingValues"] == 3
    assert features["MaxMeansOfNumericAtts"] == 1.5


def test_a_constant_has_no_shape():
    features = described({"a": [0.1] * 6, "b": [1, 2, 3, 5, 8, 13]}, [0, 1] * 3)

    assert features["MinStdDevOfNumericAtts"] == 0
    assert (
        features["MinSkewnessOfNumericAtts"] == features["MaxSkewnessOfNumericAtts"] > 0
    )


def test_levels_beyond_the_limit_count_as_missing(monkeypatch):
    monkeypatch.setattr("headstart.tables.kinds.levels.LEVEL_LIMIT", 2)
    levels = ["u", "v", "u", "v", "w", "x"] * 10
    gaps = ["u", "v", "u", "v", None, None] * 10
    kinds = {"a": "categorical"}

    capped = described({"a": levels}, [0, 1] * 30, overrides=kinds)

    same = described({"a": gaps}, [0, 1] * 30, overrides=kinds)
    assert capped["MaxNominalAttDistinctValues"] == 2.0
    assert capped == pytest.approx(same, nan_ok=True)


@pytest.mark.parametrize("kind", [TaskKind.BINARY, TaskKind.REGRESSION])
@pytest.mark.parametrize("n_rows", [0, 1])
def test_hardly_any_rows_give_numbers_or_nan(kind, n_rows):
    learnt = pl.DataFrame({"a": [1.0, 2.0], "b": ["u", "v"]})
    schema = Schema.learn(learnt)

    features = describe(learnt.head(n_rows), schema, np.arange(n_rows), kind)

    assert features["NumberOfInstances"] == n_rows
    assert math.isnan(features["AutoCorrelation"])
    assert math.isnan(features["hs_stump_error"])
    assert math.isnan(features["hs_stump_r2"])


def test_the_seed_chooses_rows_only_where_there_are_too_many():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(1_500, 3))
    y = (X[:, 0] + generator.normal(size=1_500) > 0).astype(int)

    one, same, other = (described(X, y, seed=seed) for seed in (1, 1, 2))

    assert one == pytest.approx(same, abs=0, rel=0, nan_ok=True)
    differing = {n for n in one if one[n] != other[n] and not math.isnan(one[n])}
    assert differing
    assert all(name.startswith("hs_") and "_error" in name for name in differing)


def test_the_numbers_do_not_depend_on_threads():
    generator = np.random.default_rng(3)
    X = generator.normal(size=(4_000, 9))
    y = X[:, 0] * X[:, 1] + X[:, 2]

    all_features = [
        described(X, y, TaskKind.REGRESSION, n_threads=n_threads)
        for n_threads in (1, 2, 7)
    ]

    as_bytes = [np.array(list(values.values())).tobytes() for values in all_features]
    assert as_bytes[0] == as_bytes[1] == as_bytes[2]


@pytest.mark.parametrize(
    ("y", "kind", "message"),
    [
        ([0, 1], TaskKind.BINARY, r"shape \(3,\)"),
        ([0.0, 1.0, 0.0], TaskKind.BINARY, "class codes"),
        (["u", "v", "u"], TaskKind.REGRESSION, "numbers"),
        ([0.0, math.nan, 1.0], TaskKind.REGRESSION, "not in row 1"),
    ],
)
def test_a_target_that_does_not_fit_is_refused(y, kind, message):
    with pytest.raises(TableError, match=message):
        described({"a": [1, 2, 4]}, y, kind)


def test_a_table_without_a_column_of_its_schema_is_refused():
    schema = Schema.learn(pl.DataFrame({"a": [1, 2], "b": [1, 3]}))

    with pytest.raises(ColumnError, match="lacks column 'b'"):
        describe(pl.DataFrame({"a": [1, 2]}), schema, np.array([0, 1]), TaskKind.BINARY)


NUMBERS = np.array([1.0, 2.0, 4.0])
LEVELS = {"codes": np.zeros(3, dtype=np.int32), "n_levels": 1, "is_ordered": False}
OTHERS = {"n_columns": 0, "n_missing": 0, "rows": np.zeros(0, dtype=bool)}
TARGET = np.array([0, 1, 0])


@pytest.mark.parametrize(
    ("numeric", "nominal", "others", "y", "message"),
    [
        ([NUMBERS[:2]], [], OTHERS, TARGET, "numeric column 0 must hold 3 values"),
        ([np.zeros(6)[::2]], [], OTHERS, TARGET, "contiguous"),
        ([], [LEVELS | {"n_levels": 0}], OTHERS, TARGET, "codes from -1 to -1"),
        ([], [LEVELS | {"n_levels": 2**40}], OTHERS, TARGET, "too many levels"),
        ([], [LEVELS | {"codes": LEVELS["codes"] - 2}], OTHERS, TARGET, "Got -2"),
        ([], [], OTHERS | {"rows": np.ones(2, dtype=bool)}, TARGET, "rows of the"),
        ([NUMBERS], [], OTHERS, NUMBERS * np.nan, "finite"),
    ],
)
def test_what_does_not_fit_is_refused_at_the_border(
    numeric, nominal, others, y, message
):
    with pytest.raises(ValueError, match=message):
        _core.describe_table(numeric, nominal, others, y, 0, 1)


@pytest.mark.parametrize("more", [{"seed": -1}, {"n_threads": 0}])
def test_a_seed_or_threads_that_make_no_sense_are_refused(more):
    with pytest.raises(ValueError, match="must be"):
        described({"a": [1, 2, 4]}, [0, 1, 0], **more)


def test_distances_are_taken_between_logarithms_shares_and_skills():
    X = np.arange(40) + 0.5  # whole numbers would count the rows
    y = (X >= 20).astype(int)

    distances = for_distance(described({"a": X, "n": X // 1 % 7}, y))

    assert distances["log_rows"] == pytest.approx(math.log(41))
    assert distances["minority_share"] == distances["majority_share"] == 0.5
    assert distances["log_levels"] == pytest.approx(math.log(3))
    assert distances["stump_skill"] > 0.8
    assert math.isnan(distances["target_distinct_share"])


def test_skills_of_a_regression_are_shares_of_variance():
    X = np.arange(40.0)
    values = described({"a": X}, 3 * X + 1, TaskKind.REGRESSION)

    distances = for_distance(values)

    assert distances["linear_skill"] == values["hs_linear_r2"] > 0.95
    assert math.isnan(distances["naive_bayes_skill"])
    assert distances["log_levels"] == 0


def test_distances_of_unknown_numbers_are_nan_under_the_same_names():
    known = for_distance(described({"a": [1, 2, 4, 7]}, [0, 1, 0, 1]))
    unknown = for_distance({})

    assert list(known) == list(unknown)
    assert all(math.isnan(value) for value in unknown.values())
