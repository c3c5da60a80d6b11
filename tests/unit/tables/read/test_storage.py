import polars as pl
import pytest
from polars.testing import assert_frame_equal

from headstart.exceptions import TableError
from headstart.tables import Schema, read_frame, write_frame


def test_canonical_table_comes_back(tmp_path):
    frame = pl.DataFrame({"a": [1.0, None, 3.0], "c": ["u", "v", None]})
    canonical = Schema.learn(frame).apply(frame)
    write_frame(canonical, tmp_path / "t.arrow")
    assert_frame_equal(read_frame(tmp_path / "t.arrow"), canonical)
    assert [p.name for p in tmp_path.iterdir()] == ["t.arrow"]


def test_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="folder"):
        write_frame(pl.DataFrame({"a": [1]}), tmp_path / "folder" / "t.arrow")
    assert list(tmp_path.iterdir()) == []


def test_absent_and_cut_off_files_are_refused(tmp_path):
    path = tmp_path / "t.arrow"
    with pytest.raises(TableError, match=r"t.arrow"):
        read_frame(path)
    write_frame(pl.DataFrame({"a": [1.0] * 1000}), path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(TableError, match=r"t.arrow"):
        read_frame(path)
