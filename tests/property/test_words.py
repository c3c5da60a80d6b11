"""Flags of words against expressions of polars."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.tables.kinds.words import (
    HAS_BAR,
    HAS_COMMA,
    HAS_DIGIT,
    HAS_LEADING_ZERO,
    HAS_POINT,
    HAS_SEMICOLON,
    HAS_SLASH,
    IS_BRACKETED,
    IS_COMPACT,
    IS_EXPONENT,
    IS_FINITE,
    IS_MISSING,
    IS_NUMBER,
    IS_PADDED,
    IS_ZERO_DATE,
    STARTS_WITH_ZERO,
    count_words,
    flag_words,
)

blanks = st.text(" \t\n\u00a0\u2009\u3000\x1c\u200b", max_size=2)
cores = st.one_of(
    st.text(max_size=6),
    st.text("0123456789.,;/|-+eEx ", max_size=9),
    st.text("[({abc, })]", max_size=5),
    st.text("infatyINFATY+-0", max_size=9),
    st.floats().map(str),
    st.integers().map(str),
    st.text("0", min_size=5, max_size=15),
    st.from_regex(r"\A0{2,4}[-./]0{2}[-./]0{2,4}([ T][0:.]{0,8}1?)?\Z"),
    st.sampled_from(
        ["n/a", "N/A", "None", "nIl", "K.A.", "NICHT VERFÜGBAR", "Σ", "\u212a.a.", "İ"]
    ),
)
words = st.builds("".join, st.tuples(blanks, cores, blanks))
columns = st.lists(words | st.none(), max_size=20)

text = pl.col("v").str.strip_chars()
number = text.cast(pl.Float64, strict=False)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        (IS_NUMBER, number.is_not_null()),
        (IS_FINITE, number.is_finite()),
        (
            IS_ZERO_DATE,
            text.str.contains(
                r"^(0{8}|0{14}|0{4}[-./]00[-./]00|00[-./]00[-./]0{4})([ T][0:.]+)?$"
            ),
        ),
        (IS_PADDED, (text != pl.col("v")) | (text == "")),
        (HAS_LEADING_ZERO, text.str.contains(r"^0[0-9]+$")),
        (STARTS_WITH_ZERO, text.str.contains(r"^0[0-9]")),
        (IS_COMPACT, text.str.contains(r"^([0-9]{6}|[0-9]{8}|[0-9]{12}|[0-9]{14})$")),
        (IS_EXPONENT, text.str.contains(r"^[0-9]+E[0-9]+$")),
        (IS_BRACKETED, text.str.contains(r"(?s)^\[.*\]$|^\(.*\)$|^\{.*\}$")),
        (HAS_DIGIT, text.str.contains(r"\p{N}")),
        (HAS_POINT, text.str.contains(".", literal=True)),
        (HAS_COMMA, text.str.contains(",", literal=True)),
        (HAS_SEMICOLON, text.str.contains(";", literal=True)),
        (HAS_SLASH, text.str.contains("/", literal=True)),
        (HAS_BAR, text.str.contains("|", literal=True)),
    ],
)
@given(columns)
def test_flags_are_those_of_an_expression(flag, expected, values):
    series = pl.Series("v", values, dtype=pl.String)
    flags = flag_words(series)
    reference = series.to_frame().select(expected.fill_null(value=False))["v"]
    assert ((flags & flag) != 0).tolist() == reference.to_list()


@given(columns)
def test_words_for_missing_are_so_in_upper_case_and_between_blanks(values):
    series = pl.Series("v", values, dtype=pl.String)
    plain = series.to_frame().select(text.str.to_lowercase())["v"]
    is_missing = (flag_words(series) & IS_MISSING) != 0
    assert is_missing.tolist() == ((flag_words(plain) & IS_MISSING) != 0).tolist()
    assert is_missing[series.is_null()].all()


@given(st.lists(st.sampled_from(["a", " a", "", "a long word, beyond 12 bytes", None])))
def test_words_are_counted_in_order_of_appearance(values):
    series = pl.Series("v", values, dtype=pl.String)
    counted = count_words(series)
    expected = series.drop_nulls().unique(maintain_order=True)
    assert counted.values.to_list() == expected.to_list()
    assert counted.counts.tolist() == [values.count(word) for word in expected]
    assert counted.flags.tolist() == flag_words(expected).tolist()
    assert counted.n_rows == series.count()
