"""Features of text."""

import numpy as np
import polars as pl

from headstart import _core
from headstart.base import FloatArray
from headstart.features.columns.reader import Reader
from headstart.features.operators.candidate import Candidate

__all__ = ["make_text"]

_T = pl.col("t")
_PARTS: dict[str, pl.Expr] = {
    "text_length": _T.str.len_chars(),
    "text_words": _T.str.count_matches(r"\S+"),
    "text_digits": _T.str.count_matches(r"\d"),
    "text_upper_share": _T.str.count_matches(r"\p{Lu}")
    / _T.str.count_matches(r"\p{L}"),
}


def make_text(
    candidate: Candidate, reader: Reader, *, n_threads: int
) -> list[FloatArray]:
    """Return the columns of a text feature; missing where the text is missing."""
    text = reader.words(candidate.columns[0])
    if candidate.operator == "text_hash":
        length = int(candidate.options["n_characters"])
        n_columns = int(candidate.options["n_columns"])
        return list(_core.hash_text(text.to_list(), length, n_columns, n_threads))
    part = _PARTS[candidate.operator].cast(pl.Float64)
    values = text.to_frame("t").select(part.alias("p"))["p"].to_numpy()
    # A text without letters has no share of capitals.
    return [np.where(np.isfinite(values), values, np.nan)]
