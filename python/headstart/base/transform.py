"""The transform: a step from table to table, fitted on training rows only.

Like a learner it holds no fitted state: what is fitted is returned by `Transform.fit`,
and everything later done with it goes through the transform too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from headstart.base.learner import Parameters, Parts
from headstart.base.made_feature import MadeFeature
from headstart.base.matrix import FloatArray, IntArray
from headstart.base.resources import Resources
from headstart.base.space import Distribution, SearchSpace
from headstart.base.stored import dump_skops, load_skops
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
        X: "pl.DataFrame",
        y: NDArray[np.int64] | NDArray[np.float64] | None,
        weight: FloatArray | None,
        resources: Resources,
    ) -> Any:
        """Learn from training rows and return what was learnt.

        Parameters
        ----------
        X : polars.DataFrame
            The columns it applies to: Float64 (null where missing), Enum, or String.
        y : ndarray of shape (n_rows,) or None
            int64 codes for classification, float64 for regression; None unless
            `reads_target`.
        weight : ndarray of shape (n_rows,) or None
            Positive float64 sample weights.
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
        X: "pl.DataFrame",
        y: NDArray[np.int64] | NDArray[np.float64] | None,
        weight: FloatArray | None,
        parts: IntArray,
        resources: Resources,
    ) -> tuple[Any, "pl.DataFrame"]:
        """Learn from training rows; return what was learnt, and these rows' columns.

        The default fits and transforms. Where it `reads_target` the rows of each part
        are transformed by what all others teach, and new rows later by what all do:
        its columns must mean the same whatever rows it was fitted on. One whose axes
        may turn has a `fit_transform` of its own, or does not read the target.

        Parameters
        ----------
        parts : ndarray of shape (n_rows,), int64
            Inner folds, ``0 .. n_parts - 1``, at least two: rows that belong together
            (a group) are in one part, and rows in order of time are in blocks.
        """
        fitted = self.fit(task, parameters, X, y, weight, resources)
        if not self.reads_target:
            return fitted, self.transform(fitted, X, task)
        frames, places = [], []
        for part in np.unique(parts):
            rows, others = np.flatnonzero(parts == part), np.flatnonzero(parts != part)
            learnt = self.fit(
                task,
                parameters,
                X[others],
                None if y is None else y[others],
                None if weight is None else weight[others],
                resources,
            )
            frames.append(self.transform(learnt, X[rows], task))
            places.append(rows)
        import polars as pl

        # A part may lack what makes a column (a class, of an encoder of classes): null
        # there. Columns are those that new rows will get.
        names = self.transform(fitted, X[:1], task).columns
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

    @staticmethod
    def from_transformer(
        name: str,
        transformer: Callable[..., Any],
        *,
        columns: Literal["numeric", "categorical", "text"]
        | Callable[[TableColumns], Sequence[str]] = "numeric",
        space: Mapping[str, Distribution] | None = None,
        default: Parameters | None = None,
        precedents: Sequence[Parameters] = (),
        tasks: frozenset[TaskKind] = frozenset(TaskKind),
        order: int = 50,
        max_rows: int | None = None,
        replaces: bool = False,
        seconds_per_cell: float = 1e-7,
        trusted_types: Sequence[str] = (),
    ) -> "Transform":
        """Make a transform of a class with scikit-learn's ``fit`` and ``transform``.

        Parameters
        ----------
        name : str
        transformer : class, or callable of ``(**parameters) -> transformer``
            Whether it takes missing values and reads the target is told by its tags and
            its `fit`: missing numbers are filled with the training median for one that
            takes none. What reads the target is cross-fitted, as `fit_transform` says,
            but for selections of columns and projections (``SelectKBest``,
            ``LinearDiscriminantAnalysis``, ``PLSRegression``): those are fitted once on
            all training rows, as the axes of two fits may turn or be other columns.
            Their columns tell more of training rows than of new ones; scores, which
            are of held-out rows, show what is left. An own one that reads the target
            must make columns that mean the same after each fit.
        columns : {"numeric", "categorical", "text"} or callable
            What it applies to: all columns of numbers as one matrix; all of levels as
            one matrix of strings, ``"(missing)"`` where missing; or every text column
            for itself, as strings, empty where missing. Or a function of the
            `TableColumns` that returns names of columns of one such kind.
        space : mapping of str to Distribution, optional
            Parameters that are searched.
        default : mapping, optional
            Where the search starts: values for parameters in `space` whose own
            default is not wanted.
        precedents : sequence of mappings
            Parameters worth trying first, besides the default.
        tasks, order, max_rows, replaces
            As the attributes of `Transform`.
        seconds_per_cell : float
            Predicted seconds for a row of a column.
        trusted_types : sequence of str
            Dotted names of what a fitted transformer holds, where it is not of
            scikit-learn; its own class need not be told.

        Examples
        --------
        >>> from sklearn.decomposition import PCA
        >>> from headstart.base import Integer
        >>> pca = Transform.from_transformer(
        ...     "pca",
        ...     PCA,
        ...     space={"n_components": Integer(1, 5)},
        ...     default={"n_components": 2},
        ... )
        >>> pca.name
        'pca'
        """
        from headstart.base.from_transformer import FromTransformer

        return FromTransformer(
            name,
            transformer,
            columns=columns,
            space=space or {},
            default=default or {},
            precedents=precedents,
            tasks=tasks,
            order=order,
            max_rows=max_rows,
            replaces=replaces,
            seconds_per_cell=seconds_per_cell,
            trusted_types=trusted_types,
        )
