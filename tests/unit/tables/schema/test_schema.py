import json
import re
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from headstart.exceptions import ArtifactError, ColumnError, TableError
from headstart.tables import OTHER_LEVEL, ColumnKind, Schema, Unseen, to_frame
from headstart.tables.read.reading import Reading


@pytest.fixture
def table():
    return pl.DataFrame(
        {
            "age": [31, 45, None, 22],
            "town": ["Ulm", "Bonn", "Ulm", None],
            "member": [True, False, True, True],
            "since": [date(2020, 1, 1), date(2020, 1, 3), None, date(2021, 6, 1)],
            "empty": pl.Series([None] * 4, dtype=pl.String),
            "one": [1, 1, 1, 1],
        }
    )


def test_canonical_table_has_numbers_and_levels_only(table):
    schema = Schema.learn(table)
    canonical = schema.apply(table)
    assert canonical.columns == list(schema.features)
    assert canonical.columns == [
        "age", "town", "member", "since.days", "since.year", "since.month", "since.day",
        "since.weekday",
    ]  # fmt: skip
    assert canonical["age"].to_list() == [31.0, 45.0, None, 22.0]
    assert canonical["town"].dtype == pl.Enum(["Bonn", "Ulm", OTHER_LEVEL])
    assert canonical["member"].to_list() == [1.0, 0.0, 1.0, 1.0]
    assert canonical["since.days"].to_list() == [0.0, 2.0, None, 517.0]
    assert canonical["since.weekday"].to_list() == [3.0, 5.0, None, 2.0]
    assert (schema.n_numeric, schema.n_categorical) == (7, 1)


def test_left_out_columns_say_why(table):
    dropped = {c.name: c.reason for c in Schema.learn(table).dropped}
    assert dropped == {"empty": "all values are missing", "one": "every value is 1"}


def test_columns_are_found_by_name_in_any_order(table):
    schema = Schema.learn(table)
    shuffled = table.select(reversed(table.columns)).with_columns(more=pl.lit(1))
    assert_frame_equal(schema.apply(shuffled), schema.apply(table))


def test_columns_that_were_left_out_may_be_missing(table):
    schema = Schema.learn(table)
    assert_frame_equal(schema.apply(table.drop("empty", "one")), schema.apply(table))


def test_missing_columns_are_named_with_the_near_spelling(table):
    schema = Schema.learn(table)
    with pytest.raises(ColumnError, match=r"lacks column 'town'.*is 'Town' meant"):
        schema.apply(table.rename({"town": "Town"}))
    with pytest.raises(ColumnError, match="lacks columns 'age', 'town'"):
        schema.apply(table.drop("age", "town"))


def test_unseen_levels_become_one_other_level_and_are_counted(table):
    schema = Schema.learn(table)
    new = table.with_columns(town=pl.Series(["Rom", "Ulm", "Pisa", None]))
    canonical, unseen = schema.apply_and_count(new)
    assert canonical["town"].to_list() == [OTHER_LEVEL, "Ulm", OTHER_LEVEL, None]
    assert unseen.counts == {"town": 2}
    assert not unseen.changes
    assert unseen.describe(4) == (
        "Values that the model does not know, in 4 rows: 'town' 2. New levels count as "
        "levels without training rows, values that cannot be read as missing."
    )


def test_a_stored_schema_has_no_level_of_the_name_for_others(table):
    text = Schema.learn(table).to_json().replace('"Ulm"', f'"{OTHER_LEVEL}"')
    with pytest.raises(ArtifactError, match="damaged at column 'town'"):
        Schema.from_json(text)


@pytest.mark.parametrize("n_rows", [1, 300])
def test_no_text_has_the_name_of_the_other_level(table, n_rows):
    schema = Schema.learn(pl.DataFrame({"c": ["other", OTHER_LEVEL, "u", "v"] * 2}))
    new = pl.DataFrame({"c": [OTHER_LEVEL] * n_rows})
    canonical, unseen = schema.apply_and_count(new)
    assert schema.column("c").levels == ("other", "u", "v")
    assert canonical["c"].to_list() == ["other"] * n_rows
    assert not unseen


