"""Indicators of words in texts that are associated with the target beyond chance."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.base import (
    Choice,
    FloatArray,
    Integer,
    MadeFeature,
    Parameters,
    Parts,
    Resources,
    SearchSpace,
    TableRows,
    Task,
    TaskKind,
    Transform,
)
from headstart.base.arrays import require
from headstart.base.table_columns import TableColumns
from headstart.exceptions import ArtifactError
from headstart.plugins import hookimpl

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TextWords", "Words", "register_transforms"]

_PART = "words.json"
_FEW_ROWS = 100
_MOST_ROWS = 20_000  # for the selection of words, and per block of splitting texts
_MOST_CANDIDATES = 20_000  # the most frequent ones
_MOST_CHARACTERS = 2_000  # of a text; the rest is expensive and adds little
_USUAL_CHARACTERS = 200  # of a text, if the lengths are not known
_LONGEST = 60  # characters of a word that is considered
_LEAST_SUPPORT = 5  # rows that must have a word
_FALSE_ALARM = 0.05  # family-wise error rate of the words of a column
_DEFAULT: Parameters = {"n_words": 30, "ngrams": "words"}
# Scripts without spaces between words: of these, each pair of consecutive characters
# counts as a word.
_SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_WORD = rf"{_SPACELESS}{{1,2}}|[\p{{L}}--{_SPACELESS}]+|\p{{N}}+"


@dataclass(frozen=True, slots=True)
class Words:
    """The selected words per column.

    Parameters
    ----------
    ngrams : {"words", "word_pairs"}
    columns : mapping of str to dict of str to float
        Per column: each word (or two consecutive words with a blank between them) in
        lower case, with the deviation of the target from chance in the rows that have
        it, in standard errors, the largest first.
    """

    ngrams: str
    columns: Mapping[str, dict[str, float]]


class TextWords(Transform):
    """One indicator per relevant word of each text column.

    A word is relevant if the mean target of the training rows that have it (the rank
    for regression, or the indicator of a class) differs significantly from that of all
    rows, corrected for the number of words [1]_. Often no word is, and no column is
    made.

    References
    ----------
    .. [1] O. J. Dunn, "Multiple comparisons among means", Journal of the American
       Statistical Association 56(293), 1961.
    """

    name: ClassVar[str] = "text_words"
    order: ClassVar[int] = 20
    reads_target: ClassVar[bool] = True

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the text columns."""
        del task
        return table.text

    def promise(self, table: TableColumns, task: Task) -> float:
        """Return a large prior gain if there is text: nothing else reads its words."""
        return 0.7 if table.text and task.n_rows >= _FEW_ROWS else 0.0

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space: the number of words, and whether pairs count as words."""
        del task
        return SearchSpace(
            {
                "n_words": Integer(5, 300, log=True),
                "ngrams": Choice("words", "word_pairs"),
            },
            default=_DEFAULT,
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return parameters with many words, and with pairs of them."""
        del task
        return ({"n_words": 150}, {"n_words": 60, "ngrams": "word_pairs"})

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds by the lengths of the texts, from measurements."""
        pairs = {**_DEFAULT, **parameters}["ngrams"] == "word_pairs"
        lengths = task.text_lengths or (_USUAL_CHARACTERS,)
        characters = sum(min(length, _MOST_CHARACTERS) for length in lengths)
        return 0.02 + (2.2e-7 if pairs else 1e-7) * characters * n_rows

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Return the maximum number of words of all columns."""
        return n_columns * _most_words(parameters)

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> Words:
        """Return the selected words; see `Transform.fit`."""
        del validation
        assert rows.y is not None
        ngrams = str({**_DEFAULT, **parameters}["ngrams"])
        X, y = rows.X, rows.y
        if X.height > _MOST_ROWS:
            random = np.random.default_rng(resources.seed)
            drawn = np.sort(random.permutation(X.height)[:_MOST_ROWS])
            X, y = X[drawn], y[drawn]
        outputs = _outputs(y, task)
        selected: dict[str, dict[str, float]] = {}
        for name in X.columns:
            if resources.seconds_left() <= 0:
                break
            words = _associated_words(X[name], outputs, ngrams)
            selected[name] = dict(list(words.items())[: _most_words(parameters)])
        return Words(ngrams, selected)

    def transform(self, fitted: Words, X: "pl.DataFrame", task: Task) -> "pl.DataFrame":
        """Return a column of 0 and 1 per word; see `Transform.transform`."""
        del task
        import polars as pl

        columns: dict[str, FloatArray] = {}
        for name, words in fitted.columns.items():
            if not words:
                continue
            there = np.zeros((len(words), X.height))
            places = pl.DataFrame(
                {"word": list(words), "place": range(len(words))},
                schema={"word": pl.String, "place": pl.Int64},
            )
            for start in range(0, X.height, _MOST_ROWS):
                some = _words_of_rows(
                    X[name][start : start + _MOST_ROWS], fitted.ngrams
                )
                matches = some.join(places, on="word")
                rows = matches["row"].to_numpy() + start
                there[matches["place"].to_numpy(), rows] = 1.0
            columns |= {_title(name, w): there[i] for i, w in enumerate(words)}
        return pl.DataFrame(columns)

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[Words, "pl.DataFrame"]:
        """Return words selected once: no feature depends on the row's own target."""
        fitted = self.fit(task, parameters, rows, validation, resources)
        return fitted, self.transform(fitted, rows.X, task)

    def explain(self, fitted: Words) -> Sequence[MadeFeature]:
        """Return a feature per word, with its deviation from chance."""
        return [
            MadeFeature(
                _title(name, word),
                f"whether {name!r} has {word!r}: {score:.1f} standard errors off",
            )
            for name, words in fitted.columns.items()
            for word, score in words.items()
        ]

    def dump(self, fitted: Words) -> Parts:
        """Return the words as JSON."""
        record = {"ngrams": fitted.ngrams, "columns": fitted.columns}
        # ASCII, so that lone surrogates can be encoded.
        return {_PART: json.dumps(record).encode()}

    def load(self, parts: Parts) -> Words:
        """Return the checked words that `dump` wrote; see `Transform.load`."""
        try:
            record: Any = json.loads(parts[_PART])
            loaded = Words(
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
            loaded.ngrams in ("words", "word_pairs")
            and all(
                type(score) in (int, float) and math.isfinite(score)
                for words in loaded.columns.values()
                for score in words.values()
            ),
            "The stored words of text columns make no sense.",
        )
        return loaded


