"""Random tables in random dialects are read as they were meant.

Hypothesis prints the seed and the example of a failure.
"""

import csv
import datetime as dt
import io
import tempfile
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headstart.tables import Schema
from headstart.tables.read.files import read_file

separators = st.sampled_from([",", ";", "\t", "|"])
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
dates = st.sampled_from(
    ["%Y-%m-%d", "%d.%m.%Y", "%d-%b-%Y", "%Y%m%d", "%d %B %Y", "%Y/%m/%d", "%d.%m.%y"]
)


def english(value, digits):
    return f"{value:,.{digits}f}"


def german(value, digits):
    return english(value, digits).translate(str.maketrans(",.", ".,"))


def swiss(value, digits):
    return english(value, digits).replace(",", "'")


amounts = st.sampled_from(
    [
        lambda v: "$" + english(v, 2) if v >= 0 else "-$" + english(-v, 2),
        lambda v: english(v, 2) if v >= 0 else f"({english(-v, 2)})",
        lambda v: german(v, 2) + " €",
        lambda v: "CHF " + swiss(v, 2),
        lambda v: "R$ " + german(v, 2),
        lambda v: (english(-v, 2) + "-" if v < 0 else english(v, 2)) + " kr",
    ]
)


def table_of(seed):
    random = Random(seed)
    rows = range(40)
    days = [dt.date(1970, 1, 1) + dt.timedelta(random.randrange(18_000)) for _ in rows]
    # One of each order's witnesses, so that day and month are told apart.
    days[0] = dt.date(2001, 12, 31)
    values = [round(random.uniform(-9_000, 99_000), 2) + 0.01 for _ in rows]
    codes = [f"{random.randrange(500):05d}" for _ in rows]
    names = [
        random.choice(["Köln; am Rhein", 'a "b", c', "Ulm|x", "Bonn\tx"]) for _ in rows
    ]
    return days, values, codes, names


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
@given(st.integers(0, 2**32 - 1), separators, encodings, dates, amounts, st.booleans())
def test_a_table_is_read_as_it_was_meant(
    seed, separator, encoding, date, write, quoted
):
    days, values, codes, names = table_of(seed)
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=separator,
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
    )
    writer.writerow(["when", "sum", "zip", "town"])
    written = [d.strftime(date) for d in days]
    writer.writerows(zip(written, map(write, values), codes, names, strict=True))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(out.getvalue().encode(encoding))
        frame, _ = read_file(path)

    assert frame.columns == ["when", "sum", "zip", "town"]
    assert frame["zip"].to_list() == codes
    assert frame["town"].to_list() == names
    schema = Schema.learn(frame, {"zip": "categorical", "town": "categorical"})
    canonical = schema.apply(frame)
    assert schema.column("when").kind == "datetime"
    first = min(days)
    assert canonical["when.days"].to_list() == [(d - first).days for d in days]
    sums = canonical["sum"].to_list()
    assert all(abs(a - b) < 0.006 for a, b in zip(sums, values, strict=True))
    # Each row alone is read as among the others.
    for row in (0, 7, 39):
        alone = schema.apply(frame[row])
        assert alone.equals(canonical[row].cast(alone.schema))
