"""The analysis of a run: every part of the facts, as far as the time goes.

A part that fails is left out, and the notes say why: the model is there whatever comes
of its analysis.
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

# Bytes of the stored facts; above, the longest lists are cut.
_MOST_BYTES = 1_000_000
_MOST_COLUMNS = 500
# Of what is left when each is begun.
_FOR_INTERVALS = 0.25
_FOR_IMPORTANCE = 0.5
_FOR_SIZES = 0.5
_FOR_EFFECTS = 0.6
_MOST_EFFECTS = 8
# With less time than this only what costs next to nothing is computed,
_LEAST_SECONDS = 0.2
# and one interval, of as many resamples as these seconds allow: without it nobody can
# tell a score from chance.
_FOR_SCORE_ALONE = 0.1
# For one interval, of limits from 200 seconds on.
_ROWS_DRAWN = 20_000_000
_SHARED = (
    "Columns that tell the same share their importance: where one is shuffled, the "
    "model still has the other."
)

_WEIGHTED = (
    "Sample weights count in metrics, intervals, importance, ROC and calibration "
    "curves and thresholds. Confusion, histograms, residuals, effects and weak slices "
    "count every row once."
)
_OWN_METRIC = (
    "The metric is not a built-in one: the weights of the ensemble were chosen on the "
    "rows they are judged by, so the figures flatter."
)


def analyse_run(
    record: RunRecord,
    *,
    changed: Mapping[str, Any],
    of_rows: Mapping[str, Any] = MappingProxyType({}),
) -> Facts:
    """Return the facts of a run's model, with those that are measured here.

    Parameters
    ----------
    record : RunRecord
    changed : mapping of str to value
        The user's parameters that are not at their defaults.
    of_rows : mapping of str to value
        The ``groups`` and ``sample_weight`` that `fit` was given: names of columns, or
        vectors.
    """
    run, facts = record.run, record.model.facts
    effort = effort_of(run.clock, record.result.trials, run.problem.task.n_rows)
    labels, target = facts.task.classes, facts.task.target
    parts = _Parts()
    parts.add("reproduce", lambda: reproduction_of(record, target, changed, of_rows))
    parts.add("features", lambda: features_of(record))
    has_time = effort.is_counted or effort.left >= _LEAST_SECONDS
    rows = _rows(record, labels)
    seconds = math.inf if effort.is_counted else _FOR_INTERVALS * effort.left
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
        asked = parts.take("questions", lambda: _ask(record, rows, effort, parts))
        # Before the effects, of which there can always be fewer.
        for_sizes = effort if effort.is_counted else effort.part(_FOR_SIZES)
        parts.add("sizes", lambda: sizes_of(record, for_sizes))
        if asked is not None:
            _ask_more(record, rows, target, effort, parts, asked)
    else:
        parts.notes.append("Interrupted: importance, effects and slices are left out.")
    if record.run.precedents is None:
        parts.notes.append(
            "Cold start: no knowledge base spoke for this table. "
            + " ".join(record.run.notes)
        )
    facts = replace(facts, **parts.found, notes=tuple(n.strip() for n in parts.notes))
    return facts if len(facts.to_json()) <= _MOST_BYTES else _cut(facts)


class _Parts:
    """Parts of the facts that could be made, and why others could not."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.notes: list[str] = []

    def add(self, name: str, make: Callable[[], Any]) -> None:
        self.add_all(name, lambda: {name: make()})

    def add_all(self, name: str, make: Callable[[], Mapping[str, Any]]) -> None:
        self.found |= self.take(name, make) or {}

    def take(self, name: str, make: Callable[[], Made]) -> Made | None:
        """Return what is made; None, with a note, where it fails."""
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
class _Asked:
    """The probe and the columns for the parts that are computed last.

    Parameters
    ----------
    probe : Probe
    columns : dict of str to tuple of str
        What the user's columns became, the most important first.
    features : list of str
        The same in turn: the first of each, then the second.
    """

    probe: Probe
    columns: Parts
    features: list[str]


def _rows(record: RunRecord, labels: tuple[str, ...]) -> Evaluated:
    """Return the rows that a fold held out, with what the ensemble said of them."""
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
    )


def _n_drawn(record: RunRecord) -> int:
    limit = record.run.clock.limit
    return int(min(_ROWS_DRAWN, _ROWS_DRAWN / 200 * (50 if limit is None else limit)))


