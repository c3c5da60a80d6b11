"""Sheets of workbooks, as Excel writes them."""

import builtins
import datetime as dt
import subprocess
import sys
import warnings

import polars as pl
import pytest
from tests.workbooks import Date, Error, Time, write_workbook

from headstart import read_table
from headstart.exceptions import ColumnError, HeadstartWarning, TableError
from headstart.tables import Reading, Schema, to_frame, to_table
from headstart.tables.read.batches import read_batches

pytest.importorskip("python_calamine", reason="needs the package python-calamine")

ROWS = [
    ["id", "price", "since", "at", "code", "vip", "note"],
    [1, 2.5, Date(44197), Time(0.5), "01", True, "ok"],
    [2, Error("#DIV/0!"), Date(44198.75), Time(0.25), "02", False, "NA"],
    [3, -1, Date(44199), None, "10", None, "a,b"],
]


@pytest.fixture
def write(tmp_path):
    def write(**sheets):
        return write_workbook(tmp_path / "t.xlsx", sheets)

    return write


def test_cells_keep_their_types(write):
    frame = read_table(write(Data=ROWS))
    assert frame.schema == {
        "id": pl.Int64, "price": pl.Float64, "since": pl.Datetime("us"), "at": pl.Time,
        "code": pl.String, "vip": pl.Boolean, "note": pl.String,
    }  # fmt: skip
    assert frame.rows() == [
        (1, 2.5, dt.datetime(2021, 1, 1), dt.time(12), "01", True, "ok"),
        (2, None, dt.datetime(2021, 1, 2, 18), dt.time(6), "02", False, None),
        (3, -1.0, dt.datetime(2021, 1, 3), None, "10", None, "a,b"),
    ]


def test_the_first_sheet_with_a_table_is_read_and_named(write):
    path = write(Cover=[["Report of 2021"], ["by me"]], Data=ROWS, Empty=[])
    with pytest.warns(HeadstartWarning, match="'Data' is read, not 'Cover'.*sheet='Co"):
        frame = read_table(path)
    assert frame.height == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_table(path, sheet="Data").equals(frame)
    with pytest.raises(TableError, match=r"no sheet 'data'. It has 'Cover', 'Da"):
        read_table(path, sheet="data")


def test_a_hidden_sheet_is_read_only_if_no_other_has_data(tmp_path):
    path = tmp_path / "t.xlsx"
    write_workbook(path, {"Lists": [["a", "b"], [9, 9]], "Data": ROWS}, {"Lists"})
    assert read_table(path).columns == ROWS[0]
    write_workbook(path, {"Lists": [["a", "b"], [9, 8]], "Data": []}, {"Lists"})
    assert read_table(path).rows() == [(9, 8)]


def test_titles_blank_rows_and_totals_are_left_out_of_training(write):
    total = ["Total", 4, None, None, None, None, None]
    path = write(Data=[["Sales"], [], *ROWS, [], total])
    with pytest.warns(HeadstartWarning) as warned:
        frame = read_table(path)
    assert frame.columns == ROWS[0]
    assert frame["id"].to_list() == [1, 2, 3]
    words = " ".join(str(w.message) for w in warned)
    assert "The first 1 filled rows of sheet 'Data'" in words
    assert "holds totals ('Total')" in words


def test_each_row_has_a_prediction(write):
    path = write(Data=[*ROWS, ["Total", 4, None, None, None, None, None]])
    [batch] = read_batches(path)
    assert batch.height == 4
    assert batch.columns == ROWS[0]


def test_a_table_may_begin_anywhere(write):
    rows = [[None] * 8, *([None, *row] for row in ROWS)]
    assert read_table(write(Data=rows)).equals(read_table(write(Data=ROWS)))


def test_numbers_among_dates_are_days(write):
    cells = [Date(44197), 44198, 44199.5, Date(44200), None]
    frame = read_table(write(Data=[["d", "x"], *([c, i] for i, c in enumerate(cells))]))
    assert frame["d"].to_list() == [
        dt.datetime(2021, 1, 1), dt.datetime(2021, 1, 2), dt.datetime(2021, 1, 3, 12),
        dt.datetime(2021, 1, 4), None,
    ]  # fmt: skip


def test_words_among_dates_leave_them_dates(write):
    cells = [Date(44197 + i) for i in range(40)]
    cells[0] = "unknown"
    frame = read_table(
        write(Data=[["d", "x"], *([c, i % 7] for i, c in enumerate(cells))])
    )
    column = Schema.learn(frame).columns[0]
    assert str(column.kind) == "datetime"
    assert column.n_missing == 1


def test_options_are_heard(write):
    rows = [["made by SAP", "x", "y"], ["a", "b", "c"], [1, "none", 2], ["-", 5.5, 3]]
    frame = read_table(write(Data=rows), skip_rows=1, na_values=["none", "-"])
    assert frame.rows() == [(1, None, 2), (None, 5.5, 3)]
    with pytest.warns(HeadstartWarning, match="holds values, not names"):
        bare = read_table(write(Data=[[1.5, "u"], [2.5, "v"]]))
    assert bare.columns == ["column_1", "column_2"]
    assert read_table(write(Data=[[1.5, "u"], [2.5, "v"]]), header=True).columns == [
        "1.5",
        "u",
    ]


def test_years_above_columns_are_names(write):
    frame = read_table(write(Data=[["town", 2019, 2020], ["Ulm", 1, 2]]))
    assert frame.columns == ["town", "2019", "2020"]


def test_a_workbook_and_a_csv_of_one_table_have_the_same_kinds(write, tmp_path):
    n = 60
    header = ["code", "size", "town", "flag", "when"]
    rows = [
        [f"{i % 9:03d}", i / 4, "Ulm" if i % 3 else "Bonn", i % 2 == 0, Date(44000 + i)]
        for i in range(n)
    ]
    sheet = read_table(write(Data=[header, *rows]))
    sheet.write_csv(tmp_path / "t.csv")
    kinds = [
        [(c.name, str(c.kind)) for c in Schema.learn(table).columns]
        for table in (sheet, read_table(tmp_path / "t.csv"))
    ]
    assert kinds[0] == kinds[1]


def test_a_sheet_that_was_named_is_read_again_at_predict(write):
    path = write(Old=[["a", "b"], [9, 9]], Data=ROWS)
    frame, reading = to_table(path, reading=Reading.of(sheet="Data"))
    assert reading.sheet == "Data"
    assert next(iter(read_batches(path, reading=reading))).equals(frame)


def test_damage_is_told_in_words(tmp_path, write):
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(TableError, match=r"bad\.xlsx is not a whole workbook"):
        to_frame(tmp_path / "bad.xlsx")
    with pytest.raises(TableError, match="no sheet has data"):
        to_frame(write(Data=[], More=[[None, None]]))
    with pytest.raises(ColumnError, match=r"sheet 'Data' of t\.xlsx.*named 'a'"):
        to_frame(write(Data=[["a", "a"], [1, 2]]))


def test_without_the_reader_the_error_says_what_to_install(write, monkeypatch):
    path, real = write(Data=ROWS), builtins.__import__

    def without(name, *arguments):
        if name == "python_calamine":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TableError, match=r"pip install 'headstart\[excel\]'"):
        to_frame(path)


def test_importing_headstart_does_not_import_the_reader():
    code = "import sys, headstart.tables; print('python_calamine' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
