"""The transform that wraps a scikit-learn transformer.

One transformer is fitted on all numeric columns, or on all categorical columns. For
text there is one per column, since scikit-learn's accept one text per row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headstart.base.resources import Resources
from headstart.base.rows import TableRows
from headstart.base.space import Distribution, Parameters, SearchSpace
from headstart.base.stored import Parts
from headstart.base.table_columns import TableColumns
from headstart.base.task import Task, TaskKind
from headstart.base.transform import Transform
from headstart.exceptions import PluginError
from headstart.sdk.fitted_transformer import FittedTransformer
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
from headstart.sdk.transformer_matrices import (
    COLUMN_KINDS,
    dense_matrix,
    input_matrices,
    kind_of_columns,
    output_names,
    training_median,
)

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FromTransformer", "TransformTraits"]

# Types that fitted transformers of scikit-learn contain besides its own (splines do):
# NumPy numbers, and a function that only makes arrays.
_HARMLESS = (
    "scipy.interpolate._bsplines.BSpline",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "numpy.dtype",
)


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
        if not callable(columns) and columns not in COLUMN_KINDS:
            raise PluginError(
                f"The 'columns' of transform {name!r} must be one of "
                f"{', '.join(map(repr, COLUMN_KINDS))}, or a function. Got {columns!r}."
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
        example = _new_transformer(transformer, name, default)
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
        kind = kind_of_columns(self.name, X)
        fill: tuple[float, ...] = ()
        if kind == "numeric" and not self._takes_missing:
            fill = tuple(training_median(X[name]) for name in X.columns)
        fitted, names = [], []
        for label, values in input_matrices(X, kind, fill):
            transformer = _new_transformer(
                self._make, self.name, {**self._space.default, **parameters}
            )
            prepare(transformer, resources)
            weights: dict[str, Any] = {}
            if weight is not None and takes_weights(transformer):
                weights["sample_weight"] = weight
            transformer.fit(values, y, **weights)
            # Measured on a row, since not all transformers know their width.
            first = dense_matrix(transformer.transform(values[:1]), self.name)
            fitted.append(transformer)
            names.append(output_names(transformer, X.columns, first.shape[1], label))
        return FittedTransformer(
            kind, tuple(X.columns), fill, tuple(fitted), tuple(names)
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
        state: FittedTransformer = fitted
        return state.apply(X, self.name, takes_missing=self._takes_missing)

    def dump(self, fitted: Any) -> Parts:
        """Return the transformers in skops' format and the other state as JSON."""
        state: FittedTransformer = fitted
        return state.to_parts()

    def load(self, parts: Parts) -> FittedTransformer:
        """Return the fitted state that `dump` wrote; see `Transform.load`."""
        return FittedTransformer.from_parts(parts, self.name, self.trusted_types())

    def trusted_types(self) -> Sequence[str]:
        """Return the transformer's own type and the given ones."""
        return self._trusted


def _new_transformer(
    make: Callable[..., Any], name: str, parameters: Parameters
) -> Any:
    transformer = make(**parameters)
    if not (hasattr(transformer, "fit") and hasattr(transformer, "transform")):
        raise PluginError(
            f"Transform {name!r} needs a transformer with fit() and transform(). Got "
            f"{type(transformer).__name__} instead."
        )
    return transformer