def _ask(
    record: RunRecord, rows: Evaluated, effort: Effort, parts: _Parts
) -> _Asked | None:
    """Find importance and weak slices; return what can be asked then."""
    columns = _columns(record)
    ranked = list(columns)
    probe = open_probe(record, effort, len(columns))
    if probe is None:
        parts.notes.append("There was no time to ask the fold models anything.")
    else:
        at = np.searchsorted(np.flatnonzero(record.result.choice.rows), probe.rows)
        score = rows.score_by(rows.metric).of(at)
        importance, is_whole = measure_importance(
            probe, columns, score, effort.part(_FOR_IMPORTANCE), seed=record.run.seed
        )
        parts.found["importance"] = tuple(importance)
        _note_importance(parts, probe, record, is_whole=is_whole)
        told = dict.fromkeys(one.column for one in importance)
        ranked = [*told, *(name for name in ranked if name not in told)]
    features = _in_turn([columns[column] for column in ranked])
    chosen = np.flatnonzero(record.result.choice.rows)
    kind, there = rows.kind, set(record.run.problem.table.columns)
    parts.found["slices"] = tuple(
        find_slices(
            record.run.problem.table[chosen],
            row_losses(kind, rows.y, rows.outputs),
            measure_of(kind),
            [f for f in features if f in there],
            blocks=blocks_of(record.run.data.dependence, chosen),
            scales=scales_of(record.run.problem.schema),
        )
    )
    if probe is None or not parts.found["importance"]:
        return None
    return _Asked(probe, {c: columns[c] for c in ranked}, features)


def _ask_more(
    record: RunRecord,
    rows: Evaluated,
    target: str,
    effort: Effort,
    parts: _Parts,
    asked: _Asked,
) -> None:
    """Find effects, and explanations of single rows."""
    probe, there = asked.probe, set(asked.probe.table.columns)
    labels: tuple[str, ...] = (target,)
    if rows.kind is not TaskKind.REGRESSION:
        labels = rows.labels[1:] if rows.kind is TaskKind.BINARY else rows.labels
    parts.add(
        "effects",
        lambda: tuple(
            measure_effects(
                probe,
                [f for f in asked.features if f in there][:_MOST_EFFECTS],
                labels,
                effort.part(_FOR_EFFECTS),
                scales_of(record.run.problem.schema),
            )
        ),
    )
    if not can_explain():
        parts.notes.append(
            "Single rows are not explained: the library for it is not installed. "
            "hint: pip install 'headstart[explain]'"
        )
        return
    parts.add(
        "explanations",
        lambda: _explained(record, rows, probe, asked.columns, labels, effort),
    )
    if parts.found.get("explanations", ()) is None:
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
    told = explain_rows(
        probe,
        columns,
        row_losses(rows.kind, y, probe.outputs),
        record.run.problem.frame[probe.rows],
        ("",) if is_value else labels,
        [f"{v:.6g}" for v in y] if is_value else [rows.labels[c] for c in y],
        effort.part(_FOR_EFFECTS),
        seed=record.run.seed,
    )
    return None if told is None else tuple(told)


def _columns(record: RunRecord) -> Parts:
    """Return what each column that is used became, raw texts included."""
    schema = record.run.problem.schema
    found = {}
    for column in schema.columns:
        names = (*column.features, *(n for n in schema.texts if n == column.name))
        if names:
            found[column.name] = names
    return found


def _in_turn(features: list[tuple[str, ...]]) -> list[str]:
    """Return what was made of columns: the first of each, then the second, ..."""
    return [name for turn in zip_longest(*features) for name in turn if name]


def _note_importance(
    parts: _Parts, probe: Probe, record: RunRecord, *, is_whole: bool
) -> None:
    n_folds = record.run.data.folds.n_complete
    if probe.rows.size < record.result.choice.rows.sum() or len(probe.models) < n_folds:
        parts.notes.append(
            f"Importance and effects were asked of {probe.rows.size:,} rows in "
            f"{len(probe.models)} of {n_folds} folds."
        )
    if not is_whole:
        parts.notes.append(
            "The time was not enough to shuffle every column: those without an "
            "importance were not asked about."
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
            "single rows is: the table is very wide, or very many configurations were "
            "tried.",
        ),
    )
