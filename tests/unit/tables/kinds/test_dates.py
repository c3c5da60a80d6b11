import datetime as dt
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from dateutil import parser
from polars.testing import assert_series_equal

from headstart.tables import Schema, to_frame
from headstart.tables.kinds.dates import (
    class_of_format,
    find_formats,
    in_format,
    read_clock,
    read_moments,
)
from headstart.tables.kinds.inference import infer_kind

EPOCH = dt.datetime(1970, 1, 1)


@pytest.fixture(scope="module")
def moments():
    rng = np.random.default_rng(7)
    seconds = rng.integers(0, 15 * 365 * 86_400, 300)
    return [dt.datetime(2005, 1, 1) + dt.timedelta(seconds=int(s)) for s in seconds]


def values_of(texts, form):
    moments, _ = read_moments(pl.Series(texts), (form,))
    return moments.to_list()


def micros(moment):
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


WRITTEN = [
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y",
    "%d-%m-%Y", "%d.%m.%y", "%m/%d/%y", "%d-%b-%y", "%d-%b-%Y", "%d%b%Y", "%d %B %Y",
    "%B %d, %Y", "%b %d %Y", "%Y-%b-%d", "%A, %d %B %Y", "%Y-%j", "%d%b%Y:%H:%M:%S",
    "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p", "%Y%m%dT%H%M%S", "%Y%m%d%H%M%S", "%a %b %d %H:%M:%S %Y",
    "%d/%b/%Y:%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f",
]  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_formats_are_found_and_read_as_strptime_does(moments, written):
    texts = [m.strftime(written) for m in moments]
    expected = [micros(dt.datetime.strptime(t, written)) for t in texts]
    result = find_formats(pl.Series(texts))
    assert result is not None
    assert result.kind == "moment"
    values, _ = read_moments(pl.Series(texts), result.formats)
    assert values.to_list() == expected


@pytest.mark.parametrize(
    "written",
    ["%a, %d %b %Y %H:%M:%S +0130", "%Y-%m-%dT%H:%M:%S-07:00", "%Y-%m-%d %H:%M:%S UTC"],
)
def test_offsets_are_read_as_dateutil_does(moments, written):
    texts = [m.strftime(written) for m in moments]
    result = find_formats(pl.Series(texts))
    values, offsets = read_moments(pl.Series(texts), result.formats)
    parsed = [parser.parse(t) for t in texts]
    assert values.to_list() == [micros(p.replace(tzinfo=None)) for p in parsed]
    assert offsets.to_list() == [
        p.utcoffset() // dt.timedelta(minutes=1) for p in parsed
    ]


@pytest.mark.parametrize(
    ("texts", "first_days"),
    [
        (["2021-08", "2022-12"], ["2021-08-01", "2022-12-01"]),
        (["08/2021", "12/2022"], ["2021-08-01", "2022-12-01"]),
        (["Aug-21", "Dec-22"], ["2021-08-01", "2022-12-01"]),
        (["Aug 2021", "Dez 2022"], ["2021-08-01", "2022-12-01"]),
        (["2021Q3", "2022Q1"], ["2021-07-01", "2022-01-01"]),
        (["Q3 2021", "Q1 2022"], ["2021-07-01", "2022-01-01"]),
        (["2021-W01", "2020-W53"], ["2021-01-04", "2020-12-28"]),
        (["KW 1/2021", "KW 53/2020"], ["2021-01-04", "2020-12-28"]),
        (["5. Januar 2015", "1. März 2016"], ["2015-01-05", "2016-03-01"]),
        (["5 janvier 2015", "1 août 2016"], ["2015-01-05", "2016-08-01"]),
        (["5 de enero de 2015", "1 de mayo de 2016"], ["2015-01-05", "2016-05-01"]),
        (["5 gennaio 2015", "1 maggio 2016"], ["2015-01-05", "2016-05-01"]),
        (["5 de março de 2015", "1 de maio de 2016"], ["2015-03-05", "2016-05-01"]),
        (["5 maart 2015", "1 mei 2016"], ["2015-03-05", "2016-05-01"]),
        (["Mo, 05.01.2015", "Di, 06.01.2015"], ["2015-01-05", "2015-01-06"]),
        (["lun. 5 janv. 2015", "mar. 3 mars 2015"], ["2015-01-05", "2015-03-03"]),
        (["January 5th, 2015", "May 22nd, 2016"], ["2015-01-05", "2016-05-22"]),
        (["98-01-31", "99-12-13"], ["1998-01-31", "1999-12-13"]),
    ],
)
def test_periods_and_names_of_months_are_dates(texts, first_days):
    result = find_formats(pl.Series(texts))
    assert result is not None
    assert result.kind == "moment"
    clock, unread = read_clock(pl.Series(texts), result.formats, "", column="c")
    assert clock.dt.date().cast(pl.String).to_list() == first_days
    assert unread == 0


