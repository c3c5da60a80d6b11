"""The difference of two bases, and its effect on the order of configurations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.base import Configuration, FloatArray, TaskKind
from headstart.meta.store.evidence import Gathered
from headstart.meta.store.knowledge_base import KnowledgeBase
from headstart.meta.store.lines import Line
from headstart.meta.store.rows import read_rows
from headstart.metrics.built_in import default_metric

__all__ = ["Difference", "OrderMove", "RecordChanges", "diff"]

_SIZES = (
    ("under 1,000 rows", 0, 1_000),
    ("1,000 to 10,000 rows", 1_000, 10_000),
    ("10,000 rows and more", 10_000, 2**53),
)
_TOP = 5


@dataclass(frozen=True, slots=True)
class RecordChanges:
    """Added, removed and changed records of one kind.

    Parameters
    ----------
    added, removed, changed : tuple of str
        Their subjects, in words.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class OrderMove:
    """A class of tables for which the order of configurations changed.

    Parameters
    ----------
    tables : str
        ``"binary, under 1,000 rows"``.
    metric : str
    n_before, n_after : int
        Numbers of datasets behind the orders.
    rank_correlation : float
        Rank correlation of the configurations in both; 1 is the same order.
    top_before, top_after : tuple of Configuration
        The best five by mean rank.
    """

    tables: str
    metric: str
    n_before: int
    n_after: int
    rank_correlation: float
    top_before: tuple[Configuration, ...]
    top_after: tuple[Configuration, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes from one base to another.

    Parameters
    ----------
    datasets, meta_features, evaluations, foreign_evaluations, foreign_setups :
        RecordChanges
    orders : tuple of OrderMove
    """

    datasets: RecordChanges
    meta_features: RecordChanges
    evaluations: RecordChanges
    foreign_evaluations: RecordChanges
    foreign_setups: RecordChanges
    orders: tuple[OrderMove, ...]

    def __bool__(self) -> bool:
        return any(
            (
                self.datasets,
                self.meta_features,
                self.evaluations,
                self.foreign_evaluations,
                self.foreign_setups,
            )
        )


def diff(before: KnowledgeBase, after: KnowledgeBase) -> Difference:
    """Return the changes from one base to another.

    Returns
    -------
    Difference
        False if the bases have the same content.

    Raises
    ------
    KnowledgeBaseError
        If one of them is damaged.
    """
    return Difference(
        _changes(before, after, "dataset"),
        _changes(before, after, "meta_features"),
        _changes(before, after, "evaluation"),
        _changes(before, after, "foreign_evaluation"),
        _changes(before, after, "foreign_setup"),
        _moved_orders(before, after),
    )


def _changes(before: KnowledgeBase, after: KnowledgeBase, kind: str) -> RecordChanges:
    old, new = _lines_by_key(before, kind), _lines_by_key(after, kind)
    return RecordChanges(
        _described(new[key] for key in new.keys() - old.keys()),
        _described(old[key] for key in old.keys() - new.keys()),
        _described(
            new[key]
            for key in new.keys() & old.keys()
            if new[key].keys() != old[key].keys()
        ),
    )


def _lines_by_key(base: KnowledgeBase, kind: str) -> dict[int, dict[bytes, Line]]:
    lines: dict[int, dict[bytes, Line]] = {}
    with base.snapshot() as fetch:
        for row in read_rows(fetch, kind):
            lines.setdefault(row.key_hash, {})[row.content] = row.line
    return lines


def _described(groups: Any) -> tuple[str, ...]:
    return tuple(sorted(next(iter(lines.values())).about for lines in groups))


def _moved_orders(before: KnowledgeBase, after: KnowledgeBase) -> tuple[OrderMove, ...]:
    moves = []
    for kind in TaskKind:
        metric = default_metric(kind)
        old = before.gathered(frozenset({kind}), metric)
        new = after.gathered(frozenset({kind}), metric)
        if old.evidence.metric != new.evidence.metric:
            continue  # losses of different metrics have no common order
        old_sizes = {d.uid: d.n_rows for d in before.datasets()}
        new_sizes = {d.uid: d.n_rows for d in after.datasets()}
        for words, low, high in _SIZES:
            earlier = _mean_ranks(old, old_sizes, low, high)
            later = _mean_ranks(new, new_sizes, low, high)
            move = _move(f"{kind}, {words}", new.evidence.metric, earlier, later)
            if move is not None:
                moves.append(move)
    return tuple(moves)


def _mean_ranks(
    gathered: Gathered, sizes: Mapping[str, int], low: int, high: int
) -> tuple[int, dict[Configuration, float]]:
    """Return the number of datasets of a size, and the mean ranks on them, 0 to 1.

    A rank is the share of the other configurations that are better; ties share ranks.
    """
    rows = [i for i, uid in enumerate(gathered.uids) if low <= sizes[uid] < high]
    ranks = np.array([_ranks(gathered.evidence.losses[i]) for i in rows]).reshape(
        len(rows), len(gathered.evidence.configurations)
    )
    has_rank = ~np.isnan(ranks)
    n = has_rank.sum(axis=0)
    total = np.where(has_rank, ranks, 0.0).sum(axis=0)
    return len(rows), {
        configuration: float(total[j] / n[j])
        for j, configuration in enumerate(gathered.evidence.configurations)
        if n[j]
    }


def _ranks(losses: FloatArray) -> FloatArray:
    evaluated = losses[~np.isnan(losses)]
    ordered = np.sort(evaluated)
    below = np.searchsorted(ordered, losses, side="left")
    upto = np.searchsorted(ordered, losses, side="right")
    shares = (below + upto - 1) / 2 / max(len(evaluated) - 1, 1)
    return np.where(np.isnan(losses), np.nan, shares)


def _move(
    tables: str,
    metric: str,
    before: tuple[int, dict[Configuration, float]],
    after: tuple[int, dict[Configuration, float]],
) -> OrderMove | None:
    """Return the change of order; None if there is none or one order is missing."""
    (n_before, old), (n_after, new) = before, after
    common = sorted(old.keys() & new.keys(), key=Configuration.to_json)
    if not common:
        return None
    top_before, top_after = _top(old), _top(new)
    first = _positions([old[c] for c in common])
    second = _positions([new[c] for c in common])
    if np.array_equal(first, second) and top_before == top_after:
        return None
    return OrderMove(
        tables,
        metric,
        n_before,
        n_after,
        _correlation(first, second),
        top_before,
        top_after,
    )


def _top(ranks: Mapping[Configuration, float]) -> tuple[Configuration, ...]:
    return tuple(sorted(ranks, key=lambda c: (ranks[c], c.to_json()))[:_TOP])


def _positions(values: list[float]) -> FloatArray:
    """Return ranks from 0; ties share ranks."""
    rounded = np.round(np.array(values), 12)
    return _ranks(rounded) * max(len(values) - 1, 1)


def _correlation(first: FloatArray, second: FloatArray) -> float:
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    if scale == 0.0:
        return 1.0 if np.array_equal(first, second) else 0.0
    return float(a @ b) / scale
