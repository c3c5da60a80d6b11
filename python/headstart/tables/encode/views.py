"""Views: a canonical table as a matrix in the form that a learner asks for."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base.arrays import pack_arrays, unpack_arrays
from headstart.base.matrix import FloatArray, Matrix, View
from headstart.base.stored import Parts
from headstart.exceptions import ArtifactError, ColumnError
from headstart.tables.encode.categorical import CategoricalEncoding
from headstart.tables.encode.numeric import NumericEncoding
from headstart.tables.kinds.levels import known_levels
from headstart.tables.schema.schema import Schema

__all__ = ["ViewEncoder"]

_FORMAT = 1
_CHOICES = {
    "numeric": ("raw", "scaled", "quantile"),
    "categorical": ("native", "ordinal", "one_hot"),
    "missing": ("native", "imputed"),
}


@dataclass(frozen=True, eq=False)
class ViewEncoder:
    """A view of canonical tables, learnt from training rows only.

    Numeric columns come first, then indicators of missing values, then categorical
    columns. A one-hot view has at most 30 levels per column, and fewer if the matrix
    would become too wide.

    Parameters
    ----------
    view : View
    numeric_names, categorical_names : tuple of str
        Columns of the canonical table, in order.
    numeric : NumericEncoding
    categorical : CategoricalEncoding
    names : tuple of str
        Names of the matrix's columns.
    """

    view: View
    numeric_names: tuple[str, ...]
    categorical_names: tuple[str, ...]
    numeric: NumericEncoding
    categorical: CategoricalEncoding
    names: tuple[str, ...]

    @classmethod
    def fit(cls, frame: pl.DataFrame, view: View, schema: Schema | None) -> Self:
        """Return the view learnt from the training rows of a canonical table.

        Parameters
        ----------
        frame : DataFrame
            Rows of the result of ``schema.apply``, or of a transform's output.
        view : View
        schema : Schema or None
            None for a transform's output, which has columns of its own.

        Raises
        ------
        ColumnError
            If the table is not canonical.
        """
        if schema is not None and tuple(frame.columns) != schema.features:
            raise ColumnError(
                f"A view is fitted on a canonical table, with columns "
                f"{list(schema.features)[:10]}. Got {frame.columns[:10]}. "
                "hint: use schema.apply() first."
            )
        columns = frame.get_columns()
        enums = [c.name for c in columns if isinstance(c.dtype, pl.Enum)]
        numbers = [c.name for c in columns if not isinstance(c.dtype, pl.Enum)]
        levels = [_levels(frame[n].dtype) for n in enums]
        impute = view.missing == "imputed"
        numeric = NumericEncoding.fit(
            _number_columns(frame, numbers), view.numeric, impute=impute
        )
        sizes = [len(words) for words in levels]
        categorical = CategoricalEncoding.fit(
            _code_columns(frame, enums, sizes), sizes, view.categorical, impute=impute
        )
        indicators = [f"{numbers[int(i)]}: missing" for i in numeric.indicators]
        names = [*numbers, *indicators, *categorical.outputs(enums, levels)]
        return cls(
            view,
            tuple(numbers),
            tuple(enums),
            numeric,
            categorical,
            tuple(_unique(names)),
        )

    def transform(self, frame: pl.DataFrame) -> Matrix:
        """Return a canonical table as the matrix of the view.

        Raises
        ------
        ColumnError
            If the table is not canonical, or of another schema.
        """
        names = set(frame.columns)
        for name in (*self.numeric_names, *self.categorical_names):
            if name not in names:
                raise ColumnError(
                    f"The table lacks the column {name!r} that the view was fitted on. "
                    "hint: use schema.apply() first."
                )
        sizes = self.categorical.level_counts()
        numbers = _number_columns(frame, self.numeric_names)
        codes = _code_columns(frame, self.categorical_names, sizes)
        split = self.numeric.n_outputs
        values = np.zeros((frame.height, split + self.categorical.n_outputs))
        self.numeric.write(numbers, values[:, :split])
        self.categorical.write(codes, values[:, split:])
        if self.view.categorical != "native":
            return Matrix(values, self.names)
        places = tuple(range(split, split + self.categorical.n_columns))
        return Matrix(values, self.names, places, self.categorical.n_codes())

    def to_parts(self) -> Parts:
        """Return the encoder as named bytes that load without running code."""
        record = {
            "format": _FORMAT,
            "view": asdict(self.view),
            "numeric": self.numeric_names,
            "categorical": self.categorical_names,
            "names": self.names,
        }
        arrays = {f"n_{k}": v for k, v in self.numeric.arrays().items()}
        arrays |= {f"c_{k}": v for k, v in self.categorical.arrays().items()}
        return {
            "view.json": json.dumps(record, ensure_ascii=False).encode(),
            "view.safetensors": pack_arrays(arrays),
        }

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """Read what `to_parts` wrote.

        Raises
        ------
        ArtifactError
            If the parts are not a view, or do not fit together.
        """
        try:
            record: Any = json.loads(parts["view.json"])
            data = parts["view.safetensors"]
            view = _read_view(record)
            numbers, enums, names = (
                _read_names(record, key) for key in ("numeric", "categorical", "names")
            )
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            if isinstance(error, ArtifactError):
                raise
            raise ArtifactError(f"The stored view is damaged: {error!r}") from error
        types = {f"n_{k}": v for k, v in NumericEncoding.ARRAYS.items()}
        types |= {f"c_{k}": v for k, v in CategoricalEncoding.ARRAYS.items()}
        stored = unpack_arrays(data, {k: (v[1], 1) for k, v in types.items()})
        arrays = {name: stored[name].astype(dtype) for name, dtype in types.items()}
        impute = view.missing == "imputed"
        numeric = NumericEncoding(
            view.numeric, impute, *(arrays[f"n_{k}"] for k in NumericEncoding.ARRAYS)
        )
        categorical = CategoricalEncoding(
            view.categorical,
            impute,
            *(arrays[f"c_{k}"] for k in CategoricalEncoding.ARRAYS),
        )
        numeric.check()
        categorical.check()
        if (
            numeric.n_columns != len(numbers)
            or categorical.n_columns != len(enums)
            or numeric.n_outputs + categorical.n_outputs != len(names)
        ):
            raise ArtifactError("The stored view is damaged: names do not fit.")
        return cls(view, numbers, enums, numeric, categorical, names)


def _number_columns(
    frame: pl.DataFrame, names: list[str] | tuple[str, ...]
) -> list[FloatArray]:
    columns = []
    for name in names:
        series = frame[name]
        if series.dtype != pl.Float64:
            raise ColumnError(
                f"Column {name!r} of a canonical table must be Float64. Got "
                f"{series.dtype} instead. hint: use schema.apply() first."
            )
        columns.append(series.to_numpy())  # Null becomes NaN.
    return columns


def _code_columns(
    frame: pl.DataFrame, names: list[str] | tuple[str, ...], sizes: list[int]
) -> list[NDArray[np.int64]]:
    codes = []
    schema = frame.schema  # A new object at each access.
    for name, size in zip(names, sizes, strict=True):
        dtype = schema[name]
        n_levels = len(known_levels(dtype)) if isinstance(dtype, pl.Enum) else -1
        if n_levels != size:
            raise ColumnError(
                f"Column {name!r} must be an Enum of {size} levels. Got {dtype} "
                "instead. hint: use the apply() of the schema the view was fitted with."
            )
        code = pl.col(name).to_physical().cast(pl.Int64)
        # The code after the last level is for missing values, the next one for others.
        codes.append((code + (code == size)).fill_null(size).alias(name))
    # One query for all columns: each takes 0.1 ms, which is much for a single row.
    return [series.to_numpy() for series in frame.select(codes).iter_columns()]


def _levels(dtype: pl.DataType) -> list[str]:
    return known_levels(dtype).to_list() if isinstance(dtype, pl.Enum) else []


def _unique(names: list[str]) -> list[str]:
    """Return the names with apostrophes after repeated ones."""
    used: set[str] = set()
    unique = []
    for name in names:
        while name in used:
            name = f"{name}'"
        used.add(name)
        unique.append(name)
    return unique


def _read_view(record: Any) -> View:
    if not isinstance(record, dict) or record.get("format") != _FORMAT:
        raise ArtifactError(
            f"The stored view must have format {_FORMAT}. hint: read it with the "
            "version that wrote it."
        )
    fields = record["view"]
    if not isinstance(fields, dict) or set(fields) != set(_CHOICES):
        raise ArtifactError("The stored view lacks its choices.")
    for name, choices in _CHOICES.items():
        if fields[name] not in choices:
            raise ArtifactError(
                f"The stored view has {name} {str(fields[name])[:40]!r}. Expected one "
                f"of {', '.join(choices)}."
            )
    return View(**fields)


def _read_names(record: dict[str, Any], key: str) -> tuple[str, ...]:
    names = record[key]
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise ArtifactError(f"The stored view has no list of {key} columns.")
    if len(set(names)) != len(names):
        raise ArtifactError(f"The stored view names a column twice in {key!r}.")
    return tuple(names)
