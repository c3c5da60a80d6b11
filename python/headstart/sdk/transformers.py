"""`from_transformer`: a `Transform` made of a scikit-learn transformer.

One transformer is fitted on all numeric columns, or on all categorical columns. For
text there is one per column, since scikit-learn's accept one text per row.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from headstart.base.arrays import require
from headstart.base.matrix import FloatArray
from headstart.base.resources import Resources
from headstart.base.rows import TableRows
from headstart.base.space import Distribution, Parameters, SearchSpace
from headstart.base.stored import Parts, dump_skops, load_skops
from headstart.base.table_columns import TableColumns
from headstart.base.task import Task, TaskKind
from headstart.base.transform import Transform
from headstart.exceptions import ArtifactError, PluginError
from headstart.sdk.probing import (
    check_names,
    defaults_of,
    dotted_name,
    has_axes_of_its_own,
    needs_target,
    prepare,
    tags_of,
    takes_weights,
)

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "FittedTransformer",
    "FromTransformer",
    "TransformTraits",
    "from_transformer",
]

_HOLDS = ("numeric", "categorical", "text")
_MISSING = "(missing)"
# Types that fitted transformers of scikit-learn contain besides its own (splines do):
# NumPy numbers, and a function that only makes arrays.
_HARMLESS = (
    "scipy.interpolate._bsplines.BSpline",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "numpy.dtype",
)
# Maximum number of dense columns of one step; more are probably uncounted words.
_MOST_OUTPUTS = 5_000


@dataclass(frozen=True, slots=True)
class TransformTraits:
    """The attributes of a transform that the transformer's tags do not define.

    Parameters
    ----------
    tasks, order, max_rows, replaces
        As the attributes of `Transform`.
    seconds_per_cell : float
        Predicted seconds per cell.
    """

    tasks: frozenset[TaskKind] = frozenset(TaskKind)
    order: int = 50
    max_rows: int | None = None
    replaces: bool = False
    seconds_per_cell: float = 1e-7


def from_transformer(
    name: str,
    transformer: Callable[..., Any],
    *,
    columns: Literal["numeric", "categorical", "text"]
    | Callable[[TableColumns], Sequence[str]] = "numeric",
    space: Mapping[str, Distribution] | None = None,
    default: Parameters | None = None,
    precedents: Sequence[Parameters] = (),
    trusted_types: Sequence[str] = (),
    traits: TransformTraits | None = None,
) -> Transform:
    """Return a transform made of a class with scikit-learn's ``fit`` and ``transform``.

    Parameters
    ----------
    name : str
    transformer : class, or callable of ``(**parameters) -> transformer``
        Its tags and its `fit` define whether it accepts missing values and reads the
        target. If it does not accept missing values, missing numbers are imputed with
        the training median. A transformer that reads the target is cross-fitted, see
        `Transform.fit_transform`, except for selectors of columns and projections
        (``SelectKBest``, ``LinearDiscriminantAnalysis``, ``PLSRegression``). These are
        fitted once on all training rows, because the axes of two fits may rotate or be
        different columns. Their columns are more informative on training rows than on
        new ones; the scores, which are out-of-fold, account for that. Other
        transformers that read the target must make columns with the same meaning in
        each fit.
    columns : {"numeric", "categorical", "text"} or callable
        Columns that it applies to: all numeric columns as one matrix; all categorical
        columns as one matrix of strings, ``"(missing)"`` where missing; or each text
        column by itself, as strings, empty where missing. Or a function of the
        `TableColumns` that returns names of columns of one of these kinds.
    space : mapping of str to Distribution, optional
        Parameters that are searched.
    default : mapping, optional
        Start of the search: values for parameters in `space` that replace the
        transformer's own defaults.
    precedents : sequence of mappings
        Parameters worth trying first, besides the default.
    trusted_types : sequence of str
        Dotted names of types in a fitted transformer that are not scikit-learn's; its
        own class need not be named.
    traits : TransformTraits, optional
        Attributes of the transform that the transformer does not define.

    Returns
    -------
    Transform

    Raises
    ------
    PluginError
        If it is no transformer, or its `space`, `default` or `columns` cannot be used.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from headstart.sdk import Integer
    >>> pca = from_transformer(
    ...     "pca",
    ...     PCA,
    ...     space={"n_components": Integer(1, 5)},
    ...     default={"n_components": 2},
    ... )
    >>> pca.name
    'pca'
    """
    return FromTransformer(
        name,
        transformer,
        columns=columns,
        space=space or {},
        default=default or {},
        precedents=precedents,
        trusted_types=trusted_types,
        traits=traits or TransformTraits(),
    )


@dataclass(frozen=True, slots=True)
class FittedTransformer:
    """The fitted state of a `FromTransformer`.

    Parameters
    ----------
    holds : str
        Kind of the columns.
    columns : tuple of str
    fill : tuple of float
        Imputed value per numeric column; empty if the transformer accepts missing
        values.
    transformers : tuple
        One transformer; for text, one per column.
    names : tuple of tuple of str
        Names of the columns that each transformer makes.
    """

    holds: str
    columns: tuple[str, ...]
    fill: tuple[float, ...]
    transformers: tuple[Any, ...]
    names: tuple[tuple[str, ...], ...]


class FromTransformer(Transform):
    """A transform made of a scikit-learn transformer; see `from_transformer`."""

    def __init__(
        self,
        name: str,
        transformer: Callable[..., Any],
        *,
        columns: str | Callable[[TableColumns], Sequence[str]],
        space: Mapping[str, Distribution],
        default: Parameters,
        precedents: Sequence[Parameters],
        trusted_types: Sequence[str],
        traits: TransformTraits,
    ) -> None:
        if not callable(transformer):
            raise PluginError(
                f"The transformer of {name!r} must be a class or a function that makes "
                f"one. Got {transformer!r:.80} instead. hint: pass "
                f"{type(transformer).__name__} without brackets."
            )
        if not callable(columns) and columns not in _HOLDS:
            raise PluginError(
                f"The 'columns' of transform {name!r} must be one of "
                f"{', '.join(map(repr, _HOLDS))}, or a function. Got {columns!r}."
            )
        self.name = name  # type: ignore[misc]  # an instance is a transform of its own
        self.tasks = frozenset(traits.tasks)  # type: ignore[misc]
        self.order = traits.order  # type: ignore[misc]
        self.max_rows = traits.max_rows  # type: ignore[misc]
        self.replaces = traits.replaces  # type: ignore[misc]
        self._make = transformer
        self._columns = columns
        self._precedents = tuple(dict(p) for p in precedents)
        self._seconds = traits.seconds_per_cell
        owner = f"Transform {name!r}"
        check_names(owner, space, default)
        example = _made(transformer, name, default)
        self._space = SearchSpace(
            dict(space), defaults_of(owner, example, space, default)
        )
        self._trusted = (dotted_name(type(example)), *_HARMLESS, *trusted_types)
        tags = tags_of(example)
        self._takes_missing = tags is not None and bool(tags.input_tags.allow_nan)
        self.reads_target = needs_target(example)  # type: ignore[misc]  # a ClassVar of other transforms
        self._is_fitted_once = has_axes_of_its_own(example)

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the names of the columns it applies to."""
        del task
        if callable(self._columns):
            return tuple(self._columns(table))
        names: tuple[str, ...] = getattr(table, self._columns)
        return names

    def search_space(self, task: Task) -> SearchSpace:
        """Return the given space."""
        del task
        return self._space

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return the given precedents."""
        del task
        return self._precedents

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds, proportional to the number of cells."""
        del parameters
        return 0.02 + self._seconds * n_rows * task.n_features

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Return the predicted number of columns: ``n_components``, if it has that."""
        n_components = parameters.get("n_components")
        return n_components if isinstance(n_components, int) else n_columns

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> FittedTransformer:
        """Fit one transformer, or one per text column."""
        del task, validation
        X, y, weight = rows.X, rows.y, rows.weight
        holds = _holds(self.name, X)
        fill: tuple[float, ...] = ()
        if holds == "numeric" and not self._takes_missing:
            fill = tuple(_median(X[name]) for name in X.columns)
        fitted, names = [], []
        for label, values in _inputs(X, holds, fill):
            transformer = _made(
                self._make, self.name, {**self._space.default, **parameters}
            )
            prepare(transformer, resources)
            weights: dict[str, Any] = {}
            if weight is not None and takes_weights(transformer):
                weights["sample_weight"] = weight
            transformer.fit(values, y, **weights)
            # Measured on a row, since not all transformers know their width.
            n_outputs = _dense(transformer.transform(values[:1]), self.name).shape[1]
            fitted.append(transformer)
            names.append(_names(transformer, X.columns, n_outputs, label))
        return FittedTransformer(
            holds, tuple(X.columns), fill, tuple(fitted), tuple(names)
        )

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[Any, "pl.DataFrame"]:
        """Fit once if axes of two fits are not comparable; otherwise cross-fit."""
        if not self._is_fitted_once:
            return super().fit_transform(task, parameters, rows, validation, resources)
        fitted = self.fit(task, parameters, rows, validation, resources)
        return fitted, self.transform(fitted, rows.X, task)

    def transform(self, fitted: Any, X: "pl.DataFrame", task: Task) -> "pl.DataFrame":
        """Return the columns that the fitted transformers make."""
        del task
        import polars as pl

        state: FittedTransformer = fitted
        blocks: dict[str, pl.Series] = {}
        inputs = _inputs(X.select(state.columns), state.holds, state.fill)
        for (_, values), transformer, names in zip(
            inputs, state.transformers, state.names, strict=True
        ):
            made = (
                _dense(transformer.transform(values), self.name)
                if len(values)
                else np.zeros((0, len(names)))
            )
            if made.shape[1] != len(names):
                raise ValueError(
                    f"Transform {self.name!r} made {made.shape[1]} columns. Expected "
                    f"{len(names)}, as in training."
                )
            for place, name in enumerate(names):
                series = pl.Series(name, np.ascontiguousarray(made[:, place]))
                blocks[name] = series.fill_nan(None) if self._takes_missing else series
        return pl.DataFrame(blocks)

    def dump(self, fitted: Any) -> Parts:
        """Return the transformers in skops' format and the other state as JSON."""
        state: FittedTransformer = fitted
        record = {
            "holds": state.holds,
            "columns": state.columns,
            "fill": state.fill,
            "names": state.names,
        }
        parts = {"transformer.json": json.dumps(record).encode()}
        for place, transformer in enumerate(state.transformers):
            parts |= dump_skops(transformer, f"{place}.skops")
        return parts

    def load(self, parts: Parts) -> FittedTransformer:
        """Return the fitted state that `dump` wrote; see `Transform.load`."""
        owner = f"transform {self.name!r}"
        try:
            record = json.loads(parts["transformer.json"])
            holds = record["holds"]
            columns = _texts(record["columns"])
            fill = tuple(float(v) for v in record["fill"])
            names = tuple(_texts(each) for each in record["names"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ArtifactError(
                f"What {owner} has stored is damaged: {error!r}"
            ) from error
        require(
            holds in _HOLDS
            and len(names) == (len(columns) if holds == "text" else 1)
            and len(fill) in (0, len(columns))
            and bool(np.isfinite(fill).all())
            and len({n for each in names for n in each}) == sum(map(len, names)),
            f"What {owner} has stored does not fit together.",
        )
        transformers = tuple(
            load_skops(parts, owner, self.trusted_types(), f"{place}.skops")
            for place in range(len(names))
        )
        require(
            all(callable(getattr(t, "transform", None)) for t in transformers),
            f"What {owner} has stored is no transformer.",
        )
        return FittedTransformer(holds, columns, fill, transformers, names)

    def trusted_types(self) -> Sequence[str]:
        """Return the transformer's own type and the given ones."""
        return self._trusted


def _made(make: Callable[..., Any], name: str, parameters: Parameters) -> Any:
    made = make(**parameters)
    if not (hasattr(made, "fit") and hasattr(made, "transform")):
        raise PluginError(
            f"Transform {name!r} needs a transformer with fit() and transform(). Got "
            f"{type(made).__name__} instead."
        )
    return made


def _holds(name: str, X: "pl.DataFrame") -> str:
    import polars as pl

    kinds = {
        "text"
        if dtype == pl.String
        else "categorical"
        if isinstance(dtype, pl.Enum)
        else "numeric"
        for dtype in X.dtypes
    }
    if len(kinds) != 1:
        raise ValueError(
            f"Transform {name!r} must apply to columns of one kind. Got "
            f"{', '.join(sorted(kinds)) or 'no column'}."
        )
    return kinds.pop()


def _inputs(
    X: "pl.DataFrame", holds: str, fill: tuple[float, ...]
) -> list[tuple[str, NDArray[Any]]]:
    """Return each transformer's input, with the name of the column if it is text."""
    if holds == "text":
        return [
            (c.name, np.asarray(c.fill_null("").to_list(), dtype=object))
            for c in X.get_columns()
        ]
    if holds == "categorical":
        words = [c.cast(str).fill_null(_MISSING).to_list() for c in X.get_columns()]
        return [("", np.asarray(words, dtype=object).T.reshape(X.height, X.width))]
    values = np.column_stack([c.to_numpy() for c in X.get_columns()]).astype(np.float64)
    if fill:
        values = np.where(np.isnan(values), np.asarray(fill), values)
    return [("", values)]


def _median(series: "pl.Series") -> float:
    median = series.median()
    return float(median) if isinstance(median, int | float) else 0.0


def _dense(made: Any, name: str) -> FloatArray:
    if made.ndim != 2:
        raise ValueError(
            f"Transform {name!r} must make a matrix. Got shape {made.shape} instead."
        )
    if made.shape[1] > _MOST_OUTPUTS:
        raise ValueError(
            f"Transform {name!r} made {made.shape[1]} columns; at most {_MOST_OUTPUTS} "
            "are kept. hint: let a TruncatedSVD or a selection follow it."
        )
    dense = made.toarray() if hasattr(made, "toarray") else made
    return np.asarray(dense, dtype=np.float64)


def _names(
    transformer: Any, columns: Sequence[str], n_outputs: int, label: str
) -> tuple[str, ...]:
    try:
        arguments = () if label else (np.asarray(columns, dtype=object),)
        names = [str(n) for n in transformer.get_feature_names_out(*arguments)]
    except (AttributeError, TypeError, ValueError):
        names = []
    if len(names) != n_outputs or len(set(names)) != n_outputs:
        names = [f"{type(transformer).__name__.lower()}{i}" for i in range(n_outputs)]
    return tuple(f"{label}.{name}" if label else name for name in names)


def _texts(value: Any) -> tuple[str, ...]:
    require(
        isinstance(value, list) and all(isinstance(v, str) for v in value),
        "A stored list of names holds other things than names.",
    )
    return tuple(value)
