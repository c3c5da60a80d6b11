"""The analysis of a run: the measured parts of the facts, within a time budget.

A part that fails is left out, and a note gives the reason: a failed analysis never
costs the model.
"""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from headstart.analysis.costs import sizes_of
from headstart.analysis.effort import Effort, effort_of
from headstart.analysis.generated import features_of
from headstart.analysis.inspection.effects import measure_effects
from headstart.analysis.inspection.permutation import Parts, measure_importance
from headstart.analysis.inspection.probe import Probe, open_probe
from headstart.analysis.inspection.scales import scales_of
from headstart.analysis.inspection.shapley import can_explain, explain_rows
from headstart.analysis.performance.dependent import (
    blocks_of,
    describe_dependence,
    groups_of,
)
from headstart.analysis.performance.evaluation import (
    Evaluated,
    describe_class_limits,
    evaluate,
)
from headstart.analysis.performance.losses import measure_of, row_losses
from headstart.analysis.performance.slices import find_slices
from headstart.analysis.reproduction import reproduction_of
from headstart.base import TaskKind
from headstart.facts import Facts
from headstart.metrics import BuiltInMetric
from headstart.search.record import RunRecord

__all__ = ["analyse_run"]

_log = logging.getLogger("headstart.analysis")

Made = TypeVar("Made")

# Limit of the stored facts in bytes; above it, the longest lists are cut.
_MOST_BYTES = 1_000_000
_MOST_COLUMNS = 500
# Shares of the budget that is left when each part begins.
_FOR_INTERVALS = 0.25
_FOR_IMPORTANCE = 0.5
_FOR_SIZES = 0.5
_FOR_EFFECTS = 0.6
_MOST_EFFECTS = 8
# With less time than this, only cheap parts are computed,
_LEAST_SECONDS = 0.2
# and one interval of as many resamples as fit into these seconds: without it, a
# score cannot be told from chance.
_FOR_SCORE_ALONE = 0.1
# Rows drawn for one interval with a limit of 200 seconds; fewer with shorter limits.
_ROWS_DRAWN = 20_000_000
_SHARED = (
    "Correlated columns share their importance: where one is shuffled, the model still "
    "has the others."
)

_WEIGHTED = (
    "Sample weights count in metrics, intervals, importance, ROC and calibration "
    "curves and thresholds. The confusion matrix, histograms, residuals, partial "
    "dependence and weak slices count every row once."
)
_OWN_METRIC = (
    "The metric is not built in: the ensemble weights were chosen on the rows that are "
    "scored, so that the scores are optimistic."
)


def analyse_run(
    record: RunRecord,
    *,
    changed: Mapping[str, Any],
    of_rows: Mapping[str, Any] = MappingProxyType({}),
) -> Facts:
    """Return the facts of a run's model, completed by the measured parts.

    Parameters
    ----------
    record : RunRecord
    changed : mapping of str to value
        The user's parameters that differ from their defaults.
    of_rows : mapping of str to value
        ``groups`` and ``sample_weight`` of `fit`: column names or vectors.
    """
    run, facts = record.run, record.model.facts
    effort = effort_of(run.clock, record.result.trials, run.problem.task.n_rows)
    labels, target = facts.task.classes, facts.task.target
    parts = _Parts()
    parts.add("reproduce", lambda: reproduction_of(record, target, changed, of_rows))
    parts.add("features", lambda: features_of(record))
    has_time = effort.is_counted or effort.remaining >= _LEAST_SECONDS
    rows = _rows(record, labels)
    seconds = math.inf if effort.is_counted else _FOR_INTERVALS * effort.remaining
    if not has_time:
        seconds = _FOR_SCORE_ALONE
    parts.add_all(
        "evaluation", lambda: evaluate(rows, seconds, only_optimised=not has_time)
    )
    dependence = describe_dependence(
        record.run.data.dependence, np.flatnonzero(record.result.choice.rows)
    )
    parts.notes += describe_class_limits(len(labels))
    parts.notes += [dependence] if dependence else []
    if rows.weight is not None:
        parts.notes.append(_WEIGHTED)
    if not isinstance(rows.metric, BuiltInMetric):
        parts.notes.append(_OWN_METRIC)
    if not has_time:
        parts.notes.append(
            "The time limit left no time for importance, effects, slices and the "
            f"intervals of metrics other than {rows.metric.name}."
        )
    elif not record.result.interrupted:
        inspected = parts.take(
            "inspection", lambda: _inspect(record, rows, effort, parts)
        )
        # Before the effects, the number of which adapts to the remaining budget.
        for_sizes = effort if effort.is_counted else effort.part(_FOR_SIZES)
        parts.add("sizes", lambda: sizes_of(record, for_sizes))
        if inspected is not None:
            _inspect_further(record, rows, target, effort, parts, inspected)
    else:
        parts.notes.append("Interrupted: importance, effects and slices are left out.")
    if record.run.precedents is None:
        parts.notes.append(
            "Cold start: no knowledge base had precedents for this table. "
            + " ".join(record.run.notes)
        )
    facts = replace(facts, **parts.values, notes=tuple(n.strip() for n in parts.notes))
    return facts if len(facts.to_json()) <= _MOST_BYTES else _cut(facts)


