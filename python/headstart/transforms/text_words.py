"""Indicators of words in texts that are associated with the target beyond chance."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.base import (
    Choice,
    FloatArray,
    Integer,
    MadeFeature,
    Parameters,
    Resources,
    SearchSpace,
    TableRows,
    Task,
    TaskKind,
    Transform,
)
from headstart.base.table_columns import TableColumns
from headstart.plugins import hookimpl
from headstart.predict import WordIndicators

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TextWords", "register_transforms"]

_FEW_ROWS = 100
_MOST_ROWS = 20_000  # for the selection of words
_MOST_CANDIDATES = 20_000  # the most frequent ones
_USUAL_CHARACTERS = 200  # of a text, if the lengths are not known
_LEAST_SUPPORT = 5  # rows that must have a word
_FALSE_ALARM = 0.05  # family-wise error rate of the words of a column
_DEFAULT: Parameters = {"n_words": 30, "ngrams": "words"}


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
    stored_as: ClassVar[type[WordIndicators]] = WordIndicators

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
        characters = sum(
            min(length, WordIndicators.MAX_CHARACTERS) for length in lengths
        )
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
    ) -> WordIndicators:
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
        return WordIndicators(ngrams, selected)

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[WordIndicators, "pl.DataFrame"]:
        """Return words selected once: no feature depends on the row's own target."""
        fitted = self.fit(task, parameters, rows, validation, resources)
        return fitted, fitted.apply(rows.X)

    def explain(self, fitted: WordIndicators) -> Sequence[MadeFeature]:
        """Return a feature per word, with its deviation from chance."""
        return [
            MadeFeature(
                WordIndicators.title(name, word),
                f"whether {name!r} has {word!r}: {score:.1f} standard errors off",
            )
            for name, words in fitted.columns.items()
            for word, score in words.items()
        ]


def _most_words(parameters: Parameters) -> int:
    n_words = {**_DEFAULT, **parameters}["n_words"]
    assert isinstance(n_words, int)
    return n_words


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
    words_of_rows = WordIndicators.words_of_rows(series, ngrams)
    counts = (
        words_of_rows.group_by("word")
        .len("n")
        .filter(pl.col("n").is_between(_LEAST_SUPPORT, n_rows - _LEAST_SUPPORT))
        .sort("n", "word", descending=[True, False])
        .head(_MOST_CANDIDATES)
        .with_row_index("place")
    )
    if not counts.height or not len(outputs):
        return {}
    candidates = words_of_rows.join(counts.select("word", "place"), on="word")
    indices, rows = candidates["place"].to_numpy(), candidates["row"].to_numpy()
    n_rows_with_word = counts["n"].to_numpy().astype(np.float64)
    # Standard error of a sum over so many rows, drawn without replacement.
    error = np.sqrt(
        n_rows_with_word * (1 - n_rows_with_word / n_rows) * n_rows / (n_rows - 1)
    )
    score = np.zeros(counts.height)
    for output in outputs:
        total = np.bincount(indices, weights=output[rows], minlength=counts.height)
        score = np.maximum(score, np.abs(total) / error)
    bound = norm.isf(_FALSE_ALARM / (2 * counts.height * len(outputs)))
    order = np.lexsort((np.arange(counts.height), -score))
    words = counts["word"].to_list()
    return {words[i]: float(score[i]) for i in order if score[i] > bound}


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Register words of text."""
    register(TextWords())