def test_a_table_without_rows_has_the_types_of_a_canonical_one():
    frame = pl.DataFrame(
        {
            "code": [f"{deck}{i}" for deck in "AB" for i in range(10)],
            "weight": ["10 kg", "12 g", "14 kg", "9 g"] * 5,
        }
    )
    schema = Schema.learn(frame, {"code": "categorical"})
    assert schema.n_categorical == 3
    assert schema.without_rows().schema == schema.apply(frame).schema


def test_infinite_values_and_nan_become_missing():
    frame = pl.DataFrame({"a": [1.0, float("inf"), -float("inf"), float("nan"), 2.0]})
    schema = Schema.learn(frame)
    assert schema.apply(frame)["a"].to_list() == [1.0, None, None, None, 2.0]
    assert schema.column("a").n_missing == 3


def test_numbers_as_text_are_cast_at_predict(table):
    schema = Schema.learn(table)
    new = table.with_columns(age=pl.Series(["3.5", " 4 ", "?", None]))
    assert schema.apply(new)["age"].to_list() == [3.5, 4.0, None, None]


def test_text_in_a_numeric_column_is_missing_and_counted(table):
    schema = Schema.learn(table)
    new = table.with_columns(age=pl.Series(["3", None, "old", "n/a"]))
    canonical, unseen = schema.apply_and_count(new)
    assert canonical["age"].to_list() == [3.0, None, None, None]
    assert unseen.counts == {"age": 1}
    assert unseen.describe(4).endswith(
        "'age' held numbers in training and holds text now: 1 of 2 values were read."
    )


def test_a_value_is_read_the_same_way_alone_and_among_others(table):
    schema = Schema.learn(table)
    new = table.with_columns(age=pl.Series(["3", "old", "4", None]))
    whole, unseen = schema.apply_and_count(new)
    rows = [schema.apply_and_count(new[i]) for i in range(4)]
    assert pl.concat([row[0] for row in rows]).equals(whole)
    assert sum((row[1] for row in rows), start=Unseen()) == unseen


def test_a_changed_type_that_loses_nothing_is_reported_where_numbers_are_text(table):
    schema = Schema.learn(table)
    new = table.with_columns(
        age=pl.Series(["3", "4", "5", None]), since=pl.Series(["2020-01-02"] * 4)
    )
    canonical, unseen = schema.apply_and_count(new)
    assert canonical["age"].to_list() == [3.0, 4.0, 5.0, None]
    assert list(unseen.changes) == ["age"]
    assert "3 of 3 values were read" in unseen.describe(4)


def test_a_column_that_no_member_reads_may_be_missing(table):
    schema = replace(Schema.learn(table), unread=("age", "since"))
    again = Schema.from_json(schema.to_json())
    assert again == schema
    assert [c.name for c in again.needed] == ["town", "member"]
    whole = again.apply(table)
    part = again.apply(table.drop("age", "since"))
    assert part.columns == whole.columns
    assert part["age"].null_count() == part["since.days"].null_count() == table.height
    assert part["town"].equals(whole["town"])
    with pytest.raises(ColumnError, match="lacks column 'town'"):
        again.apply(table.drop("town"))


def test_stored_unread_columns_are_checked(table):
    record = json.loads(Schema.learn(table).to_json())
    for unread in (["nosuch"], "age", [1]):
        with pytest.raises(ArtifactError, match="unread"):
            Schema.from_json(json.dumps(record | {"unread": unread}))


def test_dates_in_a_numeric_column_are_refused(table):
    schema = Schema.learn(table)
    with pytest.raises(ColumnError, match=r"'age' must hold numbers. Got dates"):
        schema.apply(table.with_columns(age=pl.col("since")))


def test_numbers_in_a_date_column_are_refused(table):
    schema = Schema.learn(table)
    with pytest.raises(ColumnError, match=r"'since' must hold dates. Got Int64"):
        schema.apply(table.with_columns(since=pl.col("age")))


