"""The validation scheme: the user's choices and the defaults."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import TaskKind
from headstart.validation.affordable import MOST_FOLDS, holdout_rows
from headstart.validation.assignment import (
    group_folds,
    holdout_fold,
    newest_fold,
    plain_folds,
    quantile_bins,
    stratified_folds,
    stratified_group_folds,
    time_folds,
)
from headstart.validation.folds import Folds
from headstart.validation.splitter import Splitter, folds_from_splitter

__all__ = [
    "HOLDOUT_ABOVE",
    "Validation",
    "explain_folds",
    "explain_refit",
    "plan_folds",
]

TIME_FOLDS = 5  # with more folds, the first would train on few and old rows
REPEAT_BELOW = 1_000  # rows
HOLDOUT_ABOVE = 50_000  # rows
# Of the newest rows, which must cover a span of time.
NEWEST_SHARE = 0.2
NEWEST_ROWS = 50_000
REGRESSION_BINS = 10


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation scheme. The search chooses the fields that are None.

    Parameters
    ----------
    folds : int or None
        Number of folds of a cross-validation, 2 to 254, or from 1 with `time_column`.
        By default 8, or 5 with a time column or if 8 would leave too little of the time
        limit for trials.
    repeats : int or None
        Number of repeats with other folds. By default 2 below 1,000 rows.
    holdout : float or None
        Share of the rows to hold out once, instead of folds. By default, from 5,000
        rows on a holdout is used if 5 folds would leave too little time, and above
        50,000 rows in a fit without a time limit. It has as many rows as a precise
        score needs, at most a fifth. With `time_column`, a single fold holds out the
        newest fifth of the rows, at most 50,000.
    groups : str or None
        Column of groups that must not be split, such as patients or customers.
    time_column : str or None
        Column that orders the rows: later rows are predicted from earlier ones. The
        chosen configurations are then refitted on all rows, including the newest.
    gap : int, default=0
        Number of distinct times excluded between training and validation rows.

    Raises
    ------
    TypeError, ValueError
        If a value is invalid, or two values contradict each other.

    Examples
    --------
    >>> Validation(folds=5, groups="patient").folds
    5
    """

    folds: int | None = None
    repeats: int | None = None
    holdout: float | None = None
    groups: str | None = None
    time_column: str | None = None
    gap: int = 0

    def __post_init__(self) -> None:
        fewest = 1 if self.time_column is not None else 2
        if self.folds is not None:
            _check_integer("folds", self.folds, fewest, 254)
        if self.repeats is not None:
            _check_integer("repeats", self.repeats, 1, 1_000)
        _check_integer("gap", self.gap, 0, None)
        if self.holdout is not None and not 0 < self.holdout < 1:
            raise ValueError(
                "The 'holdout' parameter of Validation must lie between 0 and 1. "
                f"Got {self.holdout!r} instead."
            )
        for first, second in (
            ("holdout", "folds"),
            ("time_column", "holdout"),
            ("time_column", "groups"),
            ("time_column", "repeats"),
        ):
            if getattr(self, first) is not None and getattr(self, second) is not None:
                raise ValueError(
                    f"Validation cannot have both {first!r} and {second!r}. "
                    f"Got {getattr(self, first)!r} and {getattr(self, second)!r}. "
                    "hint: omit one of them."
                )
        if self.gap and self.time_column is None:
            raise ValueError(
                f"A gap of {self.gap} needs the 'time_column' parameter of Validation."
            )


