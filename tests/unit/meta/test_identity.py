"""One table has one uid, and different tables have different ones."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from headstart import read_table
from headstart.base import TaskKind
from headstart.exceptions import ColumnError
from headstart.meta.identity import dataset_uid
from headstart.tables import to_frame

# From an implementation of the definition that shares no code with it.
EXPECTED = "6f89cbfb7d35edc295c838968cdb63c66e3374fd629698651f526b1c712440b5"


def uid(columns, target="y", kind=TaskKind.BINARY):
    frame = columns if isinstance(columns, pl.DataFrame) else pl.DataFrame(columns)
    return dataset_uid(frame, target, kind)


def test_a_csv_file_and_a_frame_of_categories_have_one_uid(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("size,colour,fits,y\n1.5,red,true,0\n,blue,false,1\n2,,true,0\n")
    from_arff = pd.DataFrame(
        {
            "size": [1.5, np.nan, 2.0],
            "colour": pd.Categorical(["red", "blue", None]),
            "fits": pd.Categorical([True, False, True], categories=[False, True]),
            "y": pd.Categorical(["0", "1", "0"], categories=["1", "0"]),
        }
    )
    assert uid(read_table(path)) == uid(to_frame(from_arff))


def test_the_type_of_numbers_does_not_count():
    values = [3, 0, 255]
    expected = uid({"a": values, "y": [0, 1, 0]})
    for dtype in (pl.UInt8, pl.Int16, pl.Float32, pl.String, pl.Decimal(8, 0)):
        frame = pl.DataFrame({"a": pl.Series(values).cast(dtype), "y": [0, 1, 0]})
        assert uid(frame) == expected


def test_minus_zero_is_zero():
    assert uid({"a": [-0.0], "y": [1]}) == uid({"a": [0.0], "y": [1]})


def test_nan_blank_and_null_are_all_missing():
    missing = uid({"a": [None, 1.0], "y": [0, 1]})
    assert uid({"a": [float("nan"), 1.0], "y": [0, 1]}) == missing
    assert uid({"a": ["  ", "1"], "y": [0, 1]}) == missing


def test_missing_is_not_zero():
    assert uid({"a": [None, 1.0], "y": [0, 1]}) != uid({"a": [0.0, 1.0], "y": [0, 1]})


def test_the_place_of_the_target_does_not_count():
    assert uid({"a": [1, 2], "y": [0, 1]}) == uid({"y": [0, 1], "a": [1, 2]})


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"a": [1, 2], "b": ["p", "r"], "y": [0, 1]}, id="a value"),
        pytest.param({"a": [2, 1], "b": ["q", "p"], "y": [1, 0]}, id="order of rows"),
        pytest.param({"b": ["p", "q"], "a": [1, 2], "y": [0, 1]}, id="of columns"),
        pytest.param({"A": [1, 2], "b": ["p", "q"], "y": [0, 1]}, id="a name"),
        pytest.param({"a": [1, 2], "y": [0, 1]}, id="a column less"),
        pytest.param({"a": [1, 2], "b": ["pq", ""], "y": [0, 1]}, id="borders"),
        pytest.param({"a": [1], "b": ["p"], "y": [0]}, id="a row less"),
    ],
)
def test_another_table_has_another_uid(other):
    assert uid(other) != uid({"a": [1, 2], "b": ["p", "q"], "y": [0, 1]})


def test_another_target_or_kind_has_another_uid():
    table = {"a": [0, 1], "y": [0, 1]}
    assert uid(table) != uid(table, target="a")
    assert uid(table) != uid(table, kind=TaskKind.REGRESSION)


def test_the_uid_of_a_version_never_changes():
    table = {"a": [1.5, None], "b": ["é", None], "y": ["no", "yes"]}
    assert uid(table) == EXPECTED


def test_dates_are_hashed_at_the_microsecond():
    moment = dt.datetime(2026, 1, 2, 3, 4, 5)
    frames = [
        pl.DataFrame({"a": pl.Series([moment]).cast(pl.Datetime(unit)), "y": [1]})
        for unit in ("ms", "us", "ns")
    ]
    assert len({uid(frame) for frame in frames}) == 1


def test_a_column_of_lists_is_refused_by_name():
    with pytest.raises(ColumnError, match=r"'a'.*List"):
        uid({"a": [[1], [2]], "y": [0, 1]})


def test_a_missing_target_is_named():
    with pytest.raises(ColumnError, match="no target column 'z'"):
        uid({"a": [1], "y": [1]}, target="z")
