"""Text files as programs export them."""

import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
import zipfile

import numpy as np
import polars as pl
import pytest

from headstart import read_table
from headstart.exceptions import HeadstartWarning, TableError
from headstart.tables import Schema, to_frame
from headstart.tables.read.batches import read_batches
from headstart.tables.read.reading import Reading

ROWS = range(20)


@pytest.fixture
def read(tmp_path):
    def read_text(text, **options):
        path = tmp_path / "t.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        whole = read_table(path, **options)
        reading = Reading.of(**options)
        batches = list(read_batches(path, (), 64, reading))
        assert sum(b.height for b in batches) == whole.height
        assert batches[0].columns == whole.columns
        return whole

    return read_text


def lines(header, row, n=20):
    return header + "\n" + "".join(row(i) + "\n" for i in range(n))


def test_a_blank_before_a_quote_is_no_part_of_a_field(read):
    text = lines('x, "name, full", y', lambda i: f'{i}, "Doe, J{i}", {i % 2}')
    frame = read(text)
    assert frame.columns == ["x", "name, full", "y"]
    assert frame.row(1) == (1, "Doe, J1", 1)


def test_a_blank_behind_each_separator_is_no_part_of_a_field(read):
    frame = read(lines("x, y", lambda i: f"{i}, {'>50K' if i % 2 else '<=50K'}"))
    assert frame["y"].to_list()[:2] == ["<=50K", ">50K"]


def test_excel_says_its_separator_in_a_line_of_its_own(read):
    frame = read("sep=;\n" + lines("x;k", lambda i: f"{i};{2 * i}"))
    assert frame.columns == ["x", "k"]
    assert frame["k"].to_list() == [2 * i for i in ROWS]


@pytest.mark.parametrize("head", ["# exported by me\n", "#\n# a, b, c, d, e\n\n"])
def test_comments_above_the_header_are_skipped(read, head):
    frame = read(head + lines("x,k,y", lambda i: f"{i},{2 * i},z"))
    assert frame.columns == ["x", "k", "y"]
    assert frame.height == 20


def test_a_header_may_have_a_mark_of_comments(read):
    assert read(lines("#x,k", lambda i: f"{i},{2 * i}")).columns == ["x", "k"]


@pytest.mark.parametrize("title", ["Report of 2021\n", "Report,,\n,,\n", "Report\n\n"])
def test_titles_above_the_header_are_left_out_with_a_warning(read, title):
    with pytest.warns(HeadstartWarning, match="are not part of the table"):
        frame = read(title + lines("x,k,y", lambda i: f"{i},{2 * i},z"))
    assert frame.columns == ["x", "k", "y"]
    assert frame["x"].to_list() == list(ROWS)


def test_commas_behind_each_row_are_no_column(read):
    frame = read(lines("x,k", lambda i: f"{i},{2 * i},"))
    assert frame.columns == ["x", "k"]
    assert frame["k"].to_list() == [2 * i for i in ROWS]


@pytest.mark.parametrize("gap", ["  ", "\t ", " "])
def test_blanks_may_separate(read, gap):
    frame = read(lines(f"x{gap}k{gap}y", lambda i: f" {i}{gap}{2 * i}.5{gap}ab"))
    assert frame.columns == ["x", "k", "y"]
    assert frame["k"].to_list() == [2 * i + 0.5 for i in ROWS]


def test_names_of_rows_as_r_writes_them_are_no_shift(read):
    frame = read(lines('"a","b"', lambda i: f'"r{i}",{i},{i / 4}'))
    assert frame.columns == ["column_1", "a", "b"]
    assert frame["a"].to_list() == list(ROWS)


@pytest.mark.parametrize(
    "row", [lambda i: f"{i / 4 + 0.1},{i},x{i % 3}", lambda i: f"5,{i % 3},5,{i % 3}"]
)
def test_a_first_row_of_values_is_no_header(read, row):
    with pytest.warns(HeadstartWarning, match="has values, not names"):
        frame = read("".join(row(i) + "\n" for i in range(3, 23)))
    assert frame.columns[0] == "column_1"
    assert frame.height == 20


def test_years_may_be_names(read):
    frame = read(lines("2019,2020,2021", lambda i: f"{i},{i},{i}"))
    assert frame.columns == ["2019", "2020", "2021"]


