import gzip

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from headstart import read_table
from headstart.exceptions import ColumnError, HeadstartWarning, TableError
from headstart.tables import to_frame

PLAIN = "a,b\n1,x\n2,y\n"
EXPECTED = {"a": [1, 2], "b": ["x", "y"]}


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found(tmp_path, separator):
    path = write(tmp_path, "t.csv", PLAIN.replace(",", separator))
    assert to_frame(path).to_dict(as_series=False) == EXPECTED


def test_separator_inside_quotes_is_not_one(tmp_path):
    path = write(tmp_path, "t.csv", 'a;b\n"1,5,6";x\n"2,7,8";y\n')
    assert read_table(path).columns == ["a", "b"]


def test_commas_of_decimals_are_read_between_semicolons(tmp_path):
    path = write(tmp_path, "t.csv", "a;b\n1,5;x\n2,25;y\n")
    assert read_table(path)["a"].to_list() == [1.5, 2.25]


def test_path_may_be_text_and_gzipped(tmp_path):
    path = write(tmp_path, "t.csv.gz", gzip.compress(PLAIN.encode()))
    assert to_frame(str(path)).to_dict(as_series=False) == EXPECTED


def test_cut_off_gzip_is_refused(tmp_path):
    path = write(tmp_path, "t.csv.gz", gzip.compress(PLAIN.encode() * 100)[:-20])
    with pytest.raises(TableError, match="not a whole gzip file"):
        read_table(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_is_not_part_of_a_name(tmp_path, encoding):
    path = write(tmp_path, "t.csv", PLAIN.encode(encoding))
    assert read_table(path).to_dict(as_series=False) == EXPECTED


def test_other_encodings_are_read_with_a_warning_that_names_the_line(tmp_path):
    path = write(tmp_path, "t.csv", "a,b\n1,x\n2,Größe\n".encode("latin-1"))
    with pytest.warns(HeadstartWarning, match=r"not UTF-8 \(line 3\)"):
        frame = read_table(path)
    assert frame["b"].to_list() == ["x", "Größe"]


def test_usual_words_for_missing_are_missing(tmp_path):
    path = write(tmp_path, "t.csv", "a,b\n1,x\nNA,?\n,null\n")
    assert read_table(path).to_dict(as_series=False) == {
        "a": [1, None, None],
        "b": ["x", None, None],
    }


def test_single_column_is_read(tmp_path):
    path = write(tmp_path, "t.csv", "a\n1\n2\n")
    assert read_table(path).to_dict(as_series=False) == {"a": [1, 2]}


def test_blank_lines_are_skipped(tmp_path):
    path = write(tmp_path, "t.csv", "\na,b\n1,x\n\n2,y\n\n")
    assert read_table(path).to_dict(as_series=False) == EXPECTED


def test_windows_line_ends_are_read(tmp_path):
    path = write(tmp_path, "t.csv", PLAIN.replace("\n", "\r\n"))
    assert read_table(path).to_dict(as_series=False) == EXPECTED


def test_late_text_in_a_column_of_numbers_makes_it_text(tmp_path):
    lines = ["a,b"] + ["1,2"] * 12_000 + ["x,2"]
    frame = read_table(write(tmp_path, "t.csv", "\n".join(lines)))
    assert frame["a"].dtype == pl.String
    assert frame["b"].dtype == pl.Int64
    assert frame.height == 12_001


def test_quotes_and_line_ends_inside_fields_are_kept(tmp_path):
    path = write(tmp_path, "t.csv", 'a,b\n1,"x ""y"",\nz"\n2,5" pipe\n')
    assert read_table(path)["b"].to_list() == ['x "y",\nz', '5" pipe']


def test_columns_without_a_name_are_called_by_their_place(tmp_path):
    path = write(tmp_path, "t.csv", ",a,\n1,2,3\n")
    assert read_table(path).columns == ["column_1", "a", "column_3"]


def test_doubled_names_are_refused(tmp_path):
    path = write(tmp_path, "t.csv", "a,b,a\n1,2,3\n")
    with pytest.raises(ColumnError, match="more than one column named 'a'"):
        read_table(path)


@pytest.mark.parametrize("row", ["5,y,7", "5"])
def test_row_of_wrong_length_names_the_line(tmp_path, row):
    path = write(tmp_path, "t.csv", f"a,b\n1,x\n{row}\n2,y\n")
    with pytest.raises(TableError, match=r"Line 3 of t.csv has \d fields. Expected 2"):
        read_table(path)


def test_quote_left_open_names_the_line(tmp_path):
    path = write(tmp_path, "t.csv", 'a,b\n1,x\n2,"y\n3,z\n')
    with pytest.raises(TableError, match=r"Line 3 of t.csv is malformed"):
        read_table(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_empty_file_is_refused(tmp_path, content):
    with pytest.raises(TableError, match=r"t.csv is empty"):
        read_table(write(tmp_path, "t.csv", content))


def test_header_alone_is_a_table_without_rows(tmp_path):
    assert read_table(write(tmp_path, "t.csv", "a,b\n")).shape == (0, 2)


def test_binary_file_called_csv_is_refused(tmp_path):
    with pytest.raises(TableError, match="not text"):
        read_table(write(tmp_path, "t.csv", b"\x00\x01\x02,\n"))


def test_absent_file_offers_the_near_name(tmp_path):
    write(tmp_path, "churn.csv", PLAIN)
    with pytest.raises(TableError, match=r"did you mean 'churn.csv'"):
        read_table(tmp_path / "chrun.csv")


def test_folder_is_refused(tmp_path):
    with pytest.raises(TableError, match="is a folder"):
        read_table(tmp_path)


def test_unknown_ending_says_which_are_known(tmp_path):
    with pytest.raises(TableError, match=r"ends in '\.doc'.*\.parquet.*\.xlsx.*pass"):
        read_table(write(tmp_path, "t.doc", b"PK"))


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_columnar_files_are_read(tmp_path, ending):
    frame = pl.DataFrame(EXPECTED)
    path = tmp_path / f"t.{ending}"
    frame.write_parquet(path) if ending == "parquet" else frame.write_ipc(path)
    assert_frame_equal(read_table(path), frame)


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_damaged_columnar_files_are_refused(tmp_path, ending):
    path = write(tmp_path, f"t.{ending}", b"no such thing, and long enough to try")
    with pytest.raises(TableError, match=f"not a whole {ending} file"):
        read_table(path)
