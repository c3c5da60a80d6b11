"""The transform: a step from table to table, fitted on training rows only.

Like a learner it holds no fitted state: what is fitted is returned by `Transform.fit`,
and everything later done with it goes through the transform too.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

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

__all__ = ["Transform"]


class Transform:
    """Base class of transforms.

    A subclass gives `name`, `columns`, `fit` and `transform`; all else has a default.
    The search tries a configuration with and without each transform; in a
    configuration they run one after another, each on the table that the one before
    left.

    Everything is fitted on the training rows of a fold, once for all configurations
    that ask for the same steps. Methods are called in worker processes as well as in
    the user's own; a transform must not keep state between calls.

    Attributes
    ----------
    name : str
        Unique among transforms, lower case with underscores: what users write in
        ``transforms=``.
    tasks : frozenset of TaskKind
        Kinds of problem it is offered for.
    space_version : int
        To be raised when a parameter changes its meaning, so that results stored for
        the old meaning are not used for the new one.
    order : int
        Its place in a chain: lower runs first, equal ones by name.
    max_rows : int or None
        Rows above which it is not worth trying.
    replaces : bool
        Whether what `transform` returns takes the place of the columns it was given;
        else it is added to them. Raw text never reaches a learner, replaced or not.
    reads_target : bool
        Whether it learns from the target. Only then are `fit` and `fit_transform`
        given it; what the learner is trained on is then made by `fit_transform` of
        inner folds, so that no row's own target is in its features.
    """

    name: ClassVar[str]
    tasks: ClassVar[frozenset[TaskKind]] = frozenset(TaskKind)
    space_version: ClassVar[int] = 1
    order: ClassVar[int] = 50
    max_rows: ClassVar[int | None] = None
    replaces: ClassVar[bool] = False
    reads_target: ClassVar[bool] = False

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the names of the columns it applies to, of those in `table`.

        None: it is not offered for this table. Called for the user's table before the
        search, and in each fold for the table that it is given.
        """
        del task
        return table.numeric

    def promise(self, table: TableColumns, task: Task) -> float:
        """Return how likely it is to help on such a table, from 0 to 1.

        What promises more for its price is tried first, and 0 is not tried unless the
        user names it: tables with too few rows, say, or columns it does little for.
        """
        del table, task
        return 0.5

    def search_space(self, task: Task) -> SearchSpace:
        """Return what may be varied, with a tuned default. Nothing by default."""
        del task
        return SearchSpace()

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return parameters worth trying first, best first, besides the default."""
        del task
        return ()

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds of `fit_transform` on `n_rows` rows, one thread.

        A hint, corrected by what the run measures. The search without a time limit
        uses it as it is, so it must depend on the arguments only.
        """
        del parameters
        return 0.02 + 1e-7 * n_rows * task.n_features

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Predict how many columns it makes of `n_columns`, for what learners cost."""
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
        """Learn from training rows and return what was learnt.

        Parameters
        ----------
        task : Task
        parameters : mapping
            A point of `search_space`.
        rows : TableRows
            The training rows, of the columns that it applies to; their target is None
            unless `reads_target`.
        validation : None
            A transform has nothing to stop early by.
        resources : Resources
            Threads, seed and deadline.
        """
        raise NotImplementedError(f"Transform {self.name!r} must define fit().")

    def transform(self, fitted: Any, X: "pl.DataFrame", task: Task) -> "pl.DataFrame":
        """Return the columns it makes of new rows, in the rows' order.

        Parameters
        ----------
        fitted : object
            What `fit` returned, or `load`.
        X : polars.DataFrame
            The same columns as in `fit`.

        Returns
        -------
        polars.DataFrame
            As many rows as `X`; for every table the same columns, of numbers or
            booleans (null where missing, never NaN or infinite) or of an Enum whose
            categories do not change.
        """
        raise NotImplementedError(f"Transform {self.name!r} must define transform().")

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[Any, "pl.DataFrame"]:
        """Learn from training rows; return what was learnt, and these rows' columns.

        The default fits and transforms. Where it `reads_target` the rows of each part
        are transformed by what all others teach, and new rows later by what all do:
        its columns must mean the same whatever rows it was fitted on. One whose axes
        may turn has a `fit_transform` of its own, or does not read the target.

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
        frames, places = [], []
        for part in np.unique(rows.parts):
            inside = np.flatnonzero(rows.parts == part)
            others = rows.take(np.flatnonzero(rows.parts != part))
            learnt = self.fit(task, parameters, others, validation, resources)
            frames.append(self.transform(learnt, rows.X[inside], task))
            places.append(inside)
        import polars as pl

        # A part may lack what makes a column (a class, of an encoder of classes): null
        # there. Columns are those that new rows will get.
        names = self.transform(fitted, rows.X[:1], task).columns
        whole = pl.concat(frames, how="diagonal")
        whole = whole.with_columns(
            pl.lit(None, pl.Float64).alias(n) for n in names if n not in whole.columns
        )
        return fitted, whole.select(names)[np.argsort(np.concatenate(places))]

    def explain(self, fitted: Any) -> Sequence[MadeFeature]:
        """Return what it made, in words, for reports. Nothing by default.

        Parameters
        ----------
        fitted : object
            What `fit` returned, or `load`.
        """
        del fitted
        return ()

    def dump(self, fitted: Any) -> Parts:
        """Return what was learnt as named bytes that load without running code."""
        return dump_skops(fitted)

    def load(self, parts: Parts) -> Any:
        """Return what `dump` wrote.

        Parts may come from a hostile file: check before use.

        Raises
        ------
        ArtifactError
            If the parts are not what `dump` writes.
        """
        return load_skops(parts, f"transform {self.name!r}", self.trusted_types())

    def trusted_types(self) -> Sequence[str]:
        """Return dotted names of types that `load` may build beyond skops' own."""
        return ()
