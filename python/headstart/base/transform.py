"""The transform: a step from table to table, fitted on training rows only.

Like a learner it holds no fitted state: `Transform.fit` returns the fitted state, and
the transform applies, dumps and loads it. A `StoredTransform` is a fitted state that
does so itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from headstart.base.made_feature import MadeFeature
from headstart.base.resources import Resources
from headstart.base.rows import TableRows
from headstart.base.space import Parameters, SearchSpace
from headstart.base.stored import Parts, dump_skops, load_skops
from headstart.base.table_columns import TableColumns
from headstart.base.task import Task, TaskKind

if TYPE_CHECKING:
    import polars as pl

__all__ = ["StoredTransform", "Transform"]


class StoredTransform(ABC):
    """A fitted transform as data: records and arrays, without the code that fits.

    A subclass is a frozen dataclass of `headstart.predict`, whose `kinds` lists all. A
    transform whose `fit` returns an object of one of these needs neither its plugin nor
    its library for predictions.

    Attributes
    ----------
    kind : str
        Name of the kind in model files.
    """

    kind: ClassVar[str]

    @abstractmethod
    def apply(self, X: "pl.DataFrame") -> "pl.DataFrame":
        """Return the columns that the transform computes for new rows.

        Has no side effects, and depends on nothing but the object and `X`.
        """

    def reads(self, columns: Sequence[str]) -> Sequence[str]:
        """Return the columns on which `apply` depends; all by default.

        Parameters
        ----------
        columns : sequence of str
            The columns that the transform was fitted on.
        """
        return columns

    @abstractmethod
    def to_parts(self) -> Parts:
        """Return JSON records and arrays as named bytes."""

    @classmethod
    @abstractmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the object that `to_parts` wrote, after checking every value.

        Raises
        ------
        ArtifactError
            If the parts are anything else.
        """


