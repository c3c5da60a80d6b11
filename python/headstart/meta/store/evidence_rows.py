"""Rows of evidence in one base, read by queries and put into arrays."""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.base import Configuration, FloatArray, IntArray, TaskKind
from headstart.meta.records import CellStatus, DatasetRecord
from headstart.meta.store import rules
from headstart.meta.store.lines import configuration_of
from headstart.meta.store.rows import Fetch
from headstart.metrics.built_in import BUILT_IN

__all__ = [
    "Block",
    "Bounds",
    "listed_ids",
    "read_blocks",
    "read_configuration_ids",
    "read_configurations",
    "read_datasets",
    "read_evaluations",
    "read_features",
]

# The seconds of cells with another status are not those of a complete fit.
_WITH_SECONDS = frozenset({CellStatus.OK.value, CellStatus.TIMEOUT.value})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of the number of rows that are read from each base.

    Parameters
    ----------
    n_evaluations : int
        Evaluations for a task kind; the last added are read.
    n_datasets : int
        Datasets of these evaluations; the last evaluated are read.
    n_configurations : int
        Configurations of these evaluations. Those with results on most datasets are
        read first, then those with the best rank on a dataset.
    """

    n_evaluations: int
    n_datasets: int
    n_configurations: int


@dataclass(eq=False, slots=True)
class Block:
    """Evaluations of one layer that were measured by the same metrics."""

    metrics: tuple[str, ...]
    dataset: IntArray
    configuration: IntArray
    succeeded: IntArray
    n_rows: IntArray
    seconds: FloatArray
    means: FloatArray  # (n, n_metrics): mean over the folds with a score

    def losses(self, metric: str | None) -> FloatArray:
        """Return one loss per evaluation: NaN where unknown, +inf for a failure."""
        if metric is not None and metric in self.metrics:
            loss = self.means[:, self.metrics.index(metric)].copy()
            if BUILT_IN[metric].greater_is_better:
                loss = -loss
        else:
            loss = np.full(len(self.dataset), np.nan)
        loss[self.succeeded == 0] = np.inf
        return loss

    def of(self, configurations: IntArray) -> "Block":
        """Return the evaluations of some configurations."""
        is_selected = np.isin(self.configuration, configurations)
        return Block(
            self.metrics,
            self.dataset[is_selected],
            self.configuration[is_selected],
            self.succeeded[is_selected],
            self.n_rows[is_selected],
            self.seconds[is_selected],
            self.means[is_selected],
        )


def read_evaluations(
    fetch: Fetch, kinds: frozenset[TaskKind], bounds: Bounds
) -> list[tuple[Any, ...]]:
    """Return evaluations on datasets of some kinds, the last added at the end.

    Rows with a status that this version does not know are left out, because a newer
    version may have written them.
    """
    listed = ", ".join(f"'{kind.value}'" for kind in sorted(kinds))
    rows = fetch(
        "select dataset, configuration, metrics, scores, fit_seconds, status, n_rows "
        "from evaluations where dataset in "
        f"(select dataset from datasets where kind in ({listed})) "
        f"order by id desc limit {bounds.n_evaluations}"
    )
    statuses = {rules.text(row[5]) for row in rows} & {s.value for s in CellStatus}
    last_first = [row for row in rows if row[5] in statuses]
    datasets = dict.fromkeys(row[0] for row in last_first)
    last_datasets = set(list(datasets)[: bounds.n_datasets])
    return [row for row in last_first if row[0] in last_datasets][::-1]


def read_datasets(
    fetch: Fetch, where: str, kinds: frozenset[TaskKind]
) -> dict[int, DatasetRecord]:
    """Return datasets by the id of their uid; of conflicting ones the first by hash."""
    datasets: dict[int, DatasetRecord] = {}
    kind_names = {kind.value for kind in kinds}
    for number, uid, name, family, source, kind, n_rows, n_features, n_classes in fetch(
        "select d.dataset, t.text, d.name, d.family, d.source, d.kind, d.n_rows, "
        "d.n_features, d.n_classes from datasets d join texts t on t.id = d.dataset "
        f"{where} order by d.content"
    ):
        if kind in kind_names:
            record = DatasetRecord(
                rules.uid(uid),
                rules.name(name),
                rules.name(family),
                rules.name(source),
                TaskKind(kind),
                rules.count(n_rows),
                rules.count(n_features),
                rules.count(n_classes),
            )
            datasets.setdefault(rules.integer(number), record)
    return datasets


def read_features(
    fetch: Fetch, where: str, source: str
) -> dict[tuple[int, int], dict[str, float]]:
    """Return meta-features by dataset and version."""
    rows = [
        row
        for row in fetch(
            "select dataset, version, names, numbers, source from meta_features "
            f"{where} order by content"
        )
        if row[4] == source
    ]
    lists = {i: rules.names(n) for i, n in _read_lists(fetch, (r[2] for r in rows))}
    features: dict[tuple[int, int], dict[str, float]] = {}
    for dataset, version, names, numbers, _ in rows:
        values = np.frombuffer(numbers, dtype="<f8").astype(np.float64)
        values[np.isinf(values)] = np.nan
        features.setdefault(
            (dataset, rules.count(version)),
            dict(zip(lists[names], values.tolist(), strict=True)),
        )
    return features


def read_configuration_ids(
    fetch: Fetch,
    rows: Sequence[tuple[Any, ...]],
    learners: Mapping[str, int] | None,
) -> set[int]:
    """Return ids of the configurations of rows, limited to some learners.

    Parameters
    ----------
    fetch : callable
    rows : sequence of tuple
        Rows of evaluations.
    learners : mapping of str to int, or None
        See `Gathering`.
    """
    listed = listed_ids(row[1] for row in rows)
    return {
        rules.integer(number)
        for number, learner, version in fetch(
            "select id, learner, space_version from configurations "
            f"where id in ({listed})"
        )
        if learners is None or learners.get(learner) == version
    }


def read_configurations(
    fetch: Fetch, numbers: IntArray, learners: Mapping[str, int] | None
) -> dict[int, Configuration]:
    """Return configurations by id; those with keys of a newer version are left out."""
    configurations: dict[int, Configuration] = {}
    if not len(numbers):
        return configurations
    listed = listed_ids(numbers.tolist())
    for number, text in fetch(
        f"select id, json from configurations where id in ({listed})"
    ):
        try:
            configuration = configuration_of(rules.configuration(json.loads(text)))
        except rules.UnknownValueError:
            continue
        version = configuration.space_version
        if learners is None or learners.get(configuration.learner) == version:
            configurations[rules.integer(number)] = configuration
    return configurations


def read_blocks(
    fetch: Fetch, rows: Iterable[tuple[Any, ...]], configurations: Container[int]
) -> list[Block]:
    """Return the rows of some configurations as blocks of equal metrics and length.

    Parameters
    ----------
    fetch : callable
    rows : iterable of tuple
        Rows of evaluations.
    configurations : container of int
        Ids of the configurations whose rows are kept.
    """
    groups: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
    for row in rows:
        if row[1] in configurations:
            groups.setdefault((row[2], len(row[3])), []).append(row)
    lists = {i: rules.names(n) for i, n in _read_lists(fetch, (m for m, _ in groups))}
    return [
        _block(tuple(lists[metrics]), length, group)
        for (metrics, length), group in sorted(groups.items())
    ]


def _block(
    metrics: tuple[str, ...], length: int, rows: Sequence[tuple[Any, ...]]
) -> Block:
    """Return the block of rows whose scores have the same length in bytes."""
    dataset, configuration, _, scores, seconds, status, n_rows = zip(*rows, strict=True)
    if length % (4 * len(metrics)):
        raise ValueError(f"{length} bytes are not {len(metrics)} scores per fold.")
    table = np.frombuffer(b"".join(scores), dtype="<f4").astype(np.float64)
    table = (
        table.reshape(len(rows), -1, len(metrics))
        if length
        else table.reshape(len(rows), 0, len(metrics))
    )
    has_score = np.isfinite(table)
    n_scores = has_score.sum(axis=1)
    total = np.where(has_score, table, 0.0).sum(axis=1)
    means = np.where(n_scores > 0, total / np.maximum(n_scores, 1), np.nan)
    # The seconds of an early failure say nothing; those of a stopped fit are a bound.
    counted = [
        s if outcome in _WITH_SECONDS else None
        for s, outcome in zip(seconds, status, strict=True)
    ]
    spent = np.array([np.nan if s is None else s for s in counted], dtype=np.float64)
    used = np.array(n_rows, dtype=np.int64)
    if (used < 0).any() or (used >= 2**53).any():
        raise ValueError("The number of rows of an evaluation is out of range.")
    return Block(
        metrics,
        np.array(dataset, dtype=np.int64),
        np.array(configuration, dtype=np.int64),
        np.array([s == "ok" for s in status], dtype=np.int64),
        used,
        np.where(np.isfinite(spent) & (spent >= 0), spent, np.nan),
        means,
    )


def _read_lists(fetch: Fetch, numbers: Iterable[int]) -> list[tuple[int, Any]]:
    """Return the lists of names with these ids."""
    ids = set(numbers)
    if not ids:
        return []
    rows = fetch(f"select id, text from texts where id in ({listed_ids(ids)})")
    return [(number, json.loads(text)) for number, text in rows]


def listed_ids(numbers: Iterable[int]) -> str:
    """Return the different ids as text for a query; each must be a whole number."""
    return ", ".join(map(str, sorted({rules.integer(n) for n in set(numbers)})))
