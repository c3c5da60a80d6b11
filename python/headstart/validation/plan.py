"""The validation scheme: the user's choices, and defaults."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import TaskKind
from headstart.validation.dealing import (
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
    "explain_newest_rows",
    "plan_folds",
]

DEFAULT_FOLDS = 8
TIME_FOLDS = 5  # the first of more folds would train on few rows, long before the last
REPEAT_BELOW = 1_000  # rows
HOLDOUT_ABOVE = 50_000  # rows
HOLDOUT_SHARE = 0.2
HOLDOUT_ROWS = 50_000  # more held-out rows make a score no truer, only slower
REGRESSION_BINS = 10


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation scheme. Fields that are None are chosen by the search.

    Parameters
    ----------
    folds : int or None
        Folds of a cross-validation, 2 to 254 (with `time_column`, from 1). By default
        8, or 5 where time is short or rows are in order of time.
    repeats : int or None
        How often all rows are dealt out anew. By default 2 below 1,000 rows.
    holdout : float or None
        Hold out this share of the rows once, instead of folds. By default 0.2 above
        50,000 rows, and 50,000 rows where that is less. With `time_column` a single
        fold is a holdout of that share: the newest rows.
    groups : str or None
        Column whose equal values must not be parted: a patient, a customer.
    time_column : str or None
        Column to order rows by; later rows are predicted from earlier ones. The chosen
        configurations are then refitted on all rows, so that the model has learnt from
        the newest.
    gap : int, default=0
        Distinct times left out between training and held-out rows.

    Raises
    ------
    TypeError, ValueError
        If a value makes no sense, or two of them do not go together.

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
        for one, other in (
            ("holdout", "folds"),
            ("time_column", "holdout"),
            ("time_column", "groups"),
            ("time_column", "repeats"),
        ):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(
                    f"Validation can not have both {one!r} and {other!r}. "
                    f"Got {getattr(self, one)!r} and {getattr(self, other)!r}. "
                    "hint: leave one of them out."
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
        What the user asked for; None to have everything chosen.
    y : ndarray of shape (n_rows,)
        Class codes, or values; folds are stratified by them.
    kind : TaskKind
    groups : ndarray of shape (n_rows,) or None
        Values of the group column, or those given to ``fit``. No group is on both
        sides of a fold.
    time : ndarray of shape (n_rows,) or None
        Values of the time column.
    seed : int, default=0
    n_folds : int or None
        Number of folds where the user did not say, 1 for a holdout: for a caller who
        knows how much time there is. Cut to the number of rows or groups.
    n_threads : int, default=1

    Raises
    ------
    ValueError
        If the rows or groups do not suffice, a column was named but not given, or
        folds by time or by a splitter would train on a group that they hold out.
    """
    y = np.asarray(y)
    if validation is not None and not isinstance(validation, Validation):
        # Splitters look at the length of X at most.
        rows = np.arange(len(y)).reshape(-1, 1)
        folds = folds_from_splitter(validation, rows, y, groups)
        name = type(validation).__name__
        remedy = "GroupKFold, or another splitter that keeps groups together"
        _check_groups(folds, groups, f"The splits of {name}", remedy)
        return folds
    asked = validation or Validation()
    if len(y) < 2:
        raise ValueError(f"Validation needs at least 2 rows. Got {len(y)}.")
    if asked.time_column is not None or time is not None:
        folds = _plan_time(asked, time, n_folds)
        remedy = "leave the groups out, or the time column"
        _check_groups(folds, groups, "Folds in order of time", remedy)
        return folds
    if asked.groups is not None and groups is None:
        raise ValueError(
            f"Validation names the group column {asked.groups!r}: its values are "
            "needed."
        )
    n_units = len(y) if groups is None else _count_distinct(groups)
    if groups is not None and n_units < 2:
        raise ValueError(
            f"Validation by groups needs at least 2 groups. Got {n_units}. "
            "hint: leave the groups out, or choose another column."
        )
    share = _holdout_share(asked, len(y), n_folds)
    if share is not None:
        return holdout_fold(
            len(y),
            share,
            asked.repeats or 1,
            codes=_strata(y, kind, round(1 / share)),
            groups=groups,
            seed=seed,
            n_threads=n_threads,
        )
    n_asked = asked.folds or min(n_folds or DEFAULT_FOLDS, n_units)
    repeats = asked.repeats or (2 if len(y) < REPEAT_BELOW else 1)
    codes = _strata(y, kind, n_asked)
    chance: dict[str, int] = {"seed": seed, "n_threads": n_threads}
    if groups is not None:
        if codes is None:
            return group_folds(groups, n_asked, repeats, **chance)
        return stratified_group_folds(codes, groups, n_asked, repeats, **chance)
    if codes is None:
        return plain_folds(len(y), n_asked, repeats, **chance)
    return stratified_folds(codes, n_asked, repeats, **chance)