@pytest.mark.parametrize(
    ("texts", "seconds"),
    [
        (["10:30", "23:59"], [37_800, 86_340]),
        (["10:30:15.5", "00:00:01"], [37_815.5, 1]),
        (["9:05 PM", "12:00 am"], [75_900, 0]),
        (["10h30", "23h59"], [37_800, 86_340]),
        (["1 days 02:03:04", "-1 days +23:00:00"], [93_784, -3_600]),
        (["PT1H30M", "P1DT1S"], [5_400, 86_401]),
        (["30:15:00", "9:00:00"], [108_900, 32_400]),
        (["1h 30m", "2h 5m"], [5_400, 7_500]),
    ],
)
def test_times_and_durations_are_seconds(texts, seconds):
    schema = Schema.learn(pl.DataFrame({"t": texts * 20, "z": [0.5, 1.5] * 20}))
    assert schema.column("t").kind == "numeric"
    assert (
        schema.apply(pl.DataFrame({"t": texts, "z": [0, 1]}))["t"].to_list() == seconds
    )


def test_durations_are_read_as_pandas_writes_them():
    rng = np.random.default_rng(3)
    deltas = pd.to_timedelta(rng.integers(-(10**12), 10**12, 200), unit="us")
    schema = Schema.learn(pl.DataFrame({"d": [str(d) for d in deltas]}))
    seconds = schema.apply(pl.DataFrame({"d": [str(d) for d in deltas]}))["d"]
    assert np.allclose(seconds.to_numpy(), deltas.total_seconds(), rtol=0, atol=1e-6)


def test_times_of_day_are_cyclic_whatever_they_come_as():
    clock = [dt.time(h, m) for h in range(24) for m in (0, 30)]
    tables = {
        "objects": to_frame(pd.DataFrame({"t": pd.Series(clock, dtype=object)})),
        "text": pl.DataFrame({"t": [t.strftime("%H:%M") for t in clock]}),
        "typed": pl.DataFrame({"t": clock}),
    }
    schema = Schema.learn(tables["text"])
    expected = schema.apply(tables["text"])
    assert expected.columns == ["t", "t.sine", "t.cosine"]
    assert expected["t.sine"][12] == pytest.approx(1.0)  # 6 o'clock
    for table in tables.values():
        learnt = Schema.learn(table)
        assert learnt.apply(table).equals(expected)
        assert schema.apply(table).equals(expected)


def test_months_and_weekdays_by_name_have_an_order():
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"]
    schema = Schema.learn(pl.DataFrame({"m": months * 5}))
    assert schema.apply(pl.DataFrame({"m": ["april", "Dez"]}))["m"].to_list() == [4, 12]
    days = ["lundi", "mardi", "jeudi", "dimanche"]
    schema = Schema.learn(pl.DataFrame({"d": days * 5}))
    assert schema.apply(pl.DataFrame({"d": days}))["d"].to_list() == [1, 2, 4, 7]


def test_three_names_are_no_months():
    values = ["May", "April", "June"] * 10
    assert infer_kind(pl.Series("girl", values)).kind == "categorical"


@pytest.mark.parametrize("row", [0, 3, 199])
@pytest.mark.parametrize("junk", ["unknown", "n/a", "soon", "0000-00-00"])
def test_the_kind_does_not_depend_on_where_junk_stands(row, junk):
    days = [str(d.date()) for d in pd.date_range("2010", periods=200, freq="9D")]
    days[row] = junk
    inference = infer_kind(pl.Series("d", days))
    assert inference.kind == "datetime"
    assert inference.dates.formats == ("%Y-%m-%d",)


def test_some_dates_may_have_a_time():
    texts = ["2020-01-02", "2020-01-02 10:30:00", "2020-02-03T11:00"] * 10
    schema = Schema.learn(pl.DataFrame({"d": texts}))
    canonical = schema.apply(pl.DataFrame({"d": texts[:3]}))
    assert canonical["d.hour"].to_list() == [0.0, 10.5, 11.0]
    assert canonical["d.month"].to_list() == [1.0, 1.0, 2.0]


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.String])
def test_digits_that_are_dates_are_dates(dtype):
    days = pd.date_range("2015-01-01", periods=200, freq="11D").strftime("%Y%m%d")
    column = pl.Series("d", [int(d) for d in days]).cast(pl.Int64).cast(dtype)
    if dtype == pl.String:
        column = pl.Series("d", list(days))
    schema = Schema.learn(pl.DataFrame({"d": column}))
    assert schema.column("d").kind == "datetime"
    assert schema.apply(pl.DataFrame({"d": column}))["d.days"][1] == 11.0


def test_digits_that_are_no_dates_stay_numbers():
    rng = np.random.default_rng(0)
    for low, high in (
        (10_000_000, 99_999_999),
        (190_001, 219_912),
        (20_000_000, 20_300_000),
    ):
        values = pl.Series("v", rng.integers(low, high, 200))
        assert infer_kind(values).kind == "numeric"


