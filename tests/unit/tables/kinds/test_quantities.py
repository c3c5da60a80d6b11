import polars as pl
import pytest

from headstart.tables import Schema
from headstart.tables.kinds.quantities import find_quantity, split


def texts(*values, times=6):
    return pl.Series("q", list(values) * times)


@pytest.mark.parametrize(
    ("written", "number", "unit"),
    [
        ("2 BHK", 2, "bhk"),
        ("34.46Sq. Meter", 34.46, "sq. meter"),
        ("€ 1,200", 1200, "€"),
        ("$1,234.50", 1234.5, "$"),
        ("2100 - 2850", 2475, ""),
        ("$25,000 - $49,999", 37499.5, "$"),
        ("> 60", 60, ">"),
        ("12 %", 12, "%"),
        ("-3.5°C", -3.5, "°c"),
        ("1 200 km", 1200, "km"),
        ("30 m2", 30, "m2"),
        ("unknown", None, "unknown"),
        ("555-1234-99", None, "555-1234-99"),
        ("A/5 21171", None, "a/5 21171"),
        ("10.0.0.1", None, "10.0.0.1"),
    ],
)
def test_a_number_is_told_from_the_words_around_it(written, number, unit):
    numbers, units = split(pl.Series("q", [written]), "quantity.")
    assert numbers.to_list() == [number]
    assert units.to_list() == [unit]


def test_a_decimal_comma_is_known_by_numbers_that_can_be_nothing_else():
    found = find_quantity(texts("1.200,50 €", "3,25 €", "12,00 €"))
    assert found.form == "quantity,"
    numbers, _ = split(pl.Series(["1.200,50 €"]), found.form)
    assert numbers.to_list() == [1200.5]


def test_words_that_multiply_are_multiplied():
    found = find_quantity(texts("1.5k", "2M", "300", "4k"))
    assert found.form == "quantity.*"
    assert found.units == ()
    numbers, _ = split(pl.Series(["1.5k", "2M", "300"]), found.form)
    assert numbers.to_list() == [1500.0, 2e6, 300.0]


@pytest.mark.parametrize(
    "values",
    [
        ["red", "green", "blue"],
        ["C85", "E46", "B28"],
        ["00501-2", "00601-3", "10001-4"],
        ["PC 17599", "113803", "A/5 21171", "STON/O2. 3101282"],
        [f"{n}{letter}" for n in range(1, 20) for letter in "ABCDEFGHJKLMNP"],
    ],
)
def test_words_and_codes_are_no_quantities(values):
    assert find_quantity(texts(*values)) is None


def test_a_schema_splits_number_and_unit_and_keeps_to_it():
    size = ["2 BHK", "4 Bedroom", "3 BHK", "1 RK", "2 Bedroom"] * 8
    schema = Schema.learn(pl.DataFrame({"size": size}))

    assert schema.features == ("size", "size.unit")
    assert (schema.n_numeric, schema.n_categorical) == (1, 1)
    assert "'bhk'" in schema.column("size").reason
    again = Schema.from_json(schema.to_json())
    frame, unseen = again.apply_and_count(
        pl.DataFrame({"size": ["5 BHK", "6 Halls", "many", None]})
    )
    assert frame["size"].to_list() == [5.0, 6.0, None, None]
    assert frame["size.unit"].to_list() == ["bhk", None, None, None]
    assert unseen == {"size": 2}


def test_plain_numbers_are_taken_where_text_had_units():
    size = ["10 kg", "12", "14 kg", "9"] * 8
    schema = Schema.learn(pl.DataFrame({"weight": size}))
    frame = schema.apply(pl.DataFrame({"weight": [7.5, None]}))
    assert frame["weight"].to_list() == [7.5, None]
    assert frame["weight.unit"].to_list() == ["", ""]


def test_one_unit_for_all_rows_is_no_column():
    schema = Schema.learn(pl.DataFrame({"p": [f"{n},000 EUR" for n in range(1, 40)]}))
    assert schema.features == ("p",)
    assert schema.apply(pl.DataFrame({"p": ["3,000 EUR"]}))["p"].to_list() == [3000.0]