def explain_folds(validation: object, folds: Folds, n_rows: int) -> str:
    """Return the reason for the choice of folds.

    Parameters
    ----------
    validation : "auto", Validation, splitter or name of one
        What the user asked for.
    folds : Folds
        What came of it.
    n_rows : int
    """
    if validation is not None and not isinstance(validation, str | Validation):
        return f"the splitter {type(validation).__name__} was asked for"
    if isinstance(validation, str) and validation != "auto":
        return f"the splitter {validation!r} was asked for"
    asked = validation if isinstance(validation, Validation) else Validation()
    if asked.time_column is not None:
        return f"later rows are predicted from earlier ones by {asked.time_column!r}"
    told = [name for name in ("folds", "repeats", "holdout") if getattr(asked, name)]
    if told:
        return f"{' and '.join(told)} as asked for"
    if folds.scheme == "holdout":
        return f"{n_rows:,} rows: a part of them tells enough, folds would cost more"
    if folds.n_repeats > 1:
        return f"only {n_rows:,} rows: dealt out more than once, for a steadier score"
    if folds.n_folds < DEFAULT_FOLDS:
        return f"{n_rows:,} rows: more folds would leave too little time for trials"
    return f"{n_rows:,} rows: every one is held out once"


def explain_newest_rows(folds: Folds, n_old: int, n_members: int) -> str:
    """Return a note on whether the model was trained on the newest rows.

    Parameters
    ----------
    folds : Folds
    n_old : int
        Members of the model that are of the newest fold, not refitted on all rows.
    n_members : int

    Examples
    --------
    >>> explain_newest_rows(time_folds(np.arange(8), 3), 1, 2)
    '1 of 2 members of the model have not seen the newest 2 rows'
    """
    if not n_old:
        return "the model was refitted on all rows, the newest too"
    unseen = folds.n_rows - folds.train(*folds.units[0]).size
    some = f"{n_old} of {n_members} members of the model have"
    who = "the model has" if n_old == n_members else some
    return f"{who} not seen the newest {unseen:,} rows"


def _plan_time(
    asked: Validation, time: NDArray[Any] | None, n_folds: int | None
) -> Folds:
    if time is None:
        raise ValueError(
            f"Validation names the time column {asked.time_column!r}: its values are "
            "needed."
        )
    share = _holdout_share(asked, len(time), n_folds)
    most = _count_distinct(time) - asked.gap - 1
    folds = asked.folds or max(1, min(n_folds or TIME_FOLDS, TIME_FOLDS, most))
    if share is not None or folds == 1:
        return newest_fold(time, share or HOLDOUT_SHARE, asked.gap)
    return time_folds(time, folds, asked.gap)


def _check_groups(
    folds: Folds, groups: NDArray[Any] | None, what: str, remedy: str
) -> None:
    """Raise ValueError if a fold splits a group."""
    if groups is None:
        return
    for train, held_out in folds.split():
        parted = np.intersect1d(groups[train], groups[held_out])
        if parted.size:
            raise ValueError(
                f"{what} have rows of {parted.size} groups on both sides, training and "
                "held-out: a score would not hold for new groups. No group may be on "
                f"both. hint: {remedy}."
            )


def _holdout_share(asked: Validation, n_rows: int, n_folds: int | None) -> float | None:
    if asked.holdout is not None:
        return asked.holdout
    if asked.folds is not None:
        return None
    large = n_rows > HOLDOUT_ABOVE and asked.repeats is None
    if n_folds == 1 or (n_folds is None and large):
        return min(HOLDOUT_SHARE, HOLDOUT_ROWS / n_rows)
    return None


def _strata(y: NDArray[Any], kind: TaskKind, n_folds: int) -> NDArray[Any] | None:
    if kind.is_classification:
        return y
    bins = min(REGRESSION_BINS, len(y) // n_folds)
    # With fewer rows than that a bin could not lie in every fold.
    return quantile_bins(y, bins) if bins > 1 else None


def _count_distinct(values: NDArray[Any]) -> int:
    array = np.asarray(values)
    return len(set(array.tolist())) if array.dtype == object else len(np.unique(array))


def _check_integer(name: str, value: object, low: int, high: int | None) -> None:
    wanted = f"an int >= {low}" if high is None else f"an int in {low} .. {high}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"The {name!r} parameter of Validation must be {wanted}. "
            f"Got {value!r} instead."
        )
    if value < low or (high is not None and value > high):
        raise ValueError(
            f"The {name!r} parameter of Validation must be {wanted}. "
            f"Got {value!r} instead."
        )
