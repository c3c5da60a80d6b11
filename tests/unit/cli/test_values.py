import pytest
import typer

from headstart.cli.values import parse_columns, parse_memory, parse_seconds
from headstart.search.run.settings import parse_bytes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60", 60.0),
        ("0.5", 0.5),
        ("90s", 90.0),
        ("5m", 300.0),
        ("5min", 300.0),
        ("1h", 3600.0),
        ("1h30m", 5400.0),
        (" 2 H ", 7200.0),
        ("1d", 86400.0),
        ("none", None),
    ],
)
def test_durations_are_read(text, seconds):
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "5q", "m5", "-5", "1h-3m", "five", "5 5x", "nan"])
def test_a_wrong_duration_is_refused_with_the_forms_that_work(text):
    with pytest.raises(typer.BadParameter, match=r"60, 90s, 5m, 1h30m"):
        parse_seconds(text)


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [
        ("1000", 1000),
        ("1000b", 1000),
        ("512M", 512_000_000),
        ("4GB", 4_000_000_000),
        ("4GiB", 4 * 1024**3),
        ("1.5k", 1500),
        ("1.5KiB", 1536),
    ],
)
def test_sizes_are_read_as_pythons_parameter_is(text, n_bytes):
    assert parse_memory(text) == parse_bytes(text) == n_bytes


@pytest.mark.parametrize("text", ["", "4X", "G", "-1G", "lots", "0", "0.5"])
def test_a_wrong_size_is_refused(text):
    with pytest.raises(typer.BadParameter, match="4GiB"):
        parse_memory(text)


def test_column_kinds_are_read_from_the_last_equals_sign():
    assert parse_columns(["zip=categorical", "a=b=text"]) == {
        "zip": "categorical",
        "a=b": "text",
    }


@pytest.mark.parametrize("pair", ["zip", "=text", "zip="])
def test_a_pair_without_name_or_kind_is_refused(pair):
    with pytest.raises(typer.BadParameter, match="NAME=KIND"):
        parse_columns([pair])


def test_a_column_given_twice_is_refused():
    with pytest.raises(typer.BadParameter, match="'zip' occurs twice"):
        parse_columns(["zip=text", "zip=numeric"])
