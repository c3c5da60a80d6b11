import polars as pl
import pytest
import typer

from headstart.cli.output.paths import check_ending
from headstart.cli.output.table_writer import TableWriter


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "arrow", "feather"])
def test_batches_become_one_file(tmp_path, ending):
    frame = pl.DataFrame({"prediction": ["a", "b", "c"], "p": [0.25, 0.75, 1.0]})
    path = tmp_path / f"out.{ending}"

    with TableWriter(path) as writer:
        writer.write(frame[:2])
        writer.write(frame[2:])

    read = {
        "csv": pl.read_csv,
        "tsv": lambda p: pl.read_csv(p, separator="\t"),
        "parquet": pl.read_parquet,
        "arrow": pl.read_ipc,
        "feather": pl.read_ipc,
    }[ending]
    assert read(path).equals(frame)
    assert writer.n_rows == 3
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_path_csv_goes_to_standard_output(capsys):
    with TableWriter(None) as writer:
        writer.write(pl.DataFrame({"prediction": [1, 2]}))
        writer.write(pl.DataFrame({"prediction": [3]}))

    assert capsys.readouterr().out == "prediction\n1\n2\n3\n"


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(typer.BadParameter, match=r"must end in \.csv"):
        check_ending(tmp_path / "out.xlsx")


def test_a_failed_batch_leaves_no_part_and_the_old_file(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")

    nested = pl.DataFrame({"nested": [[1, 2]]})  # CSV has no lists

    with pytest.raises(pl.exceptions.ComputeError), TableWriter(path) as writer:
        writer.write(nested)

    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_text() == "old"


def test_a_link_stays_and_the_file_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "latest.csv").symlink_to(tmp_path / "tables" / "today.csv")

    for _ in range(2):
        with TableWriter(tmp_path / "latest.csv") as writer:
            writer.write(pl.DataFrame({"a": [1]}))

    assert (tmp_path / "latest.csv").is_symlink()
    assert [p.name for p in (tmp_path / "tables").iterdir()] == ["today.csv"]