class _Parts:
    """Computed parts of the facts, and notes on the parts that failed."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.notes: list[str] = []

    def add(self, name: str, make: Callable[[], Any]) -> None:
        self.add_all(name, lambda: {name: make()})

    def add_all(self, name: str, make: Callable[[], Mapping[str, Any]]) -> None:
        self.values |= self.take(name, make) or {}

    def take(self, name: str, make: Callable[[], Made]) -> Made | None:
        """Return the result of `make`; None, with a note, where it fails."""
        try:
            return make()
        except Exception as error:
            _log.warning("No %s in the analysis.", name, exc_info=True)
            line = str(error).strip().splitlines()
            self.notes.append(
                f"The {name} could not be computed: {type(error).__name__}: "
                f"{line[0][:300] if line else 'no message'}"
            )
            return None


@dataclass(frozen=True, slots=True)
class _Inspected:
    """The probe and the columns for the parts that are computed last.

    Parameters
    ----------
    probe : Probe
    columns : dict of str to tuple of str
        Features of each of the user's columns, the most important column first.
    features : list of str
        The same features: the first of each column, then the second of each, ...
    """

    probe: Probe
    columns: Parts
    features: list[str]


def _rows(record: RunRecord, labels: tuple[str, ...]) -> Evaluated:
    """Return the out-of-fold rows with the ensemble's predictions of them."""
    problem, choice = record.run.problem, record.result.choice
    chosen = np.flatnonzero(choice.rows)
    return Evaluated(
        problem.task.kind,
        labels,
        problem.y[chosen],
        choice.prediction[chosen],
        None if problem.weight is None else problem.weight[chosen],
        groups_of(record.run.data.dependence, chosen),
        problem.metric,
        problem.target.classes,
        record.run.seed,
        _n_drawn(record),
        choice.output,
    )


def _n_drawn(record: RunRecord) -> int:
    limit = record.run.clock.limit
    return int(min(_ROWS_DRAWN, _ROWS_DRAWN / 200 * (50 if limit is None else limit)))


def _inspect(
    record: RunRecord, rows: Evaluated, effort: Effort, parts: _Parts
) -> _Inspected | None:
    """Measure importance and find weak slices; return the input of the later parts."""
    columns = _columns(record)
    ranked = list(columns)
    probe = open_probe(record, effort, len(columns))
    if probe is None:
        parts.notes.append("There was no time to inspect the fold models.")
    else:
        at = np.searchsorted(np.flatnonzero(record.result.choice.rows), probe.rows)
        score = rows.score_by(rows.metric).of(at)
        importance, is_whole = measure_importance(
            probe, columns, score, effort.part(_FOR_IMPORTANCE), seed=record.run.seed
        )
        parts.values["importance"] = tuple(importance)
        _note_importance(parts, probe, record, is_whole=is_whole)
        measured = dict.fromkeys(entry.column for entry in importance)
        ranked = [*measured, *(name for name in ranked if name not in measured)]
    features = _interleaved([columns[column] for column in ranked])
    chosen = np.flatnonzero(record.result.choice.rows)
    kind, present = rows.kind, set(record.run.problem.table.columns)
    parts.values["slices"] = tuple(
        find_slices(
            record.run.problem.table[chosen],
            row_losses(kind, rows.y, rows.outputs),
            measure_of(kind),
            [f for f in features if f in present],
            blocks=blocks_of(record.run.data.dependence, chosen),
            scales=scales_of(record.run.problem.schema),
        )
    )
    if probe is None or not parts.values["importance"]:
        return None
    return _Inspected(probe, {c: columns[c] for c in ranked}, features)