def test_a_row_of_totals_is_left_out_when_a_model_is_trained(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(lines("town,n", lambda i: f"t{i},{i}") + "Total,190\n")
    with pytest.warns(HeadstartWarning, match="row .* is left out: it holds totals"):
        assert read_table(path).height == 20
    assert sum(b.height for b in read_batches(path)) == 21


def test_codes_keep_their_zeros(read):
    frame = read(lines("x,code", lambda i: f"{i},{['01', '02', '10'][i % 3]}"))
    assert frame["code"].to_list()[:3] == ["01", "02", "10"]
    late = lines("x,code", lambda i: f"{i},{i + 10}", 12_000) + "1,07\n"
    assert read(late)["code"][-1] == "07"


def test_na_is_missing_unless_it_is_a_class(read):
    text = lines("x,region", lambda i: f"{i},{['NA', 'EU', 'ASIA', ''][i % 4]}")
    assert read(text)["region"].to_list()[:4] == [None, "EU", "ASIA", None]
    kept = read(text, na_values="")["region"].to_list()[:4]
    assert kept == ["NA", "EU", "ASIA", None]
    assert read(text, na_values=["EU"])["region"].to_list()[:2] == ["NA", None]


def test_points_between_thousands_are_known_beside_decimal_commas(read):
    rng = np.random.default_rng(0)
    v = (10 ** rng.uniform(1, 7, 300)).astype(int)
    rows = [f"{x:,}".replace(",", ".") + f";{x % 97},5;{x % 2}" for x in v]
    frame = read("umsatz;faktor;y\n" + "\n".join(rows) + "\n")
    assert frame["umsatz"].to_list() == v.tolist()
    assert frame["faktor"].dtype == pl.Float64


def test_commas_between_thousands_are_known_between_semicolons(read):
    frame = read("price;b\n999;1\n1,250;2\n12,500;3\n750;4\n")
    assert frame["price"].to_list() == [999, 1250, 12_500, 750]
    frame = read("price;b\n12,345.67;1\n1,250.5;2\n750;3\n")
    assert frame["price"].to_list() == [12_345.67, 1250.5, 750]


def test_marks_and_lines_may_be_declared(read):
    text = "junk\nx|v\n" + "".join(f"{i}|1.{i:03d}\n" for i in range(100, 120))
    frame = read(text, separator="|", decimal=",", thousands=".", skip_rows=1)
    assert frame["v"][0] == 1100
    frame = read("1;2\n3;4\n", header=False)
    assert frame.rows() == [(1, 2), (3, 4)]
    assert read("x,é\n1,2\n".encode("cp850"), encoding="cp850").columns == ["x", "é"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("separator", ";;"), ("decimal", "x"), ("thousands", "12"), ("header", "no"),
        ("skip_rows", -1), ("encoding", "nosuch"), ("na_values", [1]), ("sheet", 3),
    ],
)  # fmt: skip
def test_wrong_options_are_refused(read, name, value):
    with pytest.raises(TableError, match=f"The '{name}' parameter of read_table must"):
        read("a,b\n1,2\n", **{name: value})


def test_a_reading_survives_json():
    reading = Reading.of(separator="tab", decimal=",", na_values=["x"], header=False)
    assert Reading.from_record(json.loads(json.dumps(reading.to_record()))) == reading


def pack(kind, text):
    if kind == ".zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("t.csv", text)
            archive.writestr("__MACOSX/._t.csv", "junk")
        return out.getvalue()
    module = {".gz": gzip, ".xz": lzma, ".bz2": bz2}[kind]
    return module.compress(text.encode())


@pytest.mark.parametrize("kind", [".gz", ".zip", ".xz", ".bz2"])
def test_packed_text_is_read(tmp_path, kind):
    path = tmp_path / f"t.csv{kind}"
    path.write_bytes(pack(kind, lines("a,b", lambda i: f"{i},x{i}")))
    assert read_table(path)["a"].to_list() == list(ROWS)
    assert pl.concat(read_batches(path, (), 40))["a"].to_list() == list(ROWS)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(TableError, match="not a whole"):
        read_table(path)


def test_an_archive_of_several_files_is_refused(tmp_path):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x\n1\n")
        archive.writestr("b.csv", "x\n1\n")
    with pytest.raises(
        TableError, match=r"must contain one file. Got 2: 'a.csv', 'b.csv'"
    ):
        read_table(path)


def test_json_lines_are_read(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({"a": i, "b": f"x{i}"}) + "\n" for i in ROWS))
    assert read_table(path)["b"].to_list() == [f"x{i}" for i in ROWS]
    (batch,) = read_batches(path)
    assert batch.height == 20
    path.write_text("{}{}\n[1\n")
    with pytest.raises(TableError, match="one JSON object on each line"):
        read_table(path)