def plan_folds(
    validation: Validation | Splitter | None,
    y: NDArray[Any],
    kind: TaskKind,
    *,
    groups: NDArray[Any] | None = None,
    time: NDArray[Any] | None = None,
    seed: int = 0,
    n_folds: int | None = None,
    n_threads: int = 1,
) -> Folds:
    """Return the assignment of rows to folds of a run.

    Parameters
    ----------
    validation : Validation, splitter or None
        The user's choices; None for the defaults.
    y : ndarray of shape (n_rows,)
        Class codes, or values, by which folds are stratified.
    kind : TaskKind
    groups : ndarray of shape (n_rows,) or None
        Values of the group column, or the groups passed to ``fit``. No fold splits a
        group.
    time : ndarray of shape (n_rows,) or None
        Values of the time column.
    seed : int, default=0
    n_folds : int or None
        Default number of folds, 1 for a holdout, from a caller that knows the time
        limit. At most the number of rows or groups is used.
    n_threads : int, default=1

    Raises
    ------
    ValueError
        If there are too few rows or groups, the values of a named column are missing,
        or folds by time or by a splitter split a group.
    """
    y = np.asarray(y)
    if validation is not None and not isinstance(validation, Validation):
        # Splitters use at most the length of X.
        rows = np.arange(len(y)).reshape(-1, 1)
        folds = folds_from_splitter(validation, rows, y, groups)
        name = type(validation).__name__
        remedy = "GroupKFold, or another splitter that keeps groups together"
        _check_groups(folds, groups, f"The splits of {name}", remedy)
        return folds
    choices = validation or Validation()
    if len(y) < 2:
        raise ValueError(f"Validation needs at least 2 rows. Got {len(y)}.")
    if choices.time_column is not None or time is not None:
        folds = _plan_time(choices, time, n_folds)
        remedy = "omit the groups or the time column"
        _check_groups(folds, groups, "Folds in order of time", remedy)
        return folds
    if choices.groups is not None and groups is None:
        raise ValueError(
            f"Validation names the group column {choices.groups!r}, but its values are "
            "missing."
        )
    n_units = len(y) if groups is None else _count_distinct(groups)
    if groups is not None and n_units < 2:
        raise ValueError(
            f"Validation by groups needs at least 2 groups. Got {n_units}. "
            "hint: omit the groups, or choose another column."
        )
    if _is_holdout(choices, len(y), n_folds):
        share = choices.holdout or holdout_rows(y, kind) / len(y)
        return holdout_fold(
            len(y),
            share,
            choices.repeats or 1,
            codes=_strata(y, kind, round(1 / share)),
            groups=groups,
            seed=seed,
            n_threads=n_threads,
        )
    n_chosen = choices.folds or min(n_folds or MOST_FOLDS, n_units)
    repeats = choices.repeats or (2 if len(y) < REPEAT_BELOW else 1)
    codes = _strata(y, kind, n_chosen)
    options: dict[str, int] = {"seed": seed, "n_threads": n_threads}
    if groups is not None:
        if codes is None:
            return group_folds(groups, n_chosen, repeats, **options)
        return stratified_group_folds(codes, groups, n_chosen, repeats, **options)
    if codes is None:
        return plain_folds(len(y), n_chosen, repeats, **options)
    return stratified_folds(codes, n_chosen, repeats, **options)


def explain_folds(validation: object, folds: Folds, n_rows: int) -> str:
    """Return the reason for the choice of folds.

    Parameters
    ----------
    validation : "auto", Validation, splitter or name of one
        The user's choice.
    folds : Folds
        The resulting folds.
    n_rows : int
    """
    if validation is not None and not isinstance(validation, str | Validation):
        return f"the splitter {type(validation).__name__} was requested"
    if isinstance(validation, str) and validation != "auto":
        return f"the splitter {validation!r} was requested"
    choices = validation if isinstance(validation, Validation) else Validation()
    if choices.time_column is not None:
        return f"later rows are predicted from earlier ones by {choices.time_column!r}"
    chosen = [
        name for name in ("folds", "repeats", "holdout") if getattr(choices, name)
    ]
    if chosen:
        return f"{' and '.join(chosen)} as requested"
    if folds.scheme == "holdout":
        n_held_out = folds.validation(0, 0).size
        return (
            f"{n_rows:,} rows: one holdout of {n_held_out:,} rows is precise enough "
            "and leaves more time for trials than folds"
        )
    if folds.n_repeats > 1:
        return f"only {n_rows:,} rows: repeats reduce the variance of the score"
    if folds.n_folds < MOST_FOLDS:
        return f"{n_rows:,} rows: more folds would leave too little time for trials"
    return f"{n_rows:,} rows: each row is held out once"


