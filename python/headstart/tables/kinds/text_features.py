"""Counts that describe a text."""

import polars as pl

__all__ = ["TEXT_PARTS", "text_parts"]

TEXT_PARTS = ("length", "words", "digits", "capitals")
"""Numbers of characters, words, digits and capital letters of a text."""


def text_parts(text: pl.Series) -> dict[str, pl.Series]:
    """Return each of `TEXT_PARTS` as Float64, missing where the text is missing."""
    column = pl.col("t")
    table = text.to_frame("t").select(
        length=column.str.len_chars().cast(pl.Float64),
        words=column.str.count_matches(r"\S+").cast(pl.Float64),
        digits=column.str.count_matches(r"\d").cast(pl.Float64),
        capitals=column.str.count_matches(r"\p{Lu}").cast(pl.Float64),
    )
    return {part: table[part] for part in TEXT_PARTS}
