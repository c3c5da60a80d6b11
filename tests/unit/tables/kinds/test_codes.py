"""Codes: the prefix before the number becomes a category of its own."""

import polars as pl
import pytest

from headstart.tables import OTHER_LEVEL, Schema
from headstart.tables.kinds.codes import find_prefixes

CABINS = [f"{deck}{i}" for deck in "ABC" for i in range(10)]


def learn(values):
    return Schema.learn(pl.DataFrame({"cabin": values * 2}), {"cabin": "categorical"})


def test_an_unseen_code_still_has_its_prefix():
    schema = learn(CABINS)

    table = schema.apply(pl.DataFrame({"cabin": ["B 99", "Z1", None, "B"]}))

    other = OTHER_LEVEL
    assert table["cabin"].to_list() == [other, other, None, other]
    # A code without a number has no prefix.
    assert table["cabin.prefix"].to_list() == ["B", other, None, None]
    assert table["cabin.prefix"].dtype == pl.Enum(["A", "B", "C", other])


def test_a_rare_prefix_is_missing_in_new_codes_as_it_is_in_training():
    codes = [*CABINS, "T1"]
    schema = learn(codes)

    trained = schema.apply(pl.DataFrame({"cabin": codes}))["cabin.prefix"]
    new = schema.apply(pl.DataFrame({"cabin": ["T1", "T2", "U1"]}))["cabin.prefix"]

    assert trained.null_count() == 1
    assert new.to_list() == [None, None, OTHER_LEVEL]


def test_the_prefix_is_told_and_stored():
    column = learn(CABINS).columns[0]

    assert column.steps[1] == (
        "the prefix before the number becomes a category: 'A', 'B', 'C'"
    )
    assert type(column).from_record(column.to_record()) == column
    assert [column.n_levels(name) for name in column.features] == [30, 3]


def test_numbers_alone_are_a_prefix_beside_others():
    tickets = [str(i) for i in range(100, 130)] + [f"PC {i}" for i in range(9)]

    assert find_prefixes(tuple(tickets)) == ("(number)", "PC")


@pytest.mark.parametrize(
    "levels",
    [
        CABINS[:15],
        [f"N{i}" for i in range(40)],
        [f"{chr(65 + i % 26)}{chr(65 + i // 26)}1" for i in range(60)],
        [f"town {chr(65 + i)}" for i in range(26)],
        [*CABINS, *(chr(97 + i) for i in range(20))],
    ],
    ids=["few", "one prefix", "a prefix each", "no numbers", "many without numbers"],
)
def test_what_is_no_code_has_no_prefix(levels):
    assert find_prefixes(tuple(levels)) == ()