def explain_refit(folds: Folds, n_not_refitted: int, n_members: int) -> str:
    """Return a note on whether the model was trained on all rows.

    Parameters
    ----------
    folds : Folds
        Folds in order of time, or one holdout.
    n_not_refitted : int
        Number of members that were not refitted on all rows; with an order in time,
        they are from the newest fold.
    n_members : int

    Examples
    --------
    >>> explain_refit(time_folds(np.arange(8), 3), 1, 2)
    '1 of 2 members of the model were trained without the newest 2 rows'
    """
    is_time = folds.scheme == "time"
    if not n_not_refitted:
        return "the model was refitted on all rows" + (
            ", including the newest" if is_time else ""
        )
    n_without = folds.n_rows - folds.train(*folds.units[0]).size
    rows = f"the newest {n_without:,}" if is_time else f"the {n_without:,} held-out"
    some = f"{n_not_refitted} of {n_members} members of the model were"
    subject = "the model was" if n_not_refitted == n_members else some
    return f"{subject} trained without {rows} rows"


def _plan_time(
    choices: Validation, time: NDArray[Any] | None, n_folds: int | None
) -> Folds:
    if time is None:
        raise ValueError(
            f"Validation names the time column {choices.time_column!r}, but its values "
            "are missing."
        )
    most = _count_distinct(time) - choices.gap - 1
    folds = choices.folds or max(1, min(n_folds or TIME_FOLDS, TIME_FOLDS, most))
    if folds == 1 or _is_holdout(choices, len(time), n_folds):
        share = min(NEWEST_SHARE, NEWEST_ROWS / len(time))
        return newest_fold(time, share, choices.gap)
    return time_folds(time, folds, choices.gap)


def _check_groups(
    folds: Folds, groups: NDArray[Any] | None, subject: str, remedy: str
) -> None:
    """Raise ValueError if a fold splits a group."""
    if groups is None:
        return
    for train, held_out in folds.split():
        split_groups = np.intersect1d(groups[train], groups[held_out])
        if split_groups.size:
            raise ValueError(
                f"{subject} split {split_groups.size} groups between training and "
                "validation rows: the score would not be valid for new groups. "
                f"hint: {remedy}."
            )


def _is_holdout(choices: Validation, n_rows: int, n_folds: int | None) -> bool:
    """Return whether rows are held out once, by choice or by default."""
    if choices.holdout is not None or choices.folds is not None:
        return choices.holdout is not None
    large = n_rows > HOLDOUT_ABOVE and choices.repeats is None
    return n_folds == 1 or (n_folds is None and large)


def _strata(y: NDArray[Any], kind: TaskKind, n_folds: int) -> NDArray[Any] | None:
    if kind.is_classification:
        return y
    bins = min(REGRESSION_BINS, len(y) // n_folds)
    # With more bins, a bin would have fewer rows than there are folds.
    return quantile_bins(y, bins) if bins > 1 else None


def _count_distinct(values: NDArray[Any]) -> int:
    array = np.asarray(values)
    return len(set(array.tolist())) if array.dtype == object else len(np.unique(array))


def _check_integer(name: str, value: object, low: int, high: int | None) -> None:
    expected = f"an int >= {low}" if high is None else f"an int in {low} .. {high}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"The {name!r} parameter of Validation must be {expected}. "
            f"Got {value!r} instead."
        )
    if value < low or (high is not None and value > high):
        raise ValueError(
            f"The {name!r} parameter of Validation must be {expected}. "
            f"Got {value!r} instead."
        )
