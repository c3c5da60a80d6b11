"""The transform: numbers in place of what learners cannot read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.sdk import (
    Choice,
    ColumnTopics,
    Integer,
    MadeFeature,
    Parameters,
    Resources,
    SearchSpace,
    TableColumns,
    TableRows,
    Task,
    TextTopics,
    Transform,
    limit_threads,
)
from headstart_text.learning import learn_topics

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TextSvd"]

_DEFAULT: dict[str, Any] = {"ngrams": "words", "n_topics": 24, "min_rows": 2}
_TOLD = 5  # terms of a topic
# Seconds for a character of a text, by what counts as a word; and for each topic.
_SECONDS = {"words": 2e-7, "word_pairs": 1.2e-6, "characters": 3e-6}
_SECONDS_PER_TOPIC = 2e-9
_USUAL_CHARACTERS = 200  # of a text, where nobody has counted


class TextSvd(Transform):
    """TF-IDF and truncated SVD of each text column: latent semantic analysis.

    Each column is learnt for itself, on training rows; its topics are added to the
    table.
    """

    name: ClassVar[str] = "text_svd"
    order: ClassVar[int] = 20
    stored_as: ClassVar[type[TextTopics]] = TextTopics

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the columns of text."""
        del task
        return table.text

    def search_space(self, task: Task) -> SearchSpace:
        """Return what counts as a word, how many topics, how rare a word may be."""
        del task
        return SearchSpace(
            {
                "ngrams": Choice(*ColumnTopics.NGRAMS),
                "n_topics": Integer(4, 100, log=True),
                "min_rows": Integer(1, 10, log=True),
            },
            default=_DEFAULT,
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return characters, for words that are written in many ways; few topics."""
        del task
        return ({"ngrams": "characters", "n_topics": 40}, {"n_topics": 8})

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds of one fit on `n_rows` rows, one thread; measured."""
        chosen = {**_DEFAULT, **parameters}
        lengths = task.text_lengths or (_USUAL_CHARACTERS,)
        characters = sum(min(length, ColumnTopics.MAX_CHARACTERS) for length in lengths)
        rate = _SECONDS[str(chosen["ngrams"])]
        rate += _SECONDS_PER_TOPIC * int(chosen["n_topics"])
        return 0.05 + n_rows * characters * rate

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Return the topics of all columns."""
        return n_columns * int({**_DEFAULT, **parameters}["n_topics"])

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> TextTopics:
        """Learn the topics of each column; see `Transform.fit`."""
        del task, validation
        return _learn(parameters, rows.X, resources)[0]

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[TextTopics, "pl.DataFrame"]:
        """Learn topics, and apply them to the training rows; split each text once."""
        del task, validation
        fitted, shares = _learn(parameters, rows.X, resources)
        return fitted, TextTopics.table(shares)

    def explain(self, fitted: TextTopics) -> Sequence[MadeFeature]:
        """Return each topic with the terms that weigh most in it."""
        return [
            MadeFeature(
                TextTopics.title(name, index), f"terms of {name!r}: {', '.join(terms)}"
            )
            for name, topics in fitted.columns.items()
            for index, terms in enumerate(topics.heaviest(_TOLD))
        ]


def _learn(
    parameters: Parameters, X: "pl.DataFrame", resources: Resources
) -> tuple[TextTopics, dict[str, NDArray[np.float32]]]:
    """Return the topics of each column, and their shares in its texts."""
    chosen = {**_DEFAULT, **parameters}
    columns: dict[str, ColumnTopics] = {}
    shares: dict[str, NDArray[np.float32]] = {}
    with limit_threads(resources.threads):
        for index, name in enumerate(X.columns):
            columns[name], shares[name] = learn_topics(
                TextTopics.texts(X, name),
                str(chosen["ngrams"]),
                int(chosen["n_topics"]),
                min_rows=int(chosen["min_rows"]),
                seed=resources.seed,
                seconds=resources.seconds_left() / (X.width - index),
                clock=resources.clock,
            )
    return TextTopics(columns), shares
