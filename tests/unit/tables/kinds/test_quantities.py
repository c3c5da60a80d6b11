import numpy as np
import polars as pl
import pytest

from headstart.tables import Schema, TargetEncoder, with_known_target
from headstart.tables.kinds.quantities import find_quantity, split
from headstart.tables.kinds.words import count_words


def texts(*values, times=6):
    return pl.Series("q", list(values) * times)


def counted(*values):
    return count_words(texts(*values))


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
        ("-$12.00", -12, "$"),
        ("($12.00)", -12, "$"),
        ("(12.00)", -12, ""),
        ("12.00-", -12, ""),
        ("(5.0%)", -5, "%"),
        ("R$ 1.234,56", 1234.56, "r$"),
        ("US$1,234.56", 1234.56, "us$"),
        ("₩1,234", 1234, "₩"),
        ("12,50 zł", 12.5, "zł"),
        ("kr 99", 99, "kr"),
        ("CHF 1'200.50", 1200.5, "chf"),
        ("#5", 5, "#"),
        ("1.2e-03 mg", 0.0012, "mg"),
        ("12,34,567", 1234567, ""),
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
    quantity = find_quantity(counted("1.200,50 €", "3,25 €", "12,00 €"))
    assert quantity.form == "quantity,"
    numbers, _ = split(pl.Series(["1.200,50 €"]), quantity.form)
    assert numbers.to_list() == [1200.5]


def test_words_that_multiply_are_multiplied():
    quantity = find_quantity(counted("1.5k", "2M", "300", "4k"))
    assert quantity.form == "quantity.*"
    assert quantity.units == ()
    numbers, _ = split(pl.Series(["1.5k", "2M", "300"]), quantity.form)
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
    assert find_quantity(counted(*values)) is None


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
    assert unseen.counts == {"size": 2}


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


@pytest.fixture
def numbers():
    return np.random.default_rng(5).normal(100, 400, 300).round(2)


@pytest.mark.parametrize(
    ("positive", "negative"),
    [
        ("$%.2f", "-$%.2f"), ("$%.2f", "($%.2f)"), ("%.2f", "(%.2f)"),
        ("€%.2f", "-€%.2f"),
        ("%.2f kr", "-%.2f kr"), ("%.2f", "%.2f-"), ("A$%.2f", "A$-%.2f"),
        ("%.1f%%", "(%.1f%%)"), ("CHF %.2f", "CHF -%.2f"),
    ],
)  # fmt: skip
def test_negative_amounts_are_negative(numbers, positive, negative):
    texts = [(negative if v < 0 else positive) % abs(v) for v in numbers]
    schema = Schema.learn(pl.DataFrame({"v": texts}))
    amounts = schema.apply(pl.DataFrame({"v": texts}))["v"]
    assert amounts.to_numpy() == pytest.approx(numbers, abs=0.06)


def german(value, digits):
    english = f"{value:,.{digits}f}"
    return english.replace(",", "_").replace(".", ",").replace("_", ".")


@pytest.mark.parametrize(
    "write",
    [
        lambda v: german(v, 2) + " €",
        lambda v: german(v, 0) + " €",
        lambda v: german(v, 0),
        lambda v: "R$ " + german(v, 2),
        lambda v: f"{v:,.2f}".replace(",", "'"),
        lambda v: f"{v:,.0f}".replace(",", "\u202f") + " EUR",
        lambda v: f"₹{v // 100000:.0f},{v // 1000 % 100:02.0f},{v % 1000:03.0f}",
        lambda v: f"{v:.3e}",
        lambda v: f"{v / 1000:.3f}k",
    ],
)
def test_grouped_numbers_are_whole(write):
    values = np.floor(10 ** np.random.default_rng(1).uniform(5.01, 6.9, 200))
    values[:20] = [100_000 + 7 * i for i in range(20)]
    texts = [write(v) for v in values]
    schema = Schema.learn(pl.DataFrame({"v": texts}))
    amounts = schema.apply(pl.DataFrame({"v": texts}))["v"]
    assert amounts.to_numpy() == pytest.approx(values, rel=1e-3)


def test_thousands_with_a_point_are_known_beside_smaller_numbers():
    values = [7, 950, 1_234, 12_345, 999] + [1_000 + 37 * i for i in range(30)]
    texts = [german(v, 0) for v in values]
    schema = Schema.learn(pl.DataFrame({"v": texts}))
    assert schema.apply(pl.DataFrame({"v": texts}))["v"].to_list() == values


def test_three_decimals_stay_decimals():
    texts = [f"{v:.3f}" for v in np.linspace(0.1, 9.9, 60)]
    schema = Schema.learn(pl.DataFrame({"v": texts}))
    assert schema.apply(pl.DataFrame({"v": ["1.234"]}))["v"].to_list() == [1.234]


def test_prices_from_a_million_on_are_kept():
    rng = np.random.default_rng(0)
    prices = rng.integers(200, 1050, 600) * 1000
    texts = [f"{v:,}".replace(",", ".") + " €" for v in prices]
    column = Schema.learn(pl.DataFrame({"p": texts})).columns[0]
    assert column.n_missing == 0
    X = pl.DataFrame({"x": range(600)})
    kept, y, _ = with_known_target(X, pl.Series(texts))
    assert kept.height == 600
    encoder = TargetEncoder.learn(y, "regression")
    assert encoder.encode(y).tolist() == prices.tolist()


@pytest.mark.parametrize(
    "values",
    [
        [f"{a}-{b}" for a in range(201, 261) for b in (1234, 9876)],
        ["10-220", "10-330", "22-100", "15-105", "20-220"] * 20,
        [f"{600 + i} {i * 7 % 900 + 100} {i * 31 % 900 + 100}" for i in range(100)],
        [f"{i:05d}" for i in range(501, 560)],
        ["1.1", "1.10", "1.2", "1.20", "1.3", "1.30"] * 4
        + [f"2.{i}" for i in range(40)],
        [f"{i}E{i % 3 + 1}" for i in range(1, 60)],
        ["20", "30", "60", "120"] * 50,
    ],
)
def test_codes_stay_text(values):
    column = Schema.learn(
        pl.DataFrame({"c": values, "z": np.arange(len(values))})
    ).columns[0]
    assert column.kind in ("categorical", "identifier")


def test_bands_are_numbers_by_their_middle():
    bands = ["18-24", "25-34", "35-44", "45-54"] * 20
    schema = Schema.learn(pl.DataFrame({"age": bands}))
    assert schema.apply(pl.DataFrame({"age": ["18-24"]}))["age"].to_list() == [21.0]


def test_words_for_not_determined_are_missing_beside_exponents():
    values = [f"{x:.3e}" if i % 5 else "n.d." for i, x in enumerate(range(1, 301))]
    column = Schema.learn(pl.DataFrame({"v": values})).columns[0]
    assert column.kind == "numeric"
    assert column.n_missing == 60


def test_money_in_thousands_and_millions_is_of_one_scale():
    texts = ["€110.5M", "€565K", "€1.2M", "€80K"] * 10
    schema = Schema.learn(pl.DataFrame({"v": texts}))
    amounts = schema.apply(pl.DataFrame({"v": texts[:4]}))["v"].to_list()
    assert amounts == [110.5e6, 565e3, 1.2e6, 80e3]


def test_metres_are_no_millions():
    schema = Schema.learn(pl.DataFrame({"h": ["1.80 m", "1.75 m", "1.9 m"] * 9}))
    assert schema.apply(pl.DataFrame({"h": ["1.80 m"]}))["h"].to_list() == [1.8]
