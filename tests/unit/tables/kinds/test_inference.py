from datetime import date, datetime, timedelta

import polars as pl
import pytest

from headstart.tables.kinds.inference import infer_kind

N = 60


def words(n):
    return [f"w{i}" for i in range(n)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pl.Series("a", [None, None]), "constant"),
        (pl.Series("a", [float("nan"), float("inf")]), "constant"),
        (pl.Series("a", [3, 3, 3]), "constant"),
        (pl.Series("a", ["u", "u "]), "constant"),
        (pl.Series("a", ["", " "]), "constant"),
        (pl.Series("a", [3, 3, None]), "numeric"),
        (pl.Series("a", [0, 1, 1]), "numeric"),
        (pl.Series("a", [1.5, 2.5]), "numeric"),
        (pl.Series("a", [timedelta(1), timedelta(2)]), "numeric"),
        (pl.Series("a", [True, False]), "boolean"),
        (pl.Series("a", [date(2020, 1, 1), date(2020, 1, 2)]), "datetime"),
        (
            pl.Series("a", [datetime(2020, 1, 1), None, datetime(2021, 1, 1)]),
            "datetime",
        ),
        (pl.Series("a", ["2020-01-01", "2021-01-31"]), "datetime"),
        (pl.Series("a", ["2020-01-01T10:00:00Z", "2021-01-31T11:00:00Z"]), "datetime"),
        (pl.Series("a", ["13/01/2020", "31/12/2021"]), "datetime"),
        (pl.Series("a", ["Jan 5, 2020", "Dec 31, 2021"]), "datetime"),
        (pl.Series("a", ["u", "v", "u"]), "categorical"),
        (pl.Series("a", ["u", "v"], dtype=pl.Enum(["u", "v"])), "categorical"),
        (pl.Series("a", ["1", "2", "1"]), "categorical"),
        (pl.Series("a", [f"0{i}" for i in range(N)] * 2), "categorical"),
        (pl.Series("a", ["1", "?", "2"]), "numeric"),
        (pl.Series("a", [f"{i}.5" for i in range(N)]), "numeric"),
        (pl.Series("a", words(N)), "identifier"),
        (pl.Series("a", words(N)[:10]), "categorical"),
        (pl.Series("a", words(N) * 2), "categorical"),
        (pl.Series("a", words(N), dtype=pl.Categorical), "identifier"),
        (pl.Series("a", [f"the {i} quick foxes" for i in range(N)]), "text"),
        (pl.Series("a", range(N)), "identifier"),
        (pl.Series("a", [7 * i for i in range(N)]), "numeric"),
        (pl.Series("customer_id", [7 * i for i in range(N)]), "identifier"),
        (pl.Series("customerID", [7 * i for i in range(N)]), "identifier"),
        (pl.Series("paid", [7 * i for i in range(N)]), "numeric"),
        (pl.Series("customer_id", [i % 9 for i in range(N)]), "numeric"),
    ],
)
def test_kind_is_inferred_with_a_reason(values, kind):
    inference = infer_kind(values)
    assert inference.kind == kind
    assert inference.reason


def test_day_and_month_are_told_apart_by_all_rows():
    early = ["03/04/2020"] * 500
    assert infer_kind(pl.Series("a", [*early, "25/04/2020"])).dates.formats == (
        "%d/%m/%Y",
    )
    assert infer_kind(pl.Series("a", [*early, "04/25/2020"])).dates.formats == (
        "%m/%d/%Y",
    )


def test_two_digit_years_are_not_the_first_century():
    assert infer_kind(pl.Series("a", ["12/31/20", "11/30/21"])).dates.formats == (
        "%m/%d/%y",
    )


def test_nested_values_have_no_kind():
    with pytest.raises(ValueError, match="List"):
        infer_kind(pl.Series("a", [[[1]], [[2]]]))