def test_standard_input_is_read():
    code = "from headstart import read_table; print(read_table('-').shape)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="a,b\n1,2\n3,4\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "(2, 2)\n"


def test_a_bad_byte_far_down_tells_of_all_rows(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\n" + "Köln\nUlm\n".encode() * 2000 + b"M\xfcnchen\n")
    with pytest.warns(HeadstartWarning, match="line 4002"):
        whole = read_table(path)
    with pytest.warns(HeadstartWarning, match="line 4002"):
        batches = pl.concat(read_batches(path, (), 4096))
    assert batches.equals(whole)


def test_an_inch_mark_turns_nothing_round(tmp_path):
    path = tmp_path / "t.csv"
    rows = ['100,5" pipe' if i == 7 else f'{i},"two\nlines"' for i in range(2000)]
    path.write_text("a,b\n" + "\n".join(rows) + "\n")
    batches = pl.concat(read_batches(path, (), 4096))
    assert batches.equals(read_table(path))
    assert batches.height == 2000


def test_empty_rows_are_rows_and_empty_lines_are_none(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f'{i},"good\n\nbad {i}"' for i in range(20)]
    rows[5] = ","
    path.write_text("x,text\n" + "\n".join(rows) + "\n\n")
    assert read_table(path).height == 20
    assert read_table(path)["x"][5] is None
    assert sum(b.height for b in read_batches(path, (), 64)) == 20


def test_an_index_that_was_written_is_no_feature(tmp_path):
    rng = np.random.default_rng(0)
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": rng.normal(size=200)}).sample(
        frac=0.8, random_state=0
    )
    table.to_csv(tmp_path / "t.csv")
    table.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        schema = Schema.learn(to_frame(tmp_path / name))
        assert [c.name for c in schema.used] == ["a"]
    again = pandas.read_csv(tmp_path / "t.csv")
    assert [c.name for c in Schema.learn(to_frame(again)).used] == ["a"]


def test_blocks_must_have_bytes(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(ValueError, match="at least 1"):
        list(read_batches(tmp_path / "t.csv", (), 0))


def test_blank_names_of_an_index_are_no_title(read):
    frame = read(lines(",,price", lambda i: f"{i},u{i % 3},{i / 4}"))
    assert frame.columns == ["column_1", "column_2", "price"]
    assert frame.height == 20


def test_a_title_in_the_middle_of_a_padded_line_is_none_of_the_table(read):
    with pytest.warns(HeadstartWarning, match="first 1 lines"):
        frame = read(
            lines(",Sales,\ntown,sold,price", lambda i: f"u{i % 3},{i},{i / 4}")
        )
    assert frame.columns == ["town", "sold", "price"]


@pytest.mark.parametrize("ending", [",", ",,,", " , "])
def test_separators_at_the_end_of_the_header_alone_make_no_column(read, ending):
    frame = read(lines(f"a,b{ending}", lambda i: f"{i},{i / 4}"))
    assert frame.columns == ["a", "b"]
    assert frame.row(1) == (1, 0.25)


@pytest.mark.parametrize("separator", ["~", "^", "\x01"])
def test_rare_separators_are_found_where_each_line_has_them(read, separator):
    frame = read(
        lines("a~b~c", lambda i: f"{i}~{i / 4}~u{i % 3}").replace("~", separator)
    )
    assert frame.columns == ["a", "b", "c"]
    assert frame.row(1) == (1, 0.25, "u1")


def test_a_mark_in_most_values_is_no_separator(read):
    frame = read(lines("about", lambda i: f"~{i}"))
    assert frame.columns == ["about"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html>\n<html><body>Log in</body></html>\n", "is a web page"),
        (b'  [{"a": 1}, {"a": 2}]\n', "is JSON"),
        (b'{"a": 1}\n{"a": 2}\n', r"name it \.jsonl"),
        (b"PK\x03\x04\x00\x00", "is a workbook or a zip"),
        (b"\xd0\xcf\x11\xe0\x00", "old workbook"),
        (b"PAR1\x00\x01", "is a Parquet file"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, data, words):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(TableError, match=words):
        read_table(path)
    with pytest.raises(TableError, match=words):
        list(read_batches(path))


def test_digits_that_only_people_read_are_text(read):
    frame = read(lines("a,b,c", lambda i: f"\uff14\uff16.{i:02d},{i},0{i}"))
    assert frame.schema == {"a": pl.String, "b": pl.Int64, "c": pl.String}
