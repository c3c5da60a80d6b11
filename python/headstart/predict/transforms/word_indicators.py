"""Indicators of words in columns of text."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from headstart.base import FloatArray, Parts, StoredTransform
from headstart.base.arrays import require
from headstart.exceptions import ArtifactError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["WordIndicators"]

_PART = "words.json"
_NGRAMS = ("words", "word_pairs")
_BLOCK = 20_000  # rows whose texts are split at a time
_LONGEST = 60  # characters of a word that is considered
# Scripts without spaces between words: of these, each pair of consecutive characters
# counts as a word.
_SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_WORD = rf"{_SPACELESS}{{1,2}}|[\p{{L}}--{_SPACELESS}]+|\p{{N}}+"


@dataclass(frozen=True, slots=True)
class WordIndicators(StoredTransform):
    """One indicator per selected word of each column.

    Parameters
    ----------
    ngrams : {"words", "word_pairs"}
    columns : mapping of str to dict of str to float
        Per column: each word (or two consecutive words with a blank between them) in
        lower case, with the deviation of the target from chance in the rows that have
        it, in standard errors, the largest first.
    """

    kind: ClassVar[str] = "word_indicators"
    #: Characters of a text that are read: the rest is expensive and adds little.
    MAX_CHARACTERS: ClassVar[int] = 2_000
    ngrams: str
    columns: Mapping[str, dict[str, float]]

    def apply(self, X: "pl.DataFrame") -> "pl.DataFrame":
        """Return a column of 0 and 1 per word."""
        import polars as pl

        columns: dict[str, FloatArray] = {}
        for name, words in self.columns.items():
            if not words:
                continue
            indicators = np.zeros((len(words), X.height))
            word_indices = pl.DataFrame(
                {"word": list(words), "place": range(len(words))},
                schema={"word": pl.String, "place": pl.Int64},
            )
            for start in range(0, X.height, _BLOCK):
                block = X[name][start : start + _BLOCK]
                matches = self.words_of_rows(block, self.ngrams).join(
                    word_indices, on="word"
                )
                rows = matches["row"].to_numpy() + start
                indicators[matches["place"].to_numpy(), rows] = 1.0
            columns |= {self.title(name, w): indicators[i] for i, w in enumerate(words)}
        return pl.DataFrame(columns)

    @staticmethod
    def title(column: str, word: str) -> str:
        """Return the name of the indicator of a word."""
        return f"{column} has {word!r}"

    @classmethod
    def words_of_rows(cls, texts: "pl.Series", ngrams: str) -> "pl.DataFrame":
        """Return each different word of each row: columns "row" and "word"."""
        import polars as pl

        text = pl.col("text").str.slice(0, cls.MAX_CHARACTERS).str.to_lowercase()
        rows = (
            pl.DataFrame({"text": texts.cast(pl.String)})
            .with_row_index("row")
            .drop_nulls()
            .select("row", text)
        )
        words = pl.col("text").str.extract_all(_WORD)
        if rows["text"].str.contains(_SPACELESS).any():
            # Matches do not overlap: the other pairs start one character later.
            shifted_text = pl.col("text").str.replace_all(
                rf"({_SPACELESS})({_SPACELESS}*)", "$2"
            )
            shifted = shifted_text.str.extract_all(rf"{_SPACELESS}{{2}}")
            words = words.list.concat(shifted)
        words_by_row = (
            rows.select("row", words.alias("word"))
            .explode("word", empty_as_null=False)
            .filter(pl.col("word").str.len_chars() <= _LONGEST)
        )
        if ngrams == "word_pairs":
            next_word = pl.col("word").shift(-1).over("row")
            pairs = words_by_row.select(
                "row", pl.col("word") + " " + next_word
            ).drop_nulls()
            words_by_row = pl.concat([words_by_row, pairs])
        return words_by_row.unique(maintain_order=True)

    def to_parts(self) -> Parts:
        """Return the words as JSON."""
        record = {"ngrams": self.ngrams, "columns": self.columns}
        # ASCII, so that lone surrogates can be encoded.
        return {_PART: json.dumps(record).encode()}

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the checked words that `to_parts` wrote."""
        require(
            set(parts) == {_PART},
            f"Stored words must be {_PART}. Got {sorted(parts)[:9]}.",
        )
        try:
            record: Any = json.loads(parts[_PART])
            indicators = cls(
                record["ngrams"],
                {name: dict(words) for name, words in record["columns"].items()},
            )
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            RecursionError,
        ) as error:
            raise ArtifactError(
                f"Stored words cannot be read: {error!r:.200}"
            ) from error
        require(
            indicators.ngrams in _NGRAMS
            and all(
                type(score) in (int, float) and math.isfinite(score)
                for words in indicators.columns.values()
                for score in words.values()
            ),
            "The stored words of text columns make no sense.",
        )
        return indicators
