import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

from headstart.exceptions import ColumnError, TableError
from headstart.tables import feature_names, split_target, to_frame, to_frame_like
from headstart.tables.read import from_numpy as from_numpy_module


@pytest.mark.parametrize(
    "data",
    [
        pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
        pl.LazyFrame({"a": [1, 2], "b": ["x", None]}),
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=[5, 3]),
        pa.table({"a": [1, 2], "b": ["x", None]}),
        pa.record_batch({"a": [1, 2], "b": ["x", None]}),
        {"a": [1, 2], "b": ["x", None]},
        {"a": np.array([1, 2]), "b": pd.Series(["x", None])},
        [{"a": 1, "b": "x"}, {"a": 2}],
    ],
    ids=lambda data: f"{type(data).__module__}.{type(data).__name__}",
)
def test_every_kind_of_table_gives_the_same_frame(data):
    frame = to_frame(data)
    assert frame.to_dict(as_series=False) == {"a": [1, 2], "b": ["x", None]}
    assert frame.schema == {"a": pl.Int64, "b": pl.String}


def test_matrix_columns_are_called_x0_and_so_on():
    assert to_frame(np.zeros((2, 3))).columns == ["x0", "x1", "x2"]


def test_matrix_takes_the_names_it_is_given():
    assert to_frame(np.zeros((2, 2)), names=["a", "b"]).columns == ["a", "b"]
    assert to_frame([[1, "u"], [2, "v"]], names=["a", "b"]).columns == ["a", "b"]


@pytest.mark.parametrize("data", [np.zeros((2, 3)), [[1, 2, 3]], [["a", "b", "c"]]])
def test_matrix_of_other_width_than_its_names_is_refused(data):
    with pytest.raises(
        TableError, match=r"X has 3 features, but headstart is expecting 2"
    ):
        to_frame(data, names=["a", "b"])


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_matrix_class_of_numpy_is_a_table():
    assert to_frame(np.matrix([[1, 2], [3, 4]])).rows() == [(1, 2), (3, 4)]


def test_structured_array_has_its_fields_as_columns():
    records = np.array([(1, "u"), (2, "v")], dtype=[("n", "i4"), ("s", "U3")])
    assert to_frame(records).to_dict(as_series=False) == {"n": [1, 2], "s": ["u", "v"]}


def test_masked_entries_are_missing():
    matrix = np.ma.masked_equal(np.array([[1, 2], [3, 4]]), 3)
    assert to_frame(matrix)["x0"].to_list() == [1, None]


def test_sparse_matrix_becomes_dense():
    matrix = scipy.sparse.csr_array(np.array([[0.0, 2.0], [1.0, 0.0]]))
    assert to_frame(matrix).rows() == [(0.0, 2.0), (1.0, 0.0)]


def test_sparse_matrix_too_large_names_the_bytes(monkeypatch):
    monkeypatch.setattr(from_numpy_module.capacity, "available_memory", lambda: 1000)
    matrix = scipy.sparse.csr_array((100, 10))
    with pytest.raises(TableError, match="8,000 bytes"):
        to_frame(matrix)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (">f8", pl.Float64),
        ("f2", pl.Float64),
        ("g", pl.Float64),
        ("i2", pl.Int16),
        ("?", pl.Boolean),
        ("M8[s]", pl.Datetime("us")),
        ("M8[M]", pl.Datetime("us")),
        ("m8[h]", pl.Duration("us")),
    ],
)
def test_numpy_types_are_kept_or_widened(dtype, expected):
    frame = to_frame({"a": np.array([0, 1]).astype(dtype)})
    assert frame["a"].dtype == expected
    assert frame["a"].null_count() == 0


def test_object_matrix_gives_each_column_its_own_type():
    matrix = np.array([[1, "u", True, None], [2.5, "v", None, None]], dtype=object)
    frame = to_frame(matrix)
    assert frame.dtypes == [pl.Float64, pl.String, pl.Boolean, pl.Null]
    assert frame.row(1) == (2.5, "v", None, None)


def test_numbers_among_strings_become_strings_and_nan_is_missing():
    frame = to_frame(pd.DataFrame({"a": [1, "x", 2.0, 2.5, float("nan"), True]}))
    assert frame["a"].to_list() == ["1", "x", "2", "2.5", None, "True"]


def test_decimals_and_integers_become_floats():
    column = to_frame({"a": [Decimal("1.5"), 2, None]})["a"]
    assert column.dtype == pl.Float64
    assert column.to_list() == [1.5, 2.0, None]


def test_integers_beyond_64_bits_become_floats():
    assert to_frame({"a": [2**70, 1]})["a"].to_list() == [2.0**70, 1.0]


def test_complex_numbers_are_refused():
    with pytest.raises(ColumnError, match="Complex data not supported: column 'x1'"):
        to_frame(np.array([[1, 2j]], dtype=object))
    with pytest.raises(ValueError, match="Complex data not supported"):
        to_frame(np.zeros((2, 2), dtype=complex))


@pytest.mark.parametrize(
    "data", [np.zeros(3), np.zeros((2, 2, 2)), pd.Series([1]), pl.Series([1]), 3, None]
)
def test_what_has_not_two_dimensions_is_refused(data):
    with pytest.raises(TableError, match="Reshape your data"):
        to_frame(data)


def test_ragged_rows_name_the_row():
    with pytest.raises(TableError, match="Got 1 values in row 2"):
        to_frame([[1, 2], [3, 4], [5]])