def test_text_in_a_date_column_is_read_as_dates_or_missing_and_counted(table):
    schema = Schema.learn(table)
    new = table.with_columns(since=pl.Series(["2020-01-02", None, "2020-01-01", ""]))
    assert schema.apply(new)["since.days"].to_list() == [1.0, None, 0.0, None]
    bad = table.with_columns(since=pl.Series([None, "soon", "later", "unknown"]))
    canonical, unread = schema.apply_and_count(bad)
    assert canonical["since.days"].to_list() == [None] * 4
    assert unread.counts == {"since": 2}
    assert "'since' held dates in training and holds text now" in unread.describe(4)


def test_booleans_may_come_as_words_or_numbers(table):
    schema = Schema.learn(table)
    for values in (["True", "no", "1", None], [1, 0, 1, None], [1.0, 0.0, 1.0, None]):
        new = table.with_columns(member=pl.Series(values))
        assert schema.apply(new)["member"].to_list() == [1.0, 0.0, 1.0, None]
    bad = table.with_columns(member=pl.Series(["yes", "maybe", "no", "no"]))
    canonical, unseen = schema.apply_and_count(bad)
    assert canonical["member"].to_list() == [1.0, None, 0.0, 0.0]
    assert unseen.counts == {"member": 1}


def test_column_without_values_is_all_missing_at_predict(table):
    schema = Schema.learn(table)
    nothing = table.with_columns(pl.lit(None).alias(c) for c in table.columns)
    canonical = schema.apply(nothing)
    assert canonical.null_count().row(0) == (4,) * canonical.width


def test_levels_meet_whatever_type_they_come_in():
    schema = Schema.learn(pl.DataFrame({"zip": [1, 2, 2]}), {"zip": "categorical"})
    for values in ([2, 1], [2.0, 1.0], ["2", " 1"], np.array([2, 1], dtype="i1")):
        assert schema.apply(to_frame({"zip": values}))["zip"].to_list() == ["2", "1"]
    categories = pd.DataFrame({"zip": pd.Categorical([2, 1])})
    assert schema.apply(to_frame(categories))["zip"].to_list() == ["2", "1"]


def test_one_row_is_read_as_in_training():
    frame = pl.DataFrame({"t": ["31/12/2020 10:30", "01/02/2021 00:00"]})
    schema = Schema.learn(frame)
    row = schema.apply(pl.DataFrame({"t": ["01/02/2021 12:45"]}))
    assert row["t.month"].item() == 2.0
    assert row["t.hour"].item() == 12.75


def test_times_of_another_zone_are_read_in_that_of_training():
    moments = pl.Series([datetime(2020, 7, 1, 10), datetime(2020, 8, 1, 11)])
    frame = pl.DataFrame({"t": moments.dt.replace_time_zone("Europe/Paris")})
    schema = Schema.learn(frame)
    other = frame.with_columns(pl.col("t").dt.convert_time_zone("UTC"))
    assert_frame_equal(schema.apply(other), schema.apply(frame))
    assert schema.apply(frame)["t.hour"].to_list() == [10.0, 11.0]


def test_declared_kinds_are_kept():
    frame = pl.DataFrame({"zip": ["1", "2", "3"], "a": [1, 2, 3]})
    schema = Schema.learn(frame, {"zip": "numeric", "a": ColumnKind.IDENTIFIER})
    assert schema.apply(frame).to_dict(as_series=False) == {"zip": [1.0, 2.0, 3.0]}
    assert schema.column("zip").reason == "declared by the user"


def test_declared_kind_that_does_not_fit_is_refused():
    frame = pl.DataFrame({"town": ["Ulm", "Bonn"]})
    with pytest.raises(ColumnError, match=r"'town' must hold numbers. Got 'Ulm'"):
        Schema.learn(frame, {"town": "numeric"})
    with pytest.raises(ColumnError, match="'town' must hold dates"):
        Schema.learn(frame, {"town": "datetime"})
    with pytest.raises(ColumnError, match="'town' must hold booleans"):
        Schema.learn(frame, {"town": "boolean"})


