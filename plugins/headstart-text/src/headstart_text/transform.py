"""The transform: numbers in place of what learners cannot read."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.sdk import (
    ArtifactError,
    Choice,
    Integer,
    MadeFeature,
    Parameters,
    Parts,
    Resources,
    SearchSpace,
    TableColumns,
    TableRows,
    Task,
    Transform,
    limit_threads,
    pack_arrays,
    require,
    unpack_arrays,
)
from headstart_text.topics import MAX_CHARACTERS, NGRAMS, ColumnTopics

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TextSvd"]

_TERMS = "terms.json"
_ARRAYS = "topics.safetensors"
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

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the columns of text."""
        del task
        return table.text

    def search_space(self, task: Task) -> SearchSpace:
        """Return what counts as a word, how many topics, how rare a word may be."""
        del task
        return SearchSpace(
            {
                "ngrams": Choice(*NGRAMS),
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
        characters = sum(min(length, MAX_CHARACTERS) for length in lengths)
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
    ) -> dict[str, ColumnTopics]:
        """Learn the topics of each column; see `Transform.fit`."""
        del task, validation
        return _learn(parameters, rows.X, resources)[0]

    def transform(
        self, fitted: dict[str, ColumnTopics], X: "pl.DataFrame", task: Task
    ) -> "pl.DataFrame":
        """Return a column for each topic; see `Transform.transform`."""
        del task
        return _table({name: t.of(_texts(X, name)) for name, t in fitted.items()})

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[dict[str, ColumnTopics], "pl.DataFrame"]:
        """Learn topics and make the training rows', taking each text apart once."""
        del task, validation
        fitted, made = _learn(parameters, rows.X, resources)
        return fitted, _table(made)

    def explain(self, fitted: dict[str, ColumnTopics]) -> Sequence[MadeFeature]:
        """Return each topic with the terms that weigh most in it."""
        return [
            MadeFeature(_title(name, place), f"terms of {name!r}: {', '.join(terms)}")
            for name, topics in fitted.items()
            for place, terms in enumerate(topics.heaviest(_TOLD))
        ]

    def dump(self, fitted: dict[str, ColumnTopics]) -> Parts:
        """Return the vocabularies as JSON and the numbers as arrays."""
        record = [
            {"column": name, "ngrams": topics.ngrams, "terms": topics.terms}
            for name, topics in fitted.items()
        ]
        arrays: dict[str, NDArray[Any]] = {}
        for place, topics in enumerate(fitted.values()):
            arrays[f"rarity_{place}"] = topics.rarity
            arrays[f"topics_{place}"] = topics.topics
        text = json.dumps(record, ensure_ascii=False)
        return {
            # Half of a character that takes two cannot be told in UTF-8.
            _TERMS: text.encode("utf-8", errors="surrogatepass"),
            _ARRAYS: pack_arrays(arrays),
        }

    def load(self, parts: Parts) -> dict[str, ColumnTopics]:
        """Return what `dump` wrote, checked; see `Transform.load`."""
        require(
            set(parts) == {_TERMS, _ARRAYS},
            f"Stored topics must be {_TERMS} and {_ARRAYS}. Got {sorted(parts)}.",
        )
        try:
            record = json.loads(parts[_TERMS].decode("utf-8", errors="surrogatepass"))
            entries = [
                (_word(entry["column"]), _word(entry["ngrams"]), entry["terms"])
                for entry in record
            ]
            vocabularies = [tuple(map(_word, terms)) for _, _, terms in entries]
        except ArtifactError:
            raise
        except Exception as error:
            raise ArtifactError(
                f"The vocabulary of stored topics cannot be read: {error!r:.200}"
            ) from error
        form = {f"rarity_{place}": ("f", 1) for place in range(len(entries))}
        form |= {f"topics_{place}": ("f", 2) for place in range(len(entries))}
        arrays = unpack_arrays(parts[_ARRAYS], form)
        fitted: dict[str, ColumnTopics] = {}
        for place, (column, ngrams, _) in enumerate(entries):
            topics = ColumnTopics(
                ngrams,
                vocabularies[place],
                arrays[f"rarity_{place}"].astype(np.float32),
                arrays[f"topics_{place}"].astype(np.float32),
            )
            topics.check()
            require(column not in fitted, f"Column {column!r:.80} has topics twice.")
            fitted[column] = topics
        return fitted


def _learn(
    parameters: Parameters, X: "pl.DataFrame", resources: Resources
) -> tuple[dict[str, ColumnTopics], dict[str, NDArray[np.float32]]]:
    """Return the topics of each column, and how much of each is in its texts."""
    chosen = {**_DEFAULT, **parameters}
    fitted: dict[str, ColumnTopics] = {}
    made: dict[str, NDArray[np.float32]] = {}
    with limit_threads(resources.threads):
        for place, name in enumerate(X.columns):
            fitted[name], made[name] = ColumnTopics.learn_transform(
                _texts(X, name),
                str(chosen["ngrams"]),
                int(chosen["n_topics"]),
                min_rows=int(chosen["min_rows"]),
                seed=resources.seed,
                seconds=resources.seconds_left() / (X.width - place),
                clock=resources.clock,
            )
    return fitted, made


def _table(topics: dict[str, NDArray[np.float32]]) -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(
        {
            _title(name, place): found[:, place].astype(np.float64)
            for name, found in topics.items()
            for place in range(found.shape[1])
        }
    )


def _title(name: str, place: int) -> str:
    return f"{name}: topic {place + 1}"


def _texts(X: "pl.DataFrame", name: str) -> list[str]:
    import polars as pl

    return X[name].cast(pl.String).fill_null("").to_list()


def _word(value: Any) -> str:
    require(isinstance(value, str), f"Expected a text. Got {value!r:.80}.")
    return str(value)
