"""Plans: candidates fitted to training rows and computed for any rows."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl

from headstart.base import TaskKind
from headstart.exceptions import ColumnError
from headstart.features.columns.reader import Reader
from headstart.features.fitted.features import FittedFeatures
from headstart.features.fitted.making import make
from headstart.features.fitted.naming import feature_names
from headstart.features.fitting.learning import Learnt, learn
from headstart.features.fitting.target_codes import check_fold_ids, encode_y
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.state import State
from headstart.tables import to_frame

__all__ = ["Feature", "FeaturePlan"]


@dataclass(frozen=True, slots=True)
class Feature:
    """The output columns of one candidate of a plan.

    Parameters
    ----------
    names : tuple of str
        Names of the columns: several for hashed text, and for target features with
        three or more classes.
    words : str
        Description of the feature.
    candidate : Candidate
    n_state_bytes : int
        Size of the fitted state of this feature. Levels of columns, which features
        share, do not count.
    nanoseconds : int
        Approximate time to compute the feature for one new row, with the conversion of
        its columns. It was measured on one thread with 100,000 rows, and distinguishes
        expensive features from cheap ones.
    """

    names: tuple[str, ...]
    words: str
    candidate: Candidate
    n_state_bytes: int
    nanoseconds: int

    @property
    def origin(self) -> str:
        """Origin of the candidate."""
        return self.candidate.origin


class FeaturePlan:
    """A set of candidate features, fitted to training rows.

    Parameters
    ----------
    candidates : iterable of Candidate
        Distinct candidates.

    Attributes
    ----------
    candidates : tuple of Candidate
    is_fitted : bool

    Raises
    ------
    ValueError
        If two candidates are the same.

    Notes
    -----
    Rows are computed in blocks of 131,072. Besides the result, at most 12 bytes per row
    of a block and column are in memory. Fitting needs as much for all rows at once. The
    result does not depend on `n_threads`. polars uses additional threads of its own.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"income": [10.0, 40.0, 30.0, 20.0], "town": ["Ulm", "Bonn", "Ulm", "Bonn"]}
    ... )
    >>> plan = FeaturePlan(
    ...     [
    ...         Candidate("over_group_mean", ("income", "town")),
    ...         Candidate("target_mean", ("town",), {"smoothing": 0}),
    ...     ]
    ... )
    >>> made = plan.fit_transform(frame, [1, 0, 0, 1], fold_ids=[0, 0, 1, 1])
    >>> made.rows()
    [(0.5, 0.0), (1.3333333333333333, 1.0), (1.5, 1.0), (0.6666666666666666, 0.0)]
    >>> plan.transform(frame.head(1)).rows()
    [(0.5, 0.5)]
    >>> print(plan.explain())
    income / mean(income | town): income divided by its mean among rows of this town
    target mean(town) [smoothing=0]: mean target of other training rows of this town
    """

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self.candidates = tuple(candidates)
        duplicates = [
            c for i, c in enumerate(self.candidates) if c in self.candidates[:i]
        ]
        if duplicates:
            raise ValueError(
                f"The candidates of a plan must differ. {duplicates[0].name!r} occurs "
                "twice."
            )
        self._fitted: FittedFeatures | None = None

    @property
    def is_fitted(self) -> bool:
        """True if `transform` can be called."""
        return self._fitted is not None

    @property
    def fitted(self) -> FittedFeatures:
        """The fitted features, which are computed without the plan.

        Raises
        ------
        ValueError
            If the plan is not fitted.
        """
        if self._fitted is None:
            raise ValueError("This plan is not fitted. hint: call fit_transform first.")
        return self._fitted

    @property
    def reads_target(self) -> bool:
        """True if fitting needs the target."""
        return any(c.kind.reads_target for c in self.candidates)

    @property
    def columns(self) -> tuple[str, ...]:
        """Used columns of the table, in the order of first use."""
        return tuple(dict.fromkeys(n for c in self.candidates for n in c.columns))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the output columns, in order."""
        return tuple(name for feature in self.features for name in feature.names)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features, one entry per candidate."""
        fitted = self._fitted
        labels = () if fitted is None else fitted.labels
        states = (State(),) * len(self.candidates) if fitted is None else fitted.states
        return tuple(
            Feature(
                names,
                candidate.explain(),
                candidate,
                state.numbers.nbytes + 8 * len(state.starts),
                _nanoseconds(candidate),
            )
            for candidate, names, state in zip(
                self.candidates,
                feature_names(self.candidates, labels),
                states,
                strict=True,
            )
        )

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        task: TaskKind | str | None = None,
        seed: int = 0,
        n_threads: int = 1,
    ) -> Self:
        """Fit the plan to training rows, and return it.

        Use `fit_transform` for the features of the training rows: after `transform`, a
        training row's target features would depend on its own target.

        Parameters
        ----------
        X, y, task, seed, n_threads
            As in `fit_transform`.
        """
        frame = to_frame(X)
        # The tables for new rows do not depend on the folds.
        fold_ids = np.arange(frame.height, dtype=np.int64) % 2
        self._learn(frame, y, fold_ids, task, seed, n_threads)
        return self

    def fit_transform(
        self,
        X: Any,
        y: Any = None,
        fold_ids: Any = None,
        *,
        task: TaskKind | str | None = None,
        seed: int = 0,
        n_threads: int = 1,
    ) -> pl.DataFrame:
        """Fit the plan to training rows, and return their features.

        Parameters
        ----------
        X : table of n_rows rows
            As for `headstart.tables.to_frame`. Columns that no feature uses are
            ignored.
        y : array-like of shape (n_rows,), optional
            Required if an operator reads the target.
        fold_ids : array-like of int of shape (n_rows,), optional
            Required if an operator is cross-fitted: a row's value is computed from rows
            with other ids.
        task : {"binary", "multiclass", "regression"} or None
            None means regression for numbers with fractions, else classification.
        seed : int, default=0
            Seed of the random orders.
        n_threads : int, default=1

        Returns
        -------
        DataFrame
            One column per name in `names`: Float64, or Enum for crosses; null where
            missing.

        Raises
        ------
        ColumnError
            If a column is missing or of the wrong kind, or two columns would have one
            name.
        TableError
            If the target does not fit.
        ValueError
            If the target or the folds are required and absent.
        """
        frame = to_frame(X)
        if fold_ids is None:
            needs_folds = [
                c.name
                for c in self.candidates
                if c.kind.reads_target and c.operator != "ordered_target_mean"
            ]
            if needs_folds:
                raise ValueError(
                    f"fold_ids are needed: the feature {needs_folds[0]!r} reads the "
                    "target and is cross-fitted."
                )
            fold_ids = np.arange(frame.height, dtype=np.int64) % 2
        learned = self._learn(frame, y, fold_ids, task, seed, n_threads)
        reader = Reader(frame, learned.coding, learned.codes)
        columns = make(
            self.candidates,
            learned.states,
            reader,
            learned.out_of_fold,
            n_threads=n_threads,
        )
        return self.fitted.table(columns, frame.height)

    def transform(self, X: Any, *, n_threads: int = 1) -> pl.DataFrame:
        """Return the features of new rows.

        Parameters
        ----------
        X : table
        n_threads : int, default=1

        Returns
        -------
        DataFrame
            As in `fit_transform`.

        Raises
        ------
        ValueError
            If the plan is not fitted.
        ColumnError
            If a column is missing or of the wrong kind.
        """
        return self.fitted.apply(to_frame(X), n_threads=n_threads)

    def explain(self) -> str:
        """Return a description of the features, one line each."""
        return "\n".join(
            f"{candidate.name}: {candidate.explain()}" for candidate in self.candidates
        )

    def to_json(self) -> str:
        """Return the fitted plan as JSON.

        Raises
        ------
        ValueError
            If the plan is not fitted.
        """
        return self.fitted.to_json()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the plan of a text that `to_json` returned.

        Raises
        ------
        ArtifactError
            If the text is not a plan, is damaged, or has a newer version.
        """
        fitted = FittedFeatures.from_json(text)
        plan = cls(fitted.candidates)
        plan._fitted = fitted
        return plan

    def _learn(
        self,
        frame: pl.DataFrame,
        y: Any,
        fold_ids: Any,
        task: TaskKind | str | None,
        seed: int,
        n_threads: int,
    ) -> Learnt:
        if seed < 0 or n_threads < 1:
            raise ValueError(
                "seed must be at least 0 and n_threads at least 1. Got "
                f"seed={seed}, n_threads={n_threads}."
            )
        target, ids = None, np.zeros(0, dtype=np.uint8)
        if self.reads_target:
            if y is None:
                name = next(c.name for c in self.candidates if c.kind.reads_target)
                raise ValueError(f"y is needed: the feature {name!r} reads the target.")
            target = encode_y(y, frame.height, task)
            ids = check_fold_ids(fold_ids, frame.height)
            self._check_evidence(target.n_classes)
        labels = () if target is None else tuple(map(str, target.output_labels))
        _check_names(feature_names(self.candidates, labels), frame.columns)
        learned = learn(
            self.candidates, frame, target, ids, seed=seed, n_threads=n_threads
        )
        self._fitted = FittedFeatures(
            self.candidates, tuple(learned.states), learned.coding, labels
        )
        return learned

    def _check_evidence(self, n_classes: int) -> None:
        for candidate in self.candidates:
            if candidate.operator == "weight_of_evidence" and n_classes != 2:
                raise ValueError(
                    f"The feature {candidate.name!r} needs a target of two classes. "
                    f"Got {n_classes or 'a regression'}."
                )


def _check_names(names: list[tuple[str, ...]], columns: list[str]) -> None:
    table_columns = set(columns)
    for name in itertools.chain.from_iterable(names):
        if name in table_columns:
            raise ColumnError(
                f"A feature would have the name {name!r} of a column of the table. "
                "hint: rename the column."
            )


# Measured. Operators that are not listed take the time of their kind.
_NANOSECONDS = {
    "signed_log": 40, "rank": 150, "quantile_bin": 40, "group_rank": 45, "cross": 75,
    "hour": 80, "is_month_end": 110, "elapsed": 10, "days_between": 10,
    "text_length": 20, "text_words": 120, "text_digits": 120, "text_upper_share": 360,
    "text_hash": 560,
}  # fmt: skip


def _nanoseconds(candidate: Candidate) -> int:
    if candidate.operator in _NANOSECONDS:
        return _NANOSECONDS[candidate.operator]
    if candidate.operator.endswith(("_sine", "_cosine")):
        return 110
    if candidate.kind.kind == "datetime":
        return 30
    if len(candidate.key_columns) > 1:
        return 60
    return 10 * max(2, len(candidate.value_columns))
