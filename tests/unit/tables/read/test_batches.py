import gzip

import polars as pl
import pytest

from headstart.exceptions import TableError
from headstart.tables.read.batches import read_batches
from headstart.tables.read.files import read_file

TEXT = 'id,name,n\n001,"a, ""b""\nc",1.5\n002,é,?\n\n003,x,2\n'


@pytest.mark.parametrize("block", [4, 11, 23, 1000])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_batches_together_are_the_table(tmp_path, block, suffix):
    path = tmp_path / f"t{suffix}"
    data = TEXT.encode()
    path.write_bytes(gzip.compress(data) if suffix.endswith(".gz") else data)
    batches = list(read_batches(path, ["id"], block))
    whole, _ = read_file(path, ["id"])
    # A batch of missing values alone has no type of its own.
    joined = pl.concat(b.cast({"n": pl.Float64}) for b in batches)
    assert joined.equals(whole, null_equal=True)
    assert whole["id"].to_list() == ["001", "002", "003"]
    assert len(batches) > 1 or block == 1000


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_columnar_files_come_whole(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    table = pl.DataFrame({"a": range(120_000)})
    table.write_parquet(path) if suffix == ".parquet" else table.write_ipc(path)
    batches = list(read_batches(path))
    assert [batch.height for batch in batches] == [50_000, 50_000, 20_000]
    assert pl.concat(batches).equals(table)


def test_an_error_far_down_names_its_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 500 + "1,2,3\n" + "1,2\n" * 9)
    with pytest.raises(TableError, match=r"Line 502 of t\.csv has 3 fields"):
        list(read_batches(path, block_bytes=64))


def test_the_decimal_mark_of_the_first_rows_holds(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a;b\n" + "1,5;x\n" * 60)
    batches = list(read_batches(path, block_bytes=64))
    assert set(pl.concat(batches)["a"]) == {1.5}


def test_utf16_comes_as_one_batch(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,é\n2,ü\n".encode("utf-16"))
    (batch,) = read_batches(path, block_bytes=8)
    assert batch.rows() == [(1, "é"), (2, "ü")]


def test_a_quote_that_is_never_closed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("headstart.tables.read.batches._LONGEST_ROW", 200)
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,2\n3,"' + "4,5\n" * 300)
    with pytest.raises(TableError, match=r"Line 3 of t\.csv does not end"):
        list(read_batches(path, block_bytes=64))


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_wide_columnar_files_come_in_few_rows_at_a_time(tmp_path, suffix):
    frame = pl.DataFrame({f"c{i}": range(2500) for i in range(40)})
    path = tmp_path / f"wide.{suffix}"
    write = frame.write_parquet if suffix == "parquet" else frame.write_ipc
    write(path)

    batches = list(read_batches(path, (), block_bytes=100_000))

    assert [b.height for b in batches] == [1250, 1250]
    assert pl.concat(batches).equals(frame)
    assert [b.height for b in read_batches(path, (), 1)] == [1000, 1000, 500]
    assert [b.height for b in read_batches(path)] == [2500]
