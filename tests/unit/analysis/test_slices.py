import numpy as np
import polars as pl
import pytest

from headstart.analysis.slices import find_slices

RANDOM = np.random.default_rng(2)
N = 1200
REGIONS = ["east", "north", "south"]
TABLE = pl.DataFrame(
    {
        "age": RANDOM.uniform(0, 100, N),
        "noise": RANDOM.normal(size=N),
        "region": pl.Series(RANDOM.choice(REGIONS, N), dtype=pl.Enum(REGIONS)),
    }
)
FLAT = RANDOM.exponential(size=N)


def test_chance_alone_gives_no_slice():
    assert find_slices(TABLE, FLAT, "mean loss", TABLE.columns) == []


def test_a_planted_slice_of_two_columns_is_found_and_named():
    planted = ((TABLE["age"] >= 75) & (TABLE["region"] == "north")).to_numpy()

    found = find_slices(TABLE, FLAT + 2.0 * planted, "mean loss", TABLE.columns)

    assert "region = north" in found[0].words
    assert "age >= " in found[0].words
    assert found[0].n_rows == pytest.approx(planted.sum(), rel=0.3)
    assert found[0].low > found[0].overall
    assert found[0].p_value < 0.001


def test_missing_values_are_a_slice_too():
    gone = np.arange(N) % 7 == 0
    table = TABLE.with_columns(
        age=pl.when(pl.Series(gone)).then(None).otherwise(pl.col("age"))
    )

    found = find_slices(table, FLAT + 2.0 * gone, "mean loss", table.columns)

    assert found[0].words == "age is missing"
    assert found[0].n_rows == gone.sum()


def test_few_rows_are_not_searched():
    assert (
        find_slices(TABLE[:90], FLAT[:90] + np.arange(90), "mean loss", ["age"]) == []
    )


def test_equal_losses_have_no_slices():
    assert find_slices(TABLE, np.ones(N), "mean loss", TABLE.columns) == []