class Transform:
    """Base class of transforms.

    A subclass defines `name`, `columns`, `fit` and `transform`; all else has a default.
    One that is `stored_as` a kind needs no `transform`: the result of `fit` has it.
    The search tries configurations with and without each transform. The transforms of a
    configuration run one after another, each on the table that the previous one
    returned.

    Transforms are fitted on the training rows of a fold, once for all configurations
    with the same steps. Methods are called in worker processes as well as in the user's
    process; a transform must not keep state between calls.

    Attributes
    ----------
    name : str
        Unique among transforms, lower case with underscores: what users write in
        ``transforms=``.
    tasks : frozenset of TaskKind
        Kinds of task for which it is available.
    space_version : int
        Must be raised when a parameter changes its meaning, so that results stored for
        the old meaning are not used for the new one.
    order : int
        Position in a chain: lower runs first, equal ones in order of their names.
    max_rows : int or None
        Number of rows above which it is not tried.
    replaces : bool
        Whether the columns that `transform` returns replace those that it was given, or
        are added to them. Raw text never reaches a learner in either case.
    reads_target : bool
        Whether it learns from the target. Only then do `fit` and `fit_transform`
        receive the target. The training features are then made by inner folds in
        `fit_transform`, so that no feature of a row depends on the row's own target.
    stored_as : type of StoredTransform or None
        Class of what `fit` returns, if it is one of the kinds that headstart itself
        applies and stores. Predictions of models then do not need this transform.
    """

    name: ClassVar[str]
    tasks: ClassVar[frozenset[TaskKind]] = frozenset(TaskKind)
    space_version: ClassVar[int] = 1
    order: ClassVar[int] = 50
    max_rows: ClassVar[int | None] = None
    replaces: ClassVar[bool] = False
    reads_target: ClassVar[bool] = False
    stored_as: ClassVar[type[StoredTransform] | None] = None

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the names of the columns of `table` that it applies to.

        If there are none, it is not available for this table. Called for the user's
        table before the search, and in each fold for the table at its step.
        """
        del task
        return table.numeric

    def promise(self, table: TableColumns, task: Task) -> float:
        """Return the prior gain: the probability that it helps on a table, 0 to 1.

        Transforms with a higher prior gain per cost are tried first. With 0 (on tables
        with too few rows, for instance) it is tried only if the user names it.
        """
        del table, task
        return 0.5

    def search_space(self, task: Task) -> SearchSpace:
        """Return the search space with a tuned default. Empty unless overridden."""
        del task
        return SearchSpace()

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return parameters worth trying first, best first, besides the default."""
        del task
        return ()

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of `fit_transform` on `n_rows` rows with one thread.

        A hint that the run corrects by measured seconds. The search without a time
        limit uses it as it is, so it must depend on the arguments only.

        Parameters
        ----------
        task : Task
        parameters : mapping
        n_rows : int
            Training rows of the fold.
        """
        del parameters
        return 0.02 + 1e-7 * n_rows * task.n_features

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Return the predicted number of columns it makes, for the cost of learners."""
        del parameters
        return n_columns

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> Any:
        """Fit on training rows and return the fitted state.

        Parameters
        ----------
        task : Task
        parameters : mapping
            A point of `search_space`.
        rows : TableRows
            The training rows of the columns that it applies to; their target is None
            unless `reads_target`.
        validation : None
            Transforms have no early stopping.
        resources : Resources
            Threads, seed and deadline.
        """
        raise NotImplementedError(f"Transform {self.name!r} must define fit().")

    def transform(self, fitted: Any, X: "pl.DataFrame", task: Task) -> "pl.DataFrame":
        """Return the columns that it computes for new rows, in the order of the rows.

        By default the result of `StoredTransform.apply`.

        Parameters
        ----------
        fitted : object
            The result of `fit` or `load`.
        X : polars.DataFrame
            The same columns as in `fit`.

        Returns
        -------
        polars.DataFrame
            As many rows as `X`; for every table the same columns, of numbers or
            booleans (null where missing, never NaN or infinite) or of an Enum whose
            categories do not change.
        """
        del task
        if isinstance(fitted, StoredTransform):
            return fitted.apply(X)
        raise NotImplementedError(f"Transform {self.name!r} must define transform().")

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[Any, "pl.DataFrame"]:
        """Fit on training rows; return the fitted state and the columns of these rows.

        The default calls `fit` and `transform`. If it `reads_target`, the rows of each
        inner fold are transformed by a fit on the other inner folds, and new rows by a
        fit on all rows. So a column must have the same meaning in all these fits. A
        transform without this property (its axes may rotate, for instance) must define
        its own `fit_transform` or not read the target.

        Parameters
        ----------
        task : Task
        parameters : mapping
        rows : TableRows
            As in `fit`, with the inner folds in ``rows.parts``.
        validation : None
        resources : Resources
        """
        fitted = self.fit(task, parameters, rows, validation, resources)
        if not self.reads_target:
            return fitted, self.transform(fitted, rows.X, task)
        if rows.parts is None:
            raise ValueError(
                f"Transform {self.name!r} reads the target: its rows must have parts."
            )
        frames, positions = [], []
        for part in np.unique(rows.parts):
            inside = np.flatnonzero(rows.parts == part)
            other_rows = rows.take(np.flatnonzero(rows.parts != part))
            fold_fitted = self.fit(task, parameters, other_rows, validation, resources)
            frames.append(self.transform(fold_fitted, rows.X[inside], task))
            positions.append(inside)
        import polars as pl

        # A fit without one inner fold may lack a column (an encoder of classes, if a
        # class is missing there): it is null. Columns are those of the fit on all rows.
        names = self.transform(fitted, rows.X[:1], task).columns
        stacked = pl.concat(frames, how="diagonal")
        stacked = stacked.with_columns(
            pl.lit(None, pl.Float64).alias(n) for n in names if n not in stacked.columns
        )
        return fitted, stacked.select(names)[np.argsort(np.concatenate(positions))]

    def reads(self, fitted: Any, columns: Sequence[str]) -> Sequence[str]:
        """Return the columns on which `transform` depends.

        By default all, or the result of `StoredTransform.reads`. A table to predict may
        lack the others: they are null there.

        Parameters
        ----------
        fitted : object
            The result of `fit` or `load`.
        columns : sequence of str
            The columns that it was fitted on.
        """
        return fitted.reads(columns) if isinstance(fitted, StoredTransform) else columns

    def explain(self, fitted: Any) -> Sequence[MadeFeature]:
        """Return descriptions of the features it made, for reports. None by default.

        Parameters
        ----------
        fitted : object
            The result of `fit` or `load`.
        """
        del fitted
        return ()

    def dump(self, fitted: Any) -> Parts:
        """Return the fitted state as named bytes that load without running code.

        By default its own parts if it is `stored_as` a kind, otherwise in the format of
        skops.
        """
        if isinstance(fitted, StoredTransform):
            return fitted.to_parts()
        return dump_skops(fitted)

    def load(self, parts: Parts) -> Any:
        """Return the fitted state that `dump` wrote.

        The parts may come from a hostile file and must be checked before use.

        Raises
        ------
        ArtifactError
            If the parts are not what `dump` writes.
        """
        if self.stored_as is not None:
            return self.stored_as.from_parts(parts)
        return load_skops(parts, f"transform {self.name!r}", self.trusted_types())

    def trusted_types(self) -> Sequence[str]:
        """Return dotted names of types that `load` may build beyond skops' own."""
        return ()
