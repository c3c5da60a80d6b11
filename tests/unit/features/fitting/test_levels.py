"""Levels of columns and their codes, against numbering by a dictionary."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart import _core
from headstart.features.fitting.levels import learn_levels, number_words

# Twelve bytes lie in a string's view itself, longer ones elsewhere.
WORDS = (
    st.none() | st.text("ab\0ü", max_size=2) | st.text("ab", min_size=11, max_size=14)
)


def by_hand(values: list[str | None]) -> list[int]:
    codes: dict[str | None, int] = {}
    return [codes.setdefault(value, len(codes)) for value in values]


@given(values=st.lists(WORDS, max_size=60), cut=st.integers(0, 9), chunks=st.booleans())
def test_words_are_numbered_by_first_appearance(values, cut, chunks):
    series = pl.Series("w", values, dtype=pl.String)
    if chunks:
        series = series[:20].append(series[20:])
    series = series[cut:]
    numbers, [first] = number_words([series])
    assert numbers.tolist() == [by_hand(series.to_list())]
    assert series.gather(first).to_list() == list(dict.fromkeys(series.to_list()))


@given(values=st.lists(WORDS, max_size=60))
def test_words_and_their_hashes_give_the_same_levels(values):
    words = pl.Series("w", values, dtype=pl.String)
    # Beside a column of numbers words are numbered by polars' hashes.
    numbers = pl.Series("n", range(len(values)), dtype=pl.Int64)
    [(levels, codes)] = learn_levels([words])
    (other_levels, other_codes), _ = learn_levels([words, numbers])
    assert levels.values.to_list() == other_levels.values.to_list()
    assert codes.tolist() == other_codes.tolist()


def test_many_columns_are_numbered_alike_on_any_number_of_threads():
    random = np.random.default_rng(0)
    words = np.array([f"word number {i}" for i in range(5_000)])
    columns = [
        pl.Series("same name", words[random.integers(0, size, 70_000)])
        for size in (5_000, 10, 1)
    ]
    one, firsts = number_words(columns)
    for n_threads in (2, 7):
        other, other_firsts = number_words(columns, n_threads=n_threads)
        assert one.tobytes() == other.tobytes()
        assert [f.tolist() for f in firsts] == [f.tolist() for f in other_firsts]
    for column, codes in zip(columns, one, strict=True):
        assert codes.tolist() == by_hand(column.to_list())


def test_what_is_no_table_of_words_is_refused():
    out = np.empty((1, 2), dtype=np.uint32)
    with pytest.raises(ValueError, match="must be of words"):
        _core.factorize_words(pl.DataFrame({"n": [1, 2]}), out, 1)
    with pytest.raises(AttributeError, match="__arrow_c_stream__"):
        _core.factorize_words([1, 2], out, 1)
    with pytest.raises(ValueError, match="one row per column"):
        _core.factorize_words(pl.DataFrame({"a": ["x"], "b": ["y"]}), out, 1)
    word = pl.DataFrame({"a": ["x"]})
    with pytest.raises(ValueError, match="codes"):
        _core.factorize_words(word, out, 1)


def test_a_table_in_chunks_is_refused():
    # polars puts its chunks together where it gives a table away.
    words = pa.chunked_array([["x"], ["y"]], type=pa.string_view())
    out = np.empty((1, 2), dtype=np.uint32)
    with pytest.raises(ValueError, match="one chunk"):
        _core.factorize_words(pa.table({"a": words}), out, 1)


IDS = [2**63 + j for j in range(4)] + [7, None]


def test_unsigned_ids_beyond_signed_ones_are_levels():
    ids = pl.Series("id", IDS * 2, dtype=pl.UInt64)
    [(levels, codes)] = learn_levels([ids])
    assert codes.tolist() == [0, 1, 2, 3, 4, 5] * 2
    assert levels.codes(ids).tolist() == codes.tolist()


@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt8, pl.Int128])
def test_ids_of_another_integer_type_are_found_among_unsigned_ones(dtype):
    [(levels, _)] = learn_levels([pl.Series("id", IDS, dtype=pl.UInt64)])
    assert levels.codes(pl.Series("id", [7, 8, None], dtype=dtype)).tolist() == [
        4,
        6,
        5,
    ]


def test_unsigned_ids_are_not_taken_for_their_neighbours():
    [(levels, _)] = learn_levels([pl.Series("id", [3, 2**53], dtype=pl.Int64)])
    ids = pl.Series("id", [3, 2**53 + 1, 2**63], dtype=pl.UInt64)
    assert levels.codes(ids).tolist() == [0, 3, 3]
