import polars as pl
import pytest

from headstart.tables.kinds.numbers import find_text, is_missing, is_word
from headstart.tables.kinds.words import IS_NUMBER, count_words

MISSING = [
    "?", "-", "--", "---", ".", "..", "...", "…", "*", "/", "NA", "n/a", "N.A.", "#N/A",
    "#NA", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "NaN", "NaT",
    "nil", "NULL", "None", "Missing", "unknown", "Unbekannt", "inconnu", "TBD", "n.d.",
    "N.D", "ND", "k.A.", "k. A.", "k.A", "n.v.", "not available", "Not Applicable",
    "not determined", "not detected", "not reported", "nicht bestimmt",
    "NICHT VERFÜGBAR", "keine Angabe", "<NA>", "(null)", "\\N", "", "  ", None,
]  # fmt: skip


@pytest.mark.parametrize("word", MISSING)
def test_a_word_for_a_missing_value_is_missing(word):
    assert is_missing(pl.Series([word], dtype=pl.String)).to_list() == [True]


def test_other_words_are_not_missing():
    words = pl.Series("w", ["0", "no", "nothing", "nana", "n / a", "----", "(none)"])
    assert not is_missing(words).any()
    assert is_missing(words).name == "w"


def test_a_word_is_neither_a_number_nor_missing():
    values = pl.Series("w", [" 1.5 ", "-inf", "nan", "?", None, "1,5", "12 kg", "0x1F"])
    assert is_word(values).to_list() == [False] * 5 + [True] * 3
    assert find_text(values) == (5, "1,5")
    assert find_text(values.head(5)) is None
    assert find_text(pl.Series([1.5, None])) is None


def test_words_are_taken_by_slices_and_masks():
    words = count_words(pl.Series(["b", "7", None, "a", "7"]))
    assert (words.values.to_list(), words.counts.tolist()) == (
        ["b", "7", "a"],
        [1, 2, 1],
    )
    assert words[::2].values.to_list() == ["b", "a"]
    numbers = words[words.have(IS_NUMBER)]
    assert (numbers.values.to_list(), numbers.n_rows) == (["7"], 2)
    assert len(words[words.have(0)]) == 0


def test_a_column_in_several_chunks_is_one():
    text = pl.concat([pl.Series(["a", "b"]), pl.Series(["b"])], rechunk=False)
    assert count_words(text).counts.tolist() == [1, 2]
    assert len(count_words(text.clear())) == 0
