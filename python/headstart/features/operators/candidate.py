"""A candidate feature: an operator and its columns."""

import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from headstart.exceptions import ArtifactError, ColumnError
from headstart.features.operators.catalogue import OPERATORS, Operator

__all__ = ["Candidate"]

_ORIGIN_LIMIT = 1_000
_NAME_LIMIT = 10_000


@dataclass(frozen=True)
class Candidate:
    """A feature: an operator on columns of a table.

    Parameters
    ----------
    operator : str
        One of `OPERATORS`.
    columns : tuple of str
        Names of columns. If the operator is commutative, they are sorted: candidates of
        the same feature are equal.
    options : mapping, optional
        Options of the operator. Absent options have the operator's defaults.
    origin : str, default=""
        Description of the candidate's source. Comparisons ignore it.

    Raises
    ------
    ValueError
        If the operator, an option or its value is unknown.
    ColumnError
        If the number of columns is wrong for the operator, or a column is repeated.

    Examples
    --------
    >>> ratio = Candidate("divide", ("income", "age"))
    >>> ratio.name, ratio.explain()
    ('income / age', 'income divided by age')
    >>> Candidate("add", ("b", "a")) == Candidate("add", ("a", "b"))
    True
    >>> Candidate("round_to", ("price",), {"multiple": 5}).explain()
    'price rounded to a multiple of 5'
    """

    operator: str
    columns: tuple[str, ...]
    options: Mapping[str, float | str] = field(default_factory=dict, hash=False)
    origin: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        kind = _operator(self.operator)
        columns = _columns(kind, tuple(self.columns))
        object.__setattr__(self, "columns", columns)
        options = _options(kind, self.options)
        object.__setattr__(self, "options", MappingProxyType(options))

    @property
    def kind(self) -> Operator:
        """The operator's record."""
        return OPERATORS[self.operator]

    @property
    def value_columns(self) -> tuple[str, ...]:
        """Columns whose values are used separately."""
        match self.kind.inputs:
            case "crossed":
                return ()
            case "grouped":
                return self.columns[:1]
            case _:
                return self.columns

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that form one category."""
        return self.columns[len(self.value_columns) :]

    @property
    def name(self) -> str:
        """Short readable name, with the options that differ from the defaults."""
        title = self._fill(self.kind.title)
        in_title = {n for n in self.options if f"{{{n}}}" in self.kind.title}
        other_options = [
            f"{name}={_shown(value)}"
            for name, value in self.options.items()
            if name not in in_title and value != self.kind.options[name]
        ]
        return f"{title} [{', '.join(other_options)}]" if other_options else title

    def explain(self) -> str:
        """Return a description of the feature."""
        return self._fill(self.kind.words)

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "operator": self.operator,
            "columns": list(self.columns),
            "options": dict(self.options),
            "origin": self.origin,
        }

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Return the candidate of a record that `to_record` returned.

        Raises
        ------
        ArtifactError
            If the record is invalid.
        """
        if not isinstance(record, Mapping) or set(record) != {
            "operator",
            "columns",
            "options",
            "origin",
        }:
            raise ArtifactError("A stored feature has the wrong fields.")
        columns, options, origin = (
            record["columns"],
            record["options"],
            record["origin"],
        )
        if not (
            isinstance(record["operator"], str)
            and isinstance(columns, list)
            and all(isinstance(c, str) and len(c) <= _NAME_LIMIT for c in columns)
            and isinstance(options, dict)
            and isinstance(origin, str)
            and len(origin) <= _ORIGIN_LIMIT
        ):
            raise ArtifactError("A stored feature has fields of the wrong type.")
        try:
            return cls(record["operator"], tuple(columns), options, origin)
        except ValueError as error:
            raise ArtifactError(f"A stored feature is invalid: {error}") from error

    def to_json(self) -> str:
        """Return the candidate as JSON."""
        return json.dumps(self.to_record(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the candidate of a text that `to_json` returned.

        Raises
        ------
        ArtifactError
            If the record is invalid.
        """
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ArtifactError(f"A stored feature is not JSON: {error}") from error
        return cls.from_record(record)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy does not pickle.
        fields = (self.operator, self.columns, dict(self.options), self.origin)
        return type(self), fields

    def _fill(self, template: str) -> str:
        values = {name: _shown(value) for name, value in self.options.items()}
        key = " & ".join(self.key_columns)
        all_columns = _listed(self.columns)
        return template.format(*self.columns, key=key, all=all_columns, **values)


def _operator(name: str) -> Operator:
    if name not in OPERATORS:
        similar = difflib.get_close_matches(str(name), OPERATORS, 1)
        hint = f" hint: did you mean {similar[0]!r}?" if similar else ""
        raise ValueError(
            f"Unknown operator {name!r}. Expected one of {', '.join(OPERATORS)}.{hint}"
        )
    return OPERATORS[name]


def _columns(kind: Operator, columns: tuple[str, ...]) -> tuple[str, ...]:
    if not all(isinstance(c, str) for c in columns):
        raise ColumnError(f"Columns of {kind.name} must be names. Got {columns!r}.")
    if not kind.least <= len(columns) <= kind.most:
        expected = (
            f"{kind.least}"
            if kind.least == kind.most
            else f"{kind.least} to {kind.most}"
        )
        raise ColumnError(
            f"The operator {kind.name} takes {expected} columns. Got {columns!r}."
        )
    if len(set(columns)) != len(columns):
        raise ColumnError(
            f"The operator {kind.name} needs different columns. Got {columns!r}."
        )
    if kind.inputs == "grouped":
        return (columns[0], *sorted(columns[1:]))
    sorts = kind.is_commutative and kind.inputs != "row"
    return tuple(sorted(columns)) if sorts else columns


_RANGES: dict[str, tuple[float, float]] = {
    "n_bins": (2, 255),
    "share": (0, 0.5),
    "multiple": (5e-324, math.inf),
    "n_columns": (1, 4096),
    "n_characters": (1, 16),
    "smoothing": (0, math.inf),
}
_WHOLE = ("n_bins", "n_columns", "n_characters")


def _options(
    kind: Operator, values: Mapping[str, float | str]
) -> dict[str, float | str]:
    for name, value in values.items():
        if name not in kind.options:
            available = ", ".join(kind.options) or "none"
            raise ValueError(
                f"The operator {kind.name} has no option {name!r}. It has: {available}."
            )
        if name == "smoothing" and value == "auto" and kind.name == "target_mean":
            continue
        lowest, highest = _RANGES[name]
        is_number = type(value) is int or (
            type(value) is float and name not in _WHOLE and math.isfinite(value)
        )
        if not is_number or not lowest <= float(value) <= highest:
            noun = "a whole number" if name in _WHOLE else "a number"
            raise ValueError(
                f"The option {name!r} of {kind.name} must be {noun} from {lowest:g} to "
                f"{highest:g}. Got {value!r} instead."
            )
    return {name: values.get(name, default) for name, default in kind.options.items()}


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _listed(columns: tuple[str, ...]) -> str:
    if len(columns) <= 4:
        return ", ".join(columns)
    return f"{', '.join(columns[:3])} and {len(columns) - 3} more"
