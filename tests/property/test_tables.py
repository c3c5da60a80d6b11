from datetime import date

import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from headstart.base import View
from headstart.tables import Schema, ViewEncoder, to_frame

VALUES = {
    "number": st.floats(allow_nan=False, width=32) | st.none(),
    "count": st.integers(-(2**40), 2**40) | st.none(),
    "flag": st.booleans() | st.none(),
    "word": st.text("abc é", max_size=3) | st.none(),
    "day": st.dates(date(1800, 1, 1), date(2200, 1, 1)) | st.none(),
}
TYPES = {
    "number": (pl.Float64, "float64"),
    "count": (pl.Int64, "Int64"),
    "flag": (pl.Boolean, "boolean"),
    "word": (pl.String, "str"),
    "day": (pl.Date, "datetime64[us]"),
}
rows = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=12)


def as_polars(records):
    schema = {name: dtype for name, (dtype, _) in TYPES.items()}
    return pl.DataFrame(records, schema=schema)


def as_pandas(records):
    columns = {
        name: pd.Series([r[name] for r in records], dtype=dtype)
        for name, (_, dtype) in TYPES.items()
    }
    return pd.DataFrame(columns)


def as_pandas_objects(records):
    return pd.DataFrame(
        {name: pd.Series([r[name] for r in records], dtype=object) for name in TYPES}
    )


def as_arrow(records):
    return pa.Table.from_pylist(
        records,
        pa.schema(
            {
                "number": pa.float64(),
                "count": pa.int64(),
                "flag": pa.bool_(),
                "word": pa.string(),
                "day": pa.date32(),
            }
        ),
    )


@given(rows)
def test_canonical_table_is_the_same_from_every_library(records):
    frame = to_frame(as_polars(records))
    schema = Schema.learn(frame)
    expected = schema.apply(frame)
    for given_table in (
        as_pandas(records),
        as_pandas_objects(records),
        as_arrow(records),
    ):
        other = to_frame(given_table)
        assert_frame_equal(schema.apply(other), expected)
        learnt = Schema.learn(other)
        assert learnt.features == schema.features
        assert_frame_equal(learnt.apply(other), expected)


@given(rows)
def test_text_of_a_table_gives_its_canonical_form_again(records):
    frame = to_frame(as_polars(records))
    schema = Schema.learn(frame)
    written = frame.select(pl.all().cast(pl.String))
    assert_frame_equal(schema.apply(written), schema.apply(frame))


@given(rows)
def test_json_keeps_a_schema(records):
    schema = Schema.learn(to_frame(as_polars(records)))
    assert Schema.from_json(schema.to_json()) == schema


@settings(deadline=None)
@given(rows, st.sampled_from(["scaled", "quantile"]))
def test_views_keep_the_order_of_numbers(records, numeric):
    frame = to_frame([{"a": r["number"]} for r in records] + [{"a": 0.5}, {"a": 1.5}])
    schema = Schema.learn(frame)
    canonical = schema.apply(frame)
    view = View(numeric=numeric, missing="native")
    encoded = ViewEncoder.fit(canonical, view, schema).transform(canonical).values[:, 0]
    table = pl.DataFrame({"a": canonical["a"], "b": encoded}).drop_nulls().sort("a")
    assert (table["b"].diff().drop_nulls() >= 0).all()
