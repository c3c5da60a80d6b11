"""Files that are not what their name says."""

import numpy as np
import polars as pl
import pytest
from tests.integration.bad_input.kit import (
    SMALL,
    assert_usable,
    classifier,
    labels,
    message_of,
    table,
)

import headstart
from headstart import AutoClassifier
from headstart.exceptions import HeadstartWarning, TableError


def test_a_file_that_is_not_there_is_named(tmp_path):
    text = message_of(
        (OSError, TableError), headstart.train, tmp_path / "absent.csv", target="y"
    )

    assert "absent.csv" in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b,y\n",
        b"a,b,y\n1,2,0\n1,2,3,4,5\n1,2,1\n",
        b'a,b,y\n1,"unclosed,0\n2,3,1\n',
        b"\x00\x01\x02\x03" * 100,
        b"PAR1" + bytes(100),
    ],
    ids=["empty", "header", "ragged", "quote", "binary", "parquet"],
)
def test_a_malformed_csv_is_refused_and_named(tmp_path, content):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    text = message_of(
        TableError, headstart.train, path, target="y", **SMALL, learners=["logistic"]
    )

    assert "bad.csv" in text or "row" in text


def test_a_csv_that_is_not_utf_8_is_read_as_western_with_a_warning(tmp_path):
    path = tmp_path / "latin.csv"
    cities = ["Zürich", "Málaga"]
    rows = "".join(f"{i},{cities[i % 2]}\n" for i in range(60))
    path.write_bytes(f"a,city\n{rows}".encode("latin-1"))

    with pytest.warns(HeadstartWarning, match=r"latin\.csv is not UTF-8 \(line 2\)"):
        model = headstart.train(path, target="city", **SMALL, learners=["logistic"])

    assert list(model.classes_) == ["Málaga", "Zürich"]


@pytest.mark.filterwarnings("ignore:The file noise.csv is not UTF-8")
def test_bytes_that_are_no_text_at_all_are_refused(tmp_path):
    path = tmp_path / "noise.csv"
    path.write_bytes(np.random.default_rng(0).bytes(5000))

    assert "noise.csv" in message_of(TableError, headstart.train, path, target="y")


def test_a_good_csv_is_learnt_from_and_predicted(tmp_path):
    path = tmp_path / "good.csv"
    table().with_columns(y=pl.Series(labels())).write_csv(path)

    model = headstart.train(path, target="y", **SMALL, learners=["logistic"])

    assert isinstance(model, AutoClassifier)
    assert_usable(model, path)


@pytest.mark.parametrize("ending", ["parquet", "arrow", "feather"])
def test_a_malformed_binary_file_is_refused_and_named(tmp_path, ending):
    path = tmp_path / f"bad.{ending}"
    path.write_bytes(b"PAR1" + bytes(50) + b"PAR1")

    assert f"bad.{ending}" in message_of(TableError, headstart.train, path, target="y")


@pytest.mark.parametrize("data", [None, 3, "", object(), [1, 2, 3], {"a": 1}])
def test_what_is_no_table_is_refused(data):
    with pytest.raises((TableError, TypeError, FileNotFoundError)) as raised:
        classifier().fit(data, labels(3))

    assert str(raised.value)
