"""What the table is: its columns, what it warns of, how rows were held out."""

from dataclasses import replace
from typing import Any

from headstart.facts import (
    ColumnFact,
    FindingFact,
    LeftOut,
    Scalar,
    TaskFacts,
    ValidationFacts,
)
from headstart.search.record import RunRecord
from headstart.validation import Validation

__all__ = ["seen_of", "task_of", "validation_of"]


def task_of(record: RunRecord, target: str, labels: tuple[str, ...]) -> TaskFacts:
    """Return what was to be predicted."""
    problem = record.run.problem
    return TaskFacts(
        problem.task.kind.value,
        target,
        labels,
        problem.task.n_rows,
        len(problem.schema.columns),
        problem.metric.name,
        problem.metric.greater_is_better,
        problem.weight is not None,
    )


def seen_of(record: RunRecord) -> dict[str, Any]:
    """Return the columns, what the table warns of, and rows that were left out."""
    told = record.model.facts
    return {
        "columns": tuple(
            ColumnFact(**{**column, "steps": tuple(column["steps"])})
            for column in told.get("columns", ())
        ),
        "findings": tuple(
            FindingFact(
                finding["code"],
                finding["severity"],
                tuple(finding["columns"]),
                finding["message"],
                {name: _scalar(value) for name, value in finding["evidence"].items()},
                finding["remedy"],
            )
            for finding in told.get("findings", ())
        ),
        "rows_left_out": tuple(
            LeftOut(row["reason"], row["count"])
            for row in told.get("rows_left_out", ())
        ),
    }


def validation_of(record: RunRecord, groups_given: Any = None) -> ValidationFacts:
    """Return how rows were held out; `groups_given` is what `fit` was given."""
    folds, asked = record.run.data.folds, record.run.settings.validation
    plan = asked if isinstance(asked, Validation) else Validation()
    groups = plan.groups
    if groups is None and record.run.problem.groups is not None:
        groups = groups_given if isinstance(groups_given, str) else "given"
    n_repeats = max(
        (unit[0] + 1 for trial in record.result.trials for unit in trial.fold_losses),
        default=folds.n_repeats,
    )
    words = folds.describe()
    if n_repeats < folds.n_repeats:
        made = replace(
            folds,
            fold_ids=folds.fold_ids[:n_repeats],
            training=None if folds.training is None else folds.training[:n_repeats],
        )
        words = f"{made.describe()}, {n_repeats} of {folds.n_repeats} repeats"
    return ValidationFacts(
        words,
        folds.n_folds,
        n_repeats,
        groups,
        plan.time_column,
        f"{plan.gap} times" if plan.gap else None,
        str(record.model.facts.get("validation_why", "")),
    )


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, bool | str):
        return value
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)
    if not abs(number) < 1e300:
        return str(value)
    return int(number) if isinstance(value, int) else number