def test_day_and_month_that_no_value_tells_apart_are_told_and_may_be_declared():
    texts = ["03/04/2020", "05/06/2021"] * 10
    frame = pl.DataFrame({"when": texts})
    column = Schema.learn(frame).column("when")
    assert column.formats == ("%m/%d/%Y",)
    assert column.is_ambiguous
    schema = Schema.learn(frame, {"when": "datetime:dmy"})
    assert schema.column("when").formats == ("%d/%m/%Y",)
    assert not schema.column("when").is_ambiguous
    assert schema.apply(frame[:1])["when.month"].to_list() == [4.0]


def test_day_and_month_of_dates_read_alike_in_any_company():
    frame = pl.DataFrame(
        {"d": pl.date_range(dt.date(2020, 1, 1), dt.date(2020, 12, 28), eager=True)}
    )
    schema = Schema.learn(frame)
    texts = pl.DataFrame({"d": ["03/04/2021", "2021-03-04", "25/12/2021"]})
    canonical, unread = schema.apply_and_count(texts)
    assert canonical["d.month"].to_list() == [None, 3.0, None]
    assert unread.counts == {"d": 2}
    for row in range(3):
        assert schema.apply(texts[row])["d.month"].to_list() == [
            canonical["d.month"][row]
        ]


def test_offsets_of_one_zone_are_that_zone_and_of_several_the_clock_as_written():
    one = ["2020-07-01T10:00:00+02:00", "2020-08-01T11:00:00+02:00"]
    schema = Schema.learn(pl.DataFrame({"t": one}))
    asked = pl.DataFrame({"t": ["2020-07-01T10:00:00", "2020-07-01T08:00:00Z", one[0]]})
    assert schema.apply(asked)["t.hour"].to_list() == [10.0, 10.0, 10.0]
    several = ["2020-07-01T10:00:00+02:00", "2020-12-01T11:00:00+01:00"]
    schema = Schema.learn(pl.DataFrame({"t": several}))
    assert schema.apply(pl.DataFrame({"t": several}))["t.hour"].to_list() == [
        10.0,
        11.0,
    ]


def test_a_trained_zone_reads_the_offsets_of_text():
    moments = pl.Series([dt.datetime(2020, 7, 1, 10), dt.datetime(2020, 12, 1, 11)])
    typed = pl.DataFrame({"t": moments.dt.replace_time_zone("Europe/Paris")})
    schema = Schema.learn(typed)
    text = pl.DataFrame({"t": ["2020-07-01T08:00:00Z", "2020-12-01T11:00:00+01:00"]})
    assert_series_equal(schema.apply(text)["t.hour"], schema.apply(typed)["t.hour"])


def test_time_order_is_that_of_dates_not_of_text():
    texts = ["01.02.2020", "15.01.2020", "03.01.2021"] * 10
    frame = pl.DataFrame({"when": texts, "a": range(30)})
    order = Schema.learn(frame).time_of(frame, "when")
    assert order.rank("dense")[:3].to_list() == [2, 1, 3]


@pytest.mark.parametrize(
    "values",
    [
        [f"{a}-{b}" for a in range(201, 261) for b in (1234, 9876)],
        ["10-220", "10-330", "22-100", "15-105", "20-220"] * 20,
        [f"{i}.{j}.{k}" for i in range(1, 5) for j in range(12) for k in range(4, 12)],
        [f"{i:02d}-{i * 37 % 100:02d}-{i * 91 % 100:02d}" for i in range(100)],
        [f"A{i}-Jan" for i in range(60)],
    ],
)
def test_codes_are_no_dates(values):
    assert find_formats(pl.Series(values)) is None


def test_every_stored_format_is_of_the_grammar():
    assert class_of_format("%Y-%m-%d") == "moment"
    for form in ("%Y-%m-%d %Y", "%d", "%Q", "", "import os", "%Y-%m-%d\n", "%H"):
        assert class_of_format(form) is None
    assert in_format("%d. %b %Y") == "31. Dec 1999"


@pytest.mark.parametrize(
    "form", ["%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S"]
)
def test_dates_of_zeros_are_missing(form):
    days = [dt.datetime(2019, 3, 5) + dt.timedelta(days=17 * i) for i in range(60)]
    nothing = re.sub("[0-9]", "0", days[0].strftime(form))
    texts = [nothing if i % 3 == 0 else d.strftime(form) for i, d in enumerate(days)]
    frame = pl.DataFrame({"d": texts, "x": range(60)})
    schema = Schema.learn(frame)
    column = schema.column("d")
    assert str(column.kind) == "datetime"
    assert column.n_missing == 20
    _, unseen = schema.apply_and_count(frame)
    assert not unseen


def test_codes_of_eight_digits_stay_codes_beside_one_of_zeros():
    codes = [f"{(i * 7_654_321) % 10**8:08d}" for i in range(200)]
    codes = ["00000000", *(c for c in codes if c[0] != "0")]
    column = Schema.learn(pl.DataFrame({"c": codes, "x": range(len(codes))})).column(
        "c"
    )
    assert str(column.kind) != "numeric"