def _inspect_further(
    record: RunRecord,
    rows: Evaluated,
    target: str,
    effort: Effort,
    parts: _Parts,
    inspected: _Inspected,
) -> None:
    """Measure effects, and explain single rows."""
    probe = inspected.probe
    present = set(probe.table.columns)
    labels: tuple[str, ...] = (target,)
    if rows.kind is not TaskKind.REGRESSION:
        labels = rows.labels[1:] if rows.kind is TaskKind.BINARY else rows.labels
    parts.add(
        "effects",
        lambda: tuple(
            measure_effects(
                probe,
                [f for f in inspected.features if f in present][:_MOST_EFFECTS],
                labels,
                effort.part(_FOR_EFFECTS),
                scales_of(record.run.problem.schema),
            )
        ),
    )
    if not can_explain():
        parts.notes.append(
            "Single rows are not explained: the package shap is not installed. "
            "hint: pip install 'headstart[explain]'"
        )
        return
    parts.add(
        "explanations",
        lambda: _explained(record, rows, probe, inspected.columns, labels, effort),
    )
    if parts.values.get("explanations", ()) is None:
        parts.notes.append("There was no time to explain single rows.")


def _explained(
    record: RunRecord,
    rows: Evaluated,
    probe: Probe,
    columns: Parts,
    labels: tuple[str, ...],
    effort: Effort,
) -> tuple[Any, ...] | None:
    y = record.run.problem.y[probe.rows]
    is_value = rows.kind is TaskKind.REGRESSION
    explanations = explain_rows(
        probe,
        columns,
        row_losses(rows.kind, y, probe.outputs),
        record.run.problem.frame[probe.rows],
        ("",) if is_value else labels,
        [f"{v:.6g}" for v in y] if is_value else [rows.labels[c] for c in y],
        effort.part(_FOR_EFFECTS),
        seed=record.run.seed,
    )
    return None if explanations is None else tuple(explanations)


def _columns(record: RunRecord) -> Parts:
    """Return the features of each used column, raw texts included."""
    schema = record.run.problem.schema
    features_of_column = {}
    for column in schema.columns:
        names = (*column.features, *(n for n in schema.texts if n == column.name))
        if names:
            features_of_column[column.name] = names
    return features_of_column


def _interleaved(features: list[tuple[str, ...]]) -> list[str]:
    """Return the first feature of each column, then the second of each, ..."""
    return [name for turn in zip_longest(*features) for name in turn if name]


def _note_importance(
    parts: _Parts, probe: Probe, record: RunRecord, *, is_whole: bool
) -> None:
    n_folds = record.run.data.folds.n_complete
    if probe.rows.size < record.result.choice.rows.sum() or len(probe.models) < n_folds:
        parts.notes.append(
            f"Importance and effects were measured on {probe.rows.size:,} rows in "
            f"{len(probe.models)} of {n_folds} folds."
        )
    if not is_whole:
        parts.notes.append(
            "The time was not enough to shuffle every column: those without an "
            "importance were not measured."
        )
    parts.notes.append(_SHARED)


def _cut(facts: Facts) -> Facts:
    """Return the facts of a very wide table without the longest measured parts."""
    return replace(
        facts,
        importance=facts.importance[:_MOST_COLUMNS],
        explanations=None,
        notes=(
            *facts.notes,
            f"The importance of {_MOST_COLUMNS} columns is kept, and no explanation of "
            "single rows is: the table is very wide, or the search had very many "
            "configurations.",
        ),
    )
