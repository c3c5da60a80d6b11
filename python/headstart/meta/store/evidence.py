"""Evidence from one base, or from several in layers.

Rows are converted to arrays without a record object per row, because a lookup of a
hundred datasets by a hundred configurations may take a few hundredths of a second. A
base that learns from every run grows without limit, and each run adds configurations
of its own, so a lookup reads a bounded part of the base.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from headstart.base import Configuration, FloatArray, IntArray, TaskKind
from headstart.meta.evidence import Evidence
from headstart.meta.records import DatasetRecord
from headstart.meta.store.evidence_rows import (
    Block,
    Bounds,
    listed_ids,
    read_blocks,
    read_configuration_ids,
    read_configurations,
    read_datasets,
    read_evaluations,
    read_features,
)
from headstart.meta.store.rows import Fetch, explaining_damage
from headstart.metrics.built_in import BUILT_IN

__all__ = [
    "DIAGNOSIS",
    "LOOKUP",
    "Bounds",
    "Gathered",
    "Gathering",
    "candidate_metrics",
]

_CLASSES = ("log_loss", "roc_auc", "roc_auc_ovr", "accuracy")
_VALUES = ("rmse", "mae", "r2")

LOOKUP = Bounds(n_evaluations=16_000, n_datasets=200, n_configurations=300)
"""Bounds of a lookup: some hundred runs, read in a few tenths of a second."""

DIAGNOSIS = Bounds(n_evaluations=200_000, n_datasets=2_000, n_configurations=1_000)
"""Bounds of a diagnosis, which may take longer: a table of a few megabytes."""


@dataclass(frozen=True, eq=False, slots=True)
class Gathered:
    """Evidence with the uids of its datasets.

    Parameters
    ----------
    evidence : Evidence
    uids : tuple of str
        One per row of the evidence.
    """

    evidence: Evidence
    uids: tuple[str, ...]


@dataclass(eq=False, slots=True)
class Gathering:
    """Collects evidence from bases in layers; for a dataset, the first base counts.

    Parameters
    ----------
    kinds : frozenset of TaskKind
        Only datasets of these kinds are read.
    metric : str
        Requested metric of the losses.
    learners : mapping of str to int, or None
        Version of the space per learner. Configurations of other learners or versions
        are left out. None: all are read.
    source : str
        Source of the meta-features.
    bounds : Bounds
        Limits per base.
    """

    kinds: frozenset[TaskKind]
    metric: str
    learners: Mapping[str, int] | None = None
    source: str = "headstart"
    bounds: Bounds = DIAGNOSIS
    _datasets: dict[str, DatasetRecord] = field(default_factory=dict)
    _index: dict[str, int] = field(default_factory=dict)
    _features: dict[tuple[str, int], dict[str, float]] = field(default_factory=dict)
    _configurations: dict[Configuration, int] = field(default_factory=dict)
    _blocks: list[Block] = field(default_factory=list)

    def take(self, fetch: Fetch, place: str) -> None:
        """Add the evidence of a base.

        Parameters
        ----------
        fetch : callable
            Runs queries on the base.
        place : str
            Place of the base, for messages.

        Raises
        ------
        KnowledgeBaseError
            If the base is damaged. Nothing of it is added then.
        """
        with explaining_damage(f"The knowledge base {place} is damaged"):
            rows = read_evaluations(fetch, self.kinds, self.bounds)
            where = f"where dataset in ({listed_ids(row[0] for row in rows)})"
            datasets = read_datasets(fetch, where, self.kinds) if rows else {}
            if not datasets:
                return
            features = read_features(fetch, where, self.source)
            blocks = read_blocks(
                fetch, rows, read_configuration_ids(fetch, rows, self.learners)
            )
            candidates = candidate_metrics(self.metric, self.kinds)
            numbers = _select_configurations(blocks, candidates, self.bounds)
            configurations = read_configurations(fetch, numbers, self.learners)
            blocks = [
                block.of(np.array([*configurations], np.int64)) for block in blocks
            ]
        for record in datasets.values():
            self._datasets.setdefault(record.uid, record)
            self._index.setdefault(record.uid, len(self._index))
        for (dataset, version), values in features.items():
            self._features.setdefault((datasets[dataset].uid, version), values)
        for block in blocks:
            block.dataset = _translated(
                block.dataset, {d: self._index[r.uid] for d, r in datasets.items()}
            )
            block.configuration = _translated(
                block.configuration,
                {
                    number: self._configurations.setdefault(
                        configuration, len(self._configurations)
                    )
                    for number, configuration in configurations.items()
                },
            )
            self._blocks.append(block)

    def gathered(self) -> Gathered:
        """Return the evidence for the metric, or for its closest substitute."""
        chosen = self._choose()
        shape = (len(self._index), len(self._configurations))
        losses, seconds, used_rows = self._cells(chosen, shape)

        # Leave out datasets without a success and configurations without evaluations.
        keep_rows = np.flatnonzero(np.isfinite(losses).any(axis=1))
        losses = losses[keep_rows]
        keep_columns = np.flatnonzero(~np.isnan(losses).all(axis=0))
        records = list(self._datasets.values())
        all_configurations = list(self._configurations)
        # The order must not depend on that of the rows in files.
        by_name = sorted(keep_rows, key=lambda i: (records[i].name, records[i].uid))
        by_text = sorted(keep_columns, key=lambda j: all_configurations[j].to_json())
        rows = np.searchsorted(keep_rows, by_name)
        cells = np.ix_(rows, by_text)
        chosen_records = [records[i] for i in by_name]
        names, features = self._feature_table([r.uid for r in chosen_records])
        evidence = Evidence(
            metric=chosen or self.metric,
            names=tuple(r.name for r in chosen_records),
            families=tuple(r.family for r in chosen_records),
            n_rows=np.array(
                [
                    used_rows[i] or r.n_rows
                    for i, r in zip(by_name, chosen_records, strict=True)
                ],
                dtype=np.float64,
            ),
            n_features=np.array([r.n_features for r in chosen_records], np.float64),
            feature_names=names,
            features=features,
            configurations=tuple(all_configurations[j] for j in by_text),
            losses=losses[cells],
            seconds=seconds[keep_rows][cells],
            is_proxy=chosen is not None and chosen != self.metric,
        )
        return Gathered(evidence, tuple(r.uid for r in chosen_records))

    def _choose(self) -> str | None:
        """Return the first candidate metric with enough datasets, None without one.

        A metric has enough datasets if it has half as many as the most common
        candidate. A metric with one dataset of a hundred would exclude the others.
        """
        candidates = candidate_metrics(self.metric, self.kinds)
        covered: dict[str, set[int]] = {}
        for block in self._blocks:
            for name in set(candidates).intersection(block.metrics):
                column = block.metrics.index(name)
                has_score = np.isfinite(block.means[:, column]) & (block.succeeded == 1)
                covered.setdefault(name, set()).update(
                    np.unique(block.dataset[has_score]).tolist()
                )
        sizes = {name: len(covered.get(name, ())) for name in candidates}
        most = max(sizes.values(), default=0)
        return next((c for c in candidates if 2 * sizes[c] >= most > 0), None)

    def _cells(
        self, metric: str | None, shape: tuple[int, int]
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Return losses and seconds by dataset and configuration, and rows used.

        Of several evaluations of a cell, successes take precedence over failures, and
        then those on most rows; the remaining ones are averaged.
        """
        size = shape[0] * shape[1]
        parts = [block.losses(metric) for block in self._blocks]
        cell = np.concatenate(
            [b.dataset * shape[1] + b.configuration for b in self._blocks]
            or [np.empty(0, np.int64)]
        )
        if not size or not len(cell):
            empty = np.full(shape, np.nan)
            return empty, empty.copy(), np.zeros(shape[0], dtype=np.int64)
        loss = np.concatenate(parts)
        seconds = np.concatenate([b.seconds for b in self._blocks])
        n_rows = np.concatenate([b.n_rows for b in self._blocks])
        precedence = (
            np.concatenate([b.succeeded for b in self._blocks]) * 2**53 + n_rows
        )
        is_known = ~np.isnan(loss)
        best = np.full(size, -1, dtype=np.int64)
        np.maximum.at(best, cell[is_known], precedence[is_known])
        used = is_known & (precedence == best[cell])
        rows = np.zeros(shape[0], dtype=np.int64)
        np.maximum.at(rows, cell[used] // shape[1], n_rows[used])
        timed = used & ~np.isnan(seconds)
        return (
            _mean_by(cell[used], loss[used], size).reshape(shape),
            _mean_by(cell[timed], seconds[timed], size).reshape(shape),
            rows,
        )

    def _feature_table(self, uids: Sequence[str]) -> tuple[tuple[str, ...], FloatArray]:
        """Return names and values of one version of the meta-features.

        Versions define names differently and are not mixed. The version that most of
        the datasets have is used; of several, the newest.
        """
        versions: dict[int, int] = {}
        uid_set = set(uids)
        for uid, version in self._features:
            if uid in uid_set:
                versions[version] = versions.get(version, 0) + 1
        chosen = max(versions, key=lambda v: (versions[v], v), default=0)
        rows = [self._features.get((uid, chosen), {}) for uid in uids]
        names = sorted({name for values in rows for name in values})
        table = np.array(
            [[values.get(name, np.nan) for name in names] for values in rows],
            dtype=np.float64,
        )
        return tuple(names), table.reshape(len(uids), len(names))


def candidate_metrics(metric: str, kinds: Iterable[TaskKind]) -> tuple[str, ...]:
    """Return the metric and its substitutes, the closest first.

    A metric that is not built in is not a candidate itself, because bases may have
    different metrics under its name.

    Examples
    --------
    >>> candidate_metrics("f1", {TaskKind.BINARY})
    ('f1', 'log_loss', 'roc_auc', 'roc_auc_ovr', 'accuracy')
    >>> candidate_metrics("profit", {TaskKind.REGRESSION})
    ('rmse', 'mae', 'r2')
    """
    chain: list[str] = [metric] if metric in BUILT_IN else []
    if any(kind.is_classification for kind in kinds):
        chain += _CLASSES
    if TaskKind.REGRESSION in set(kinds):
        chain += _VALUES
    return tuple(dict.fromkeys(chain))


def _select_configurations(
    blocks: Sequence[Block], candidates: Sequence[str], bounds: Bounds
) -> IntArray:
    """Return the ids of the configurations that are read, within bounds.

    A configuration with results on one dataset only was mostly chosen because it did
    well there, so those with results on many datasets have precedence.

    Parameters
    ----------
    blocks : sequence of Block
    candidates : sequence of str
        Metrics that rank configurations on a dataset, the closest first.
    bounds : Bounds
    """
    parts = [np.empty(0, np.int64)]
    configuration = np.concatenate([*parts, *(b.configuration for b in blocks)])
    dataset = np.concatenate([*parts, *(b.dataset for b in blocks)])
    numbers, column = np.unique(configuration, return_inverse=True)
    if len(numbers) <= bounds.n_configurations:
        return numbers
    loss = np.concatenate(
        [
            b.losses(next((c for c in candidates if c in b.metrics), None))
            for b in blocks
        ]
    )
    cells = np.unique(np.column_stack([column, dataset]), axis=0)
    n_datasets = np.bincount(cells[:, 0], minlength=len(numbers))
    # The rank of each evaluation on its dataset; NaN comes last.
    order = np.lexsort((loss, dataset))
    _, first, of = np.unique(dataset[order], return_index=True, return_inverse=True)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - first[of]
    best_rank = np.full(len(numbers), len(order), dtype=np.int64)
    np.minimum.at(best_rank, column, rank)
    # Ties go to the last added, which has the higher id.
    selected = np.lexsort((-numbers, best_rank, -n_datasets))[: bounds.n_configurations]
    return numbers[np.sort(selected)]


def _translated(numbers: IntArray, to: Mapping[int, int]) -> IntArray:
    """Return the values of numbers in a mapping that has all of them."""
    keys = np.array(sorted(to), dtype=np.int64)
    values = np.array([to[key] for key in keys.tolist()], dtype=np.int64)
    return np.asarray(values[np.searchsorted(keys, numbers)], dtype=np.int64)


def _mean_by(cell: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Return the mean of the values per cell, NaN for a cell without values."""
    n = np.bincount(cell, minlength=size)
    total = np.bincount(cell, weights=values, minlength=size)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