def test_wrong_overrides_offer_the_near_spelling(table):
    with pytest.raises(ColumnError, match="did you mean 'town'"):
        Schema.learn(table, {"twon": "categorical"})
    with pytest.raises(ColumnError, match="did you mean 'categorical'"):
        Schema.learn(table, {"town": "categoricle"})


def test_nested_columns_are_refused_unless_left_out():
    frame = pl.DataFrame({"v": [[[1]], [[3]]], "s": [{"k": 1}, {"k": 2}], "a": [1, 2]})
    with pytest.raises(ColumnError, match=r"'v' holds List\(List"):
        Schema.learn(frame)
    schema = Schema.learn(frame, {"v": "identifier", "s": "identifier"})
    assert schema.features == ("a",)


@pytest.mark.parametrize("name", ["*", "^x.*$"])
def test_names_that_stand_for_many_columns_are_refused(name):
    with pytest.raises(ColumnError, match=re.escape(repr(name))):
        Schema.learn(pl.DataFrame({"x1": [1.0, 2.0], name: [1.0, 2.0]}))


def test_a_column_may_have_the_empty_name():
    table = pd.DataFrame({"a": [1.0, 2.0], "": [3.0, 4.0], "words": ["x y", "z y"]})
    frame = to_frame(table)
    schema = Schema.learn(frame, {"words": "text"})
    assert schema.apply(to_frame(table[["", "a", "words"]])).columns[:2] == ["a", ""]


def test_a_text_column_may_have_the_empty_name():
    frame = pl.DataFrame({"a": [1.0, 2.0], "": ["some words", "other words"]})
    schema = Schema.learn(frame, {"": "text"})
    assert schema.read_texts(frame)[""].to_list() == ["some words", "other words"]


def test_tables_without_rows_or_columns_are_refused():
    with pytest.raises(TableError, match=r"0 sample\(s\)"):
        Schema.learn(pl.DataFrame({"a": []}))
    message = r"0 feature\(s\) \(shape=\(\d*, 0\)\) while a minimum of \d* is required."
    with pytest.raises(TableError, match=message):
        Schema.learn(pl.DataFrame())


def test_prediction_on_no_rows_gives_no_rows(table):
    schema = Schema.learn(table)
    assert schema.apply(table.head(0)).shape == (0, 8)


def test_identifier_is_used_where_there_is_nothing_else():
    frame = pl.DataFrame({"x0": range(50)})
    column = Schema.learn(frame).column("x0")
    assert column.kind == "numeric"
    assert "no other column" in column.reason


def test_table_of_constants_has_one_column_of_zeros():
    frame = pl.DataFrame({"a": [1, 1, 1]})
    schema = Schema.learn(frame)
    canonical = schema.apply(frame)
    assert canonical.rows() == [(0.0,)] * 3
    assert schema.n_numeric == 1


def test_thousand_levels_are_kept_and_the_most_frequent_of_too_many():
    few = pl.DataFrame({"c": [f"L{i % 1000}" for i in range(5000)]})
    assert len(Schema.learn(few).column("c").levels) == 1000
    many = [f"L{i}" for i in range(20_000)] * 2 + ["often"] * 9
    column = Schema.learn(pl.DataFrame({"c": many})).column("c")
    assert len(column.levels) == 10_000
    assert "often" in column.levels


def test_features_of_two_columns_with_one_name_are_refused():
    frame = pl.DataFrame({"d": [date(2020, 1, 1), date(2021, 1, 1)], "d.year": [1, 2]})
    with pytest.raises(ColumnError, match=r"'d' and 'd.year'"):
        Schema.learn(frame)


def test_json_gives_the_same_schema(table):
    schema = Schema.learn(table)
    again = Schema.from_json(schema.to_json())
    assert again == schema
    assert_frame_equal(again.apply(table), schema.apply(table))