def _most_words(parameters: Parameters) -> int:
    n_words = {**_DEFAULT, **parameters}["n_words"]
    assert isinstance(n_words, int)
    return n_words


def _title(column: str, word: str) -> str:
    return f"{column} has {word!r}"


def _words_of_rows(series: "pl.Series", ngrams: str) -> "pl.DataFrame":
    """Return each different word of each row: columns "row" and "word"."""
    import polars as pl

    text = pl.col("text").str.slice(0, _MOST_CHARACTERS).str.to_lowercase()
    texts = (
        pl.DataFrame({"text": series.cast(pl.String)})
        .with_row_index("row")
        .drop_nulls()
        .select("row", text)
    )
    taken_apart = pl.col("text").str.extract_all(_WORD)
    if texts["text"].str.contains(_SPACELESS).any():
        # Matches do not overlap: the other pairs start one character later.
        later = pl.col("text").str.replace_all(rf"({_SPACELESS})({_SPACELESS}*)", "$2")
        shifted = later.str.extract_all(rf"{_SPACELESS}{{2}}")
        taken_apart = taken_apart.list.concat(shifted)
    each = (
        texts.select("row", taken_apart.alias("word"))
        .explode("word", empty_as_null=False)
        .filter(pl.col("word").str.len_chars() <= _LONGEST)
    )
    if ngrams == "word_pairs":
        following = pl.col("word").shift(-1).over("row")
        pairs = each.select("row", pl.col("word") + " " + following).drop_nulls()
        each = pl.concat([each, pairs])
    return each.unique(maintain_order=True)


def _outputs(y: NDArray[Any], task: Task) -> FloatArray:
    """Return the target as outputs of shape (n_outputs, n_rows), mean 0, variance 1.

    For regression these are ranks, for robustness against outliers; otherwise there is
    one output per class.
    """
    if task.kind is TaskKind.REGRESSION:
        from scipy.stats import rankdata

        rows = rankdata(y)[np.newaxis]
    else:
        classes = np.unique(y)[1 if task.kind is TaskKind.BINARY else 0 :]
        rows = (y == classes[:, np.newaxis]).astype(np.float64)
    rows = rows - rows.mean(axis=1, keepdims=True)
    spread = rows.std(axis=1, keepdims=True)
    scaled: FloatArray = np.divide(
        rows, spread, out=np.zeros_like(rows), where=spread > 0
    )
    return scaled


def _associated_words(
    series: "pl.Series", outputs: FloatArray, ngrams: str
) -> dict[str, float]:
    """Return the words that are associated with the outputs, and their scores."""
    import polars as pl
    from scipy.stats import norm

    n_rows = series.len()
    each = _words_of_rows(series, ngrams)
    counts = (
        each.group_by("word")
        .len("n")
        .filter(pl.col("n").is_between(_LEAST_SUPPORT, n_rows - _LEAST_SUPPORT))
        .sort("n", "word", descending=[True, False])
        .head(_MOST_CANDIDATES)
        .with_row_index("place")
    )
    if not counts.height or not len(outputs):
        return {}
    candidates = each.join(counts.select("word", "place"), on="word")
    places, rows = candidates["place"].to_numpy(), candidates["row"].to_numpy()
    n = counts["n"].to_numpy().astype(np.float64)
    # Standard error of a sum over n rows drawn without replacement.
    error = np.sqrt(n * (1 - n / n_rows) * n_rows / (n_rows - 1))
    score = np.zeros(counts.height)
    for output in outputs:
        total = np.bincount(places, weights=output[rows], minlength=counts.height)
        score = np.maximum(score, np.abs(total) / error)
    bound = norm.isf(_FALSE_ALARM / (2 * counts.height * len(outputs)))
    order = np.lexsort((np.arange(counts.height), -score))
    words = counts["word"].to_list()
    return {words[i]: float(score[i]) for i in order if score[i] > bound}


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Register words of text."""
    register(TextWords())