def test_columns_of_different_length_are_named():
    with pytest.raises(TableError, match="1 rows in column 'a' and 2 in column 'b'"):
        to_frame({"a": [1], "b": [1, 2]})


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame([[1, 2]], columns=["1", 1]),
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
        {"1": [1], 1: [2]},
    ],
)
def test_doubled_names_are_refused(data):
    with pytest.raises(ColumnError, match=r"named '[a1]'"):
        to_frame(data)


def test_names_that_are_no_strings_become_strings():
    frame = to_frame(pd.DataFrame([[1, 2, 3]], columns=[0, ("a", "b"), None]))
    assert frame.columns == ["0", "('a', 'b')", "None"]


def test_pandas_extension_types_keep_values_and_missing():
    table = pd.DataFrame(
        {
            "int": pd.array([1, None], dtype="Int64"),
            "float": pd.array([1.5, None], dtype="Float32"),
            "bool": pd.array([True, None], dtype="boolean"),
            "arrow_string": pd.array(["x", None], dtype="string[pyarrow]"),
            "python_string": pd.array(["x", None], dtype="string[python]"),
            "arrow_int": pd.array([1, None], dtype="int64[pyarrow]"),
            "category": pd.Categorical([7, None], categories=[8, 7]),
            "sparse": pd.arrays.SparseArray([0.0, np.nan]),
            "period": pd.PeriodIndex(["2020-01", None], freq="M"),
            "delta": pd.to_timedelta([1, None], unit="s"),
            "interval": pd.arrays.IntervalArray.from_tuples([(0, 1), None]),
        }
    )
    frame = to_frame(table)
    assert [str(t).split("(")[0] for t in frame.dtypes] == [
        "Int64", "Float32", "Boolean", "String", "String", "Int64", "Enum", "Float64",
        "Datetime", "Duration", "String",
    ]  # fmt: skip
    assert frame["category"].to_list() == ["7", None]
    missing = frame.with_columns(pl.selectors.float().fill_nan(None)).row(1)
    assert missing == (None,) * 11


def test_pandas_times_keep_their_zone():
    moments = pd.to_datetime(["2020-07-01 12:00", None]).tz_localize("Europe/Paris")
    column = to_frame(pd.DataFrame({"t": moments}))["t"]
    assert column.dtype.time_zone == "Europe/Paris"
    assert column.dt.hour().to_list() == [12, None]


def test_pandas_categories_that_read_the_same_are_refused():
    frame = pd.DataFrame({"c": pd.Categorical([1, "1"], categories=[1, "1"])})
    with pytest.raises(ColumnError, match="'1'"):
        to_frame(frame)


def test_pandas_objects_of_dates_become_datetimes():
    days = [pd.Timestamp("2020-01-02").date(), pd.NaT, None]
    column = to_frame(pd.DataFrame({"d": pd.Series(days, dtype=object)}))["d"]
    assert column.dtype == pl.Date
    assert column.null_count() == 2


def test_empty_tables_are_converted():
    assert to_frame(np.zeros((0, 3))).shape == (0, 3)
    assert to_frame(np.zeros((3, 0))).width == 0
    assert to_frame(pd.DataFrame()).shape == (0, 0)
    assert to_frame(pd.DataFrame({"a": []})).shape == (0, 1)
    assert to_frame({}).shape == (0, 0)


def test_feature_names_are_those_the_data_brings():
    table = {"a": [1], "b": [2]}
    assert feature_names(pl.DataFrame(table)) == ("a", "b")
    assert feature_names(pl.LazyFrame(table)) == ("a", "b")
    assert feature_names(pd.DataFrame(table)) == ("a", "b")
    assert feature_names(pa.table(table)) == ("a", "b")
    assert feature_names(table) == ("a", "b")
    assert feature_names(np.zeros((1, 2))) is None
    assert feature_names(pd.DataFrame([[1]])) is None
    assert feature_names([[1]]) is None


def test_data_without_names_is_matched_by_position():
    frame = to_frame_like(np.array([[1, 2]]), ["b", "a"])
    assert frame.to_dict(as_series=False) == {"b": [1], "a": [2]}


def test_names_are_matched_by_position_where_training_had_none():
    table = pl.DataFrame({"b": [1], "a": [2]})
    assert to_frame_like(table, ["x0", "x1"]).columns == ["x0", "x1"]
    assert to_frame_like(table, ["x0", "x1", "x2"]).columns == ["b", "a"]
    assert to_frame_like(table, ["a", "b"]).columns == ["b", "a"]
    swapped = pl.DataFrame({"x1": [1], "x0": [2]})
    assert to_frame_like(swapped, ["x0", "x1"]).columns == ["x1", "x0"]


def test_target_is_split_off():
    X, y = split_target(pl.DataFrame({"a": [1], "y": [2]}), "y")
    assert X.columns == ["a"]
    assert y.to_list() == [2]


def test_absent_target_offers_the_near_name():
    with pytest.raises(ColumnError, match="did you mean 'price'"):
        split_target(pl.DataFrame({"price": [1], "size": [2]}), "prise")


def test_pandas_is_not_imported_unless_the_user_did():
    script = (
        "import sys, numpy as np\n"
        "from headstart.base import View\n"
        "from headstart.tables import *\n"
        "frame = to_frame({'a': np.arange(9.0), 'b': list('xyzxyzxyz')})\n"
        "schema = Schema.learn(frame)\n"
        "table = schema.apply(frame)\n"
        "ViewEncoder.fit(table, View(), schema).transform(table)\n"
        "TargetEncoder.learn(list('ababababa'))\n"
        "print({'pandas', 'pyarrow', 'sklearn', 'scipy'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_column_of_another_role_is_called_by_it_when_it_is_not_there():
    with pytest.raises(ColumnError, match="no weight column 'nosuch'"):
        split_target(pl.DataFrame({"price": [1]}), "nosuch", "weight")