def damaged(schema, change):
    record = json.loads(schema.to_json())
    change(record)
    return json.dumps(record)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(format=99),
        lambda r: r.pop("columns"),
        lambda r: r["columns"].append(r["columns"][0]),
        lambda r: r["columns"][0].update(kind="odd"),
        lambda r: r["columns"][0].update(name=3),
        lambda r: r["columns"][0].update(extra=3),
        lambda r: r["columns"][0].update(start=True),
        lambda r: r["columns"][0].update(start=2**70),
        lambda r: r["columns"][1].update(levels=["a", "a"]),
        lambda r: r["columns"][1].update(levels="ab"),
        lambda r: r["columns"][3].update(parts=["century"]),
        lambda r: r["columns"][3].update(parts=["days", "days"]),
        lambda r: r["columns"][3].update(form="%Q"),
        lambda r: r["columns"][3].update(formats=["%Q"]),
        lambda r: r["columns"][3].update(formats=["%H:%M"]),
        lambda r: r["columns"][1].update(formats=["%Y-%m-%d"]),
        lambda r: r.update(reading={"decimal": "x"}),
        lambda r: r.update(reading={"nosuch": 1}),
        lambda r: r["columns"][3].update(zone="Europe/Atlantis"),
        lambda r: r["columns"].insert(0, []),
    ],
)
def test_damaged_json_is_refused(table, change):
    with pytest.raises(ArtifactError):
        Schema.from_json(damaged(Schema.learn(table), change))


@pytest.mark.parametrize("text", ["", "{", "3", "[" * 100_000])
def test_what_is_no_schema_is_refused(text):
    with pytest.raises(ArtifactError):
        Schema.from_json(text)


def test_a_canonical_table_without_rows_has_the_names_and_types_of_any_other():
    n = 60
    table = pl.DataFrame(
        {
            "number": [float(i) for i in range(n)],
            "size": [f"{i % 7}.5 {'km' if i % 2 else 'm'}" for i in range(n)],
            "code": [f"{'ABC'[i % 3]}{i % 20}" for i in range(n)],
            "day": [f"2021-{i % 12 + 1:02d}-{i % 28 + 1:02d}" for i in range(n)],
            "yes": [i % 2 == 0 for i in range(n)],
            "words": [
                f"some words of a text {i} that is long {i * i}" for i in range(n)
            ],
            "items": [["a", "b"] if i % 2 else ["c"] for i in range(n)],
            "constant": ["x"] * n,
        }
    )
    schema = Schema.learn(table)

    empty = schema.without_rows()

    canonical = schema.apply(table).hstack(schema.read_texts(table))
    assert schema.texts
    assert empty.height == 0
    assert list(empty.schema.items()) == list(canonical.schema.items())


def test_a_table_of_nothing_usable_has_its_column_without_rows():
    schema = Schema.learn(pl.DataFrame({"a": [1] * 20}))

    assert schema.without_rows().schema == schema.apply(pl.DataFrame({"a": [1]})).schema


def test_numbers_beside_a_word_are_read_by_the_marks_of_the_training_file():
    table = pl.DataFrame({"x": [0.5, 2.25, 1234.0], "n": [1, 2, 5]})
    german = Schema.learn(table).read_by(Reading.of(decimal=","))
    rows = pl.DataFrame({"x": ["0,5", "viel", "1.234,25", None], "n": ["1"] * 4})

    canonical, unseen = german.apply_and_count(rows)

    assert canonical["x"].to_list() == [0.5, None, 1234.25, None]
    assert canonical["n"].to_list() == [1.0] * 4
    assert unseen.counts == {"x": 1}
    grouped = Schema.learn(table).read_by(Reading.of(thousands=","))
    assert grouped.apply(pl.DataFrame({"x": ["1,234.5", "x"], "n": [1, 2]}))[
        "x"
    ].to_list() == [1234.5, None]
    with pytest.raises(ColumnError, match="dates"):
        german.apply(pl.DataFrame({"x": [date(2020, 1, 1)], "n": [1]}))


def test_a_schema_of_a_file_with_decimal_commas_is_stored_and_described():
    schema = Schema.learn(pl.DataFrame({"x": [0.5, 2.25]}))
    german = schema.read_by(Reading.of(decimal=","))

    assert Schema.from_json(german.to_json()) == german
    steps = [column.steps for column in german.columns]
    assert steps == [column.steps for column in schema.columns]
