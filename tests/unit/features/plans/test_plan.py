"""Plans: what comes out, what is missing, and what is refused."""

import datetime as dt
import json
import pickle

import numpy as np
import polars as pl
import pytest

from headstart.exceptions import ArtifactError, ColumnError, TableError
from headstart.features import OPERATORS, Candidate, FeaturePlan
from headstart.tables import OTHER_LEVEL

NAN = float("nan")
INF = float("inf")


def frame_of(n_rows: int = 60, seed: int = 0) -> pl.DataFrame:
    """A small table with every kind of column, some values missing."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n_rows).round(2)
    a[::7] = np.nan
    towns = rng.choice(["Ulm", "Bonn", "Köln"], n_rows).tolist()
    towns[3] = None
    days = [
        dt.datetime(2024, 1, 1, 6) + dt.timedelta(days=int(d)) for d in range(n_rows)
    ]
    return pl.DataFrame(
        {
            "a": a,
            "b": rng.integers(0, 5, n_rows).astype(float),
            "town": pl.Series(towns, dtype=pl.String),
            "colour": pl.Series(
                rng.choice(["red", "blue"], n_rows), dtype=pl.Enum(["red", "blue"])
            ),
            "start": days,
            "end": [d + dt.timedelta(hours=12) for d in days],
            "text": [f"Word {i} and MORE" for i in range(n_rows)],
        }
    )


def columns_for(name: str) -> tuple[str, ...]:
    operator = OPERATORS[name]
    match operator.inputs:
        case "crossed":
            return ("town", "colour", "b")[: max(operator.least, 2)]
        case "grouped":
            return ("colour" if operator.kind == "category" else "a", "town")
        case "row":
            return ("a", "b")
    many = {"datetime": ("end", "start"), "text": ("text", "town")}
    return many.get(operator.kind, ("a", "b"))[: operator.most]


ALL = [Candidate(name, columns_for(name)) for name in OPERATORS]
FRAME = frame_of()
Y = np.arange(60) % 3 % 2
FOLDS = np.arange(60) // 2 % 5


def values(candidate: Candidate, frame: pl.DataFrame, *new: pl.DataFrame) -> list:
    plan = FeaturePlan([candidate])
    made = plan.fit(frame).transform(new[0] if new else frame)
    return made.to_series().to_list()


def test_every_operator_makes_something_of_its_columns():
    plan = FeaturePlan(ALL)
    made = plan.fit_transform(FRAME, Y, FOLDS)

    assert made.columns == list(plan.names)
    assert made.height == 60
    assert [n for n in made.columns if made[n].drop_nulls().is_empty()] == []
    assert {type(t) for t in made.dtypes} == {pl.Float64, pl.Enum}
    for series in made.select(pl.col(pl.Float64)):
        assert series.drop_nulls().is_finite().all()


def test_training_rows_are_made_as_new_ones_unless_the_target_is_read():
    plan = FeaturePlan(ALL)
    train = plan.fit_transform(FRAME, Y, FOLDS)
    new = plan.transform(FRAME)

    reads = {n for f in plan.features if f.candidate.kind.reads_target for n in f.names}
    kept = [n for n in plan.names if n not in reads]
    assert train.select(kept).equals(new.select(kept))
    assert all(not train[n].equals(new[n]) for n in reads)


def test_a_plan_is_the_same_after_json_and_pickle():
    plan = FeaturePlan(ALL).fit(FRAME, Y)
    expected = plan.transform(FRAME)

    for read in (
        FeaturePlan.from_json(plan.to_json()),
        pickle.loads(pickle.dumps(plan)),
    ):
        assert read.transform(FRAME).equals(expected)
        assert read.to_json() == plan.to_json()
        assert read.explain() == plan.explain()


def test_threads_change_no_byte():
    big = pl.concat([frame_of(60, seed) for seed in range(100)])
    y, folds = np.tile(Y, 100), np.tile(FOLDS, 100)
    made = [
        FeaturePlan(ALL).fit_transform(big, y, folds, seed=3, n_threads=n)
        for n in (1, 2, 7)
    ]

    assert made[0].equals(made[1])
    assert made[0].equals(made[2])


def test_tables_of_pandas_are_taken():
    made = FeaturePlan([Candidate("divide", ("b", "a"))]).fit_transform(
        FRAME.select("a", "b").to_pandas()
    )
    assert made.equals(
        FeaturePlan([Candidate("divide", ("b", "a"))]).fit_transform(FRAME)
    )


def test_rows_are_made_in_blocks_as_in_one(monkeypatch):
    plan = FeaturePlan(ALL).fit(FRAME, Y)
    expected = plan.transform(FRAME)

    monkeypatch.setattr("headstart.features.fitted.features._BLOCK", 7)
    assert plan.transform(FRAME).equals(expected)


def test_no_rows_give_no_rows():
    plan = FeaturePlan(ALL).fit(FRAME, Y)

    assert plan.transform(FRAME.head(0)).shape == (0, len(plan.names))


def test_columns_without_any_value_are_missing_all_along():
    empty = FRAME.with_columns(
        pl.lit(None, pl.Float64).alias("a"), pl.lit(None, pl.String).alias("town")
    )
    plan = FeaturePlan(ALL)
    made = plan.fit_transform(empty, Y, FOLDS)

    assert (
        made["rank(a)"].null_count() == made["winsorised(a, 0.01)"].null_count() == 60
    )
    assert made["mean(a | town)"].null_count() == 60
    assert set(made["missing(a)"]) == {1.0}
    assert FeaturePlan.from_json(plan.to_json()).transform(FRAME).height == 60


@pytest.mark.parametrize(
    ("operator", "columns", "expected"),
    [
        ("divide", ([1.0, 1, INF, None], [2.0, 0, 1, 1]), [0.5, None, None, None]),
        ("less_than", ([1.0, 1, NAN, 2], [2.0, None, 1, 1]), [1, None, None, 0]),
        ("row_mean", ([1.0, None, INF, 2], [2.0, None, 1, 4]), [1.5, None, 1, 3]),
        ("row_missing", ([1.0, None, INF, 2.0], [2.0, None, 1.0, 4.0]), [0, 2, 1, 0]),
        ("reciprocal", ([4.0, 0.0, -INF, None],), [0.25, None, None, None]),
        ("is_missing", ([4.0, NAN, -INF, None],), [0, 1, 1, 1]),
        ("is_mode", ([4.0, 1.0, 4.0, None],), [1, 0, 1, None]),
        ("is_mode", (["x", "y", "x", None],), [1, 0, 1, None]),
        ("last_digit", ([127.9, -3.2, 20.0, None],), [7, 3, 0, None]),
        ("rank", ([3.0, 1.0, 1.0, None],), [5 / 6, 1 / 3, 1 / 3, None]),
        ("quantile_bin", ([3.0, 1.0, 1.0, None],), [1, 0, 0, None]),
        ("frequency", (["x", "x", "y", None],), [0.5, 0.5, 0.25, 0.25]),
        ("count_rank", (["x", "x", "y", None],), [1, 1, 2, 2]),
        ("text_length", (["äb", "", "y z", None],), [2, 0, 3, None]),
        ("text_upper_share", (["Ab", "12", "", None],), [0.5, None, None, None]),
    ],
)  # fmt: skip
def test_missing_values_follow_the_rule_of_the_operator(operator, columns, expected):
    frame = pl.DataFrame(dict(zip("ab", columns, strict=False)))
    candidate = Candidate(operator, tuple(frame.columns))

    assert values(candidate, frame) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("group_mean", [2.0, None, 7.0]),
        ("group_distinct", [2.0, None, 1.0]),
        ("minus_group_mean", [-1.0, None, 0.0]),
        ("over_group_mean", [0.5, None, 1.0]),
        ("group_rank", [0.25, None, 0.5]),
        ("group_std", [2**0.5, None, None]),
    ],
)
def test_unseen_groups_are_missing_and_missing_ones_a_group(operator, expected):
    train = pl.DataFrame({"a": [1.0, 3.0, 7.0], "g": ["x", "x", None]})
    new = pl.DataFrame({"a": [1.0, 1.0, 7.0], "g": ["x", "new", None]})

    candidate = Candidate(operator, ("a", "g"))
    assert values(candidate, train, new) == pytest.approx(expected)


def test_unseen_levels_have_no_frequency_and_no_cross():
    train = pl.DataFrame({"g": ["x", "x", "y"], "h": ["u", "v", "u"]})
    new = pl.DataFrame({"g": ["new", "y"], "h": ["u", "v"]})

    assert values(Candidate("frequency", ("g",)), train, new) == [0.0, 1 / 3]
    assert values(Candidate("cross", ("g", "h")), train, new) == [None, None]
    assert values(Candidate("cross", ("g", "h")), train) == ["x & u", "x & v", "y & u"]


def test_the_level_of_others_is_shown_as_other_levels_in_a_cross():
    train = pl.DataFrame({"g": ["x", OTHER_LEVEL], "h": ["u", "u"]})

    made = values(Candidate("cross", ("g", "h")), train)

    assert made == ["x & u", "other levels & u"]


def test_numeric_columns_are_binned_where_a_category_is_wanted():
    train = pl.DataFrame({"g": [0.0, 1.0, 10.0, 11.0], "a": [1.0, 2.0, 3.0, 4.0]})
    new = pl.DataFrame({"g": [-5.0, 99.0, None], "a": [0.0, 0.0, 0.0]})

    candidate = Candidate("group_mean", ("a", "g"), {"n_bins": 2})
    assert values(candidate, train, new) == [1.5, 3.5, None]


def test_parts_of_dates_are_those_of_the_calendar():
    frame = pl.DataFrame(
        {"t": [dt.datetime(2024, 2, 29, 18), None, dt.datetime(2023, 1, 1)]}
    )
    expected = {
        "year": 2024, "quarter": 1, "month": 2, "week": 9, "day": 29, "weekday": 4,
        "hour": 18, "is_weekend": 0, "is_month_end": 1, "elapsed": 424.75,
        "day_sine": -1, "day_cosine": 0,
    }  # fmt: skip
    plan = FeaturePlan([Candidate(name, ("t",)) for name in expected])
    made = plan.fit_transform(frame)

    assert list(made.row(0)) == pytest.approx(list(expected.values()))
    assert set(made.row(1)) == {None}


def test_moments_of_two_time_zones_are_compared_as_moments():
    moment = pl.Series([dt.datetime(2024, 6, 1, 12)]).dt.replace_time_zone("UTC")
    frame = pl.DataFrame({"t": moment, "u": moment.dt.convert_time_zone("Asia/Tokyo")})
    assert values(Candidate("days_between", ("u", "t")), frame) == [0.0]


def test_rare_levels_beyond_the_limit_count_as_unseen(monkeypatch):
    monkeypatch.setattr("headstart.features.fitting.coding.LEVEL_LIMIT", 2)
    train = pl.DataFrame({"g": ["x", "rare", "y", "x", "y"]})

    assert values(Candidate("frequency", ("g",)), train) == [0.4, 0.0, 0.4, 0.4, 0.4]


def test_features_of_one_name_are_told_apart():
    frame = pl.DataFrame(
        {"a": [1.0, 2.0], "b / c": [4.0, 4.0], "a / b": [3.0, 6.0], "c": [1.0, 2.0]}
    )
    twins = [Candidate("divide", ("a", "b / c")), Candidate("divide", ("a / b", "c"))]
    plan = FeaturePlan(twins)

    made = plan.fit_transform(frame)

    assert made.to_dict(as_series=False) == {
        "a / b / c": [0.25, 0.5],
        "a / b / c (2)": [3.0, 3.0],
    }
    assert FeaturePlan.from_json(plan.to_json()).transform(frame).equals(made)
    assert [feature.names for feature in plan.features] == [
        ("a / b / c",),
        ("a / b / c (2)",),
    ]


def test_a_feature_called_as_a_column_is_refused():
    frame = pl.DataFrame({"a": [1.0], "b": [4.0], "a / b": [3.0]})
    with pytest.raises(ColumnError, match="the name 'a / b' of a column of the table"):
        FeaturePlan([Candidate("divide", ("a", "b"))]).fit(frame)


def test_three_classes_become_three_columns():
    plan = FeaturePlan([Candidate("target_mean", ("town",), {"smoothing": 1})])
    made = plan.fit_transform(FRAME, np.array(list("abc") * 20), FOLDS)

    assert plan.names == tuple(f"target mean(town) [smoothing=1] = {c}" for c in "abc")
    assert made.sum_horizontal().to_list() == pytest.approx([1.0] * 60)


@pytest.mark.parametrize(
    ("candidates", "arguments", "error", "words"),
    [
        (["square", "square"], {}, ValueError, "twice"),
        (["target_mean"], {}, ValueError, "y is needed|fold_ids are needed"),
        (["target_mean"], {"y": Y}, ValueError, "fold_ids are needed"),
        (["target_mean"], {"y": Y, "fold_ids": Y * 0}, ValueError, "two folds"),
        (["target_mean"], {"y": Y[:9], "fold_ids": FOLDS}, TableError, "60 values"),
        (["weight_of_evidence"], {"y": FOLDS, "fold_ids": FOLDS}, ValueError, "two cl"),
        (["square"], {"n_threads": 0}, ValueError, "n_threads"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(candidates, arguments, error, words):
    made = [Candidate(n, columns_for(n)) for n in candidates]
    with pytest.raises(error, match=words):
        FeaturePlan(made).fit_transform(FRAME, **arguments)


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (Candidate("square", ("nowhere",)), "lacks column 'nowhere'"),
        (Candidate("square", ("town",)), "'town' must hold numbers"),
        (Candidate("year", ("a",)), "'a' must hold dates"),
        (Candidate("text_words", ("a",)), "'a' must hold words"),
        (Candidate("frequency", ("start",)), "'start' must hold words or numbers"),
    ],
)
def test_columns_of_the_wrong_kind_are_named(candidate, words):
    with pytest.raises(ColumnError, match=words):
        FeaturePlan([candidate]).fit(FRAME)


def test_a_name_that_a_column_has_is_refused():
    frame = pl.DataFrame({"a": [1.0], "b": [2.0], "a + b": [3.0]})
    with pytest.raises(ColumnError, match=r"'a \+ b'"):
        FeaturePlan([Candidate("add", ("a", "b"))]).fit(frame)


def test_a_plan_that_is_not_fitted_says_so():
    plan = FeaturePlan([Candidate("square", ("a",))])
    with pytest.raises(ValueError, match="not fitted"):
        plan.transform(FRAME)
    with pytest.raises(ValueError, match="not fitted"):
        plan.to_json()


def damaged(change) -> str:
    record = json.loads(FeaturePlan(ALL).fit(FRAME, Y).to_json())
    change(record)
    return json.dumps(record)


def of(record: dict, operator: str) -> dict:
    return next(f for f in record["features"] if f["candidate"]["operator"] == operator)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("bins"),
        lambda r: r.update(format=2),
        lambda r: r.update(labels=["a"]),
        lambda r: r["levels"].update(town=["Ulm", "Ulm"]),
        lambda r: r["levels"].update(town=["Ulm"]),
        lambda r: r["levels"].pop("town"),
        lambda r: r["crosses"].clear(),
        lambda r: r["crosses"][0].update(ids=[10**9]),
        lambda r: r["crosses"][0].update(columns=["town", "nowhere"]),
        lambda r: r["features"].append(r["features"][0]),
        lambda r: of(r, "frequency").update(numbers=[0.5]),
        lambda r: of(r, "target_mean").update(numbers=["x"]),
        lambda r: of(r, "target_mean").update(numbers=[1e999]),
        lambda r: of(r, "rank").update(numbers=[2.0, 1.0]),
        lambda r: of(r, "quantile_bin").update(numbers=[None]),
        lambda r: of(r, "group_rank").update(starts=[0, 10**9]),
        lambda r: of(r, "year").update(word="No/Zone"),
        lambda r: of(r, "elapsed").update(starts=[10**30]),
        lambda r: of(r, "square").update(starts=[1]),
        lambda r: of(r, "square")["candidate"].update(operator="exec"),
    ],
)
def test_a_damaged_plan_is_refused(change):
    with pytest.raises(ArtifactError):
        FeaturePlan.from_json(damaged(change))


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 99_999, '{"format": NaN}'])
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(ArtifactError):
        FeaturePlan.from_json(text)


def test_every_feature_tells_a_cost():
    features = FeaturePlan(ALL).fit(FRAME, Y).features

    assert min(feature.nanoseconds for feature in features) > 0
    assert max(feature.nanoseconds for feature in features) > 500


def test_features_tell_where_they_come_from_and_what_they_cost():
    plan = FeaturePlan([Candidate("group_mean", ("a", "town"), origin="rank 3")])
    [feature] = plan.fit(FRAME).features

    assert (feature.origin, feature.names) == ("rank 3", ("mean(a | town)",))
    assert feature.n_state_bytes == 8 * 5
