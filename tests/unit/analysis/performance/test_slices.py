import re

import numpy as np
import polars as pl
import pytest

from headstart.analysis.inspection.scales import Scale
from headstart.analysis.performance.slices import find_slices
from headstart.tables import OTHER_LEVEL
from headstart.tables.kinds.levels import level_type

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

    slices = find_slices(TABLE, FLAT + 2.0 * planted, "mean loss", TABLE.columns)

    assert "region = north" in slices[0].words
    assert "age >= " in slices[0].words
    assert slices[0].n_rows == pytest.approx(planted.sum(), rel=0.3)
    assert slices[0].low > slices[0].overall
    assert slices[0].p_value < 0.001


def test_missing_values_are_a_slice_too():
    gone = np.arange(N) % 7 == 0
    table = TABLE.with_columns(
        age=pl.when(pl.Series(gone)).then(None).otherwise(pl.col("age"))
    )

    slices = find_slices(table, FLAT + 2.0 * gone, "mean loss", table.columns)

    assert slices[0].words == "age is missing"
    assert slices[0].n_rows == gone.sum()


def test_slices_of_booleans_and_dates_are_told_as_such():
    days = RANDOM.integers(0, 700, N).astype(float)
    active = RANDOM.integers(0, 2, N).astype(float)
    table = pl.DataFrame({"signup.days": days, "active": active})
    planted = (days >= 525) & (active == 1)
    first = 1_614_816_000_000_000  # 2021-03-04
    scales = {
        "signup.days": Scale("signup", first_moment=first),
        "active": Scale("active", is_boolean=True),
    }

    (worst, *_) = find_slices(
        table, FLAT + 2.0 * planted, "mean loss", table.columns, scales=scales
    )

    assert "active = true" in worst.words
    assert re.search(r"signup >= 2022-0[78]-\d\d", worst.words)


def test_few_rows_are_not_searched():
    assert (
        find_slices(TABLE[:90], FLAT[:90] + np.arange(90), "mean loss", ["age"]) == []
    )


def test_equal_losses_have_no_slices():
    assert find_slices(TABLE, np.ones(N), "mean loss", TABLE.columns) == []


def grouped(seed, n_groups=30, n_rows=50):
    """Return a table of group-level noise, losses that differ by group, and groups."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), n_rows)
    columns = random.normal(size=(n_groups, 5))[groups]
    scale = np.exp(0.4 * random.normal(size=n_groups))[groups]
    losses = scale * np.abs(random.normal(size=groups.size))
    return pl.DataFrame(columns, schema=list("abcde")), losses, groups


def test_groups_that_are_hard_by_chance_are_no_weak_slice():
    n_named = 0
    for seed in range(40):
        table, losses, groups = grouped(seed)
        n_named += bool(
            find_slices(table, losses, "mean loss", table.columns, blocks=groups)
        )

    # 5 % of 40 tables are 2; 6 or more would come up once in 70 times.
    assert n_named < 6


def test_a_slice_of_many_hard_groups_is_found():
    table, losses, groups = grouped(1, n_groups=60)
    planted = (table["b"] > 0.5).to_numpy()

    slices = find_slices(
        table, losses + 2.0 * planted, "mean loss", table.columns, blocks=groups
    )

    assert slices[0].words.startswith("b >= ")
    assert slices[0].low > slices[0].overall


def test_rows_of_a_block_that_are_independent_change_little():
    planted = ((TABLE["age"] >= 75) & (TABLE["region"] == "north")).to_numpy()
    losses = FLAT + 2.0 * planted

    (alone, *_) = find_slices(TABLE, losses, "mean loss", TABLE.columns)
    (blocks, *_) = find_slices(
        TABLE, losses, "mean loss", TABLE.columns, blocks=np.arange(N) % 100
    )

    assert alone.words == blocks.words
    assert blocks.high - blocks.low == pytest.approx(alone.high - alone.low, rel=0.3)


def test_the_level_of_others_is_rare():
    is_other = np.arange(N) % 7 == 0
    region = pl.Series(np.where(is_other, OTHER_LEVEL, "east"))
    table = TABLE.with_columns(region=region.cast(level_type(("east",))))

    slices = find_slices(table, FLAT + 2.0 * is_other, "mean loss", table.columns)

    assert slices[0].words == "region is rare"
    assert slices[0].n_rows == is_other.sum()


def test_a_column_without_known_levels_is_no_slice():
    others = pl.Series([OTHER_LEVEL] * N, dtype=level_type(()))
    assert find_slices(pl.DataFrame({"c": others}), FLAT, "mean loss", ["c"]) == []
