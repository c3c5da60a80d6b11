"""Tables as OpenML has them: typed columns, ARFF text, qualities."""

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Column", "Table"]

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


@dataclass(frozen=True)
class Column:
    """A column; missing values are None.

    Parameters
    ----------
    name : str
    kind : {"numeric", "nominal", "string"}
    values : tuple of float, str or None
    levels : tuple of str
        Of a nominal column, in the order of its declaration.
    """

    name: str
    kind: str
    values: tuple
    levels: tuple = ()

    @classmethod
    def numeric(cls, name, values):
        return cls(
            name, "numeric", tuple(None if v is None else float(v) for v in values)
        )

    @classmethod
    def nominal(cls, name, values, levels=None):
        values = tuple(values)
        distinct = sorted({v for v in values if v is not None})
        return cls(name, "nominal", values, tuple(levels or distinct))

    @property
    def n_missing(self):
        return sum(value is None for value in self.values)


@dataclass(frozen=True)
class Table:
    """A dataset: columns, and which of them is usually predicted."""

    did: int
    name: str
    columns: tuple
    target: str
    licence: str = "Public"
    description: str = "A table that scikit-learn brings along."
    ignored: tuple = ()

    @property
    def n_rows(self):
        return len(self.columns[0].values)

    @property
    def file_id(self):
        return 1_000_000 + self.did

    def column(self, name):
        return next(c for c in self.columns if c.name == name)

    @cached_property
    def arff(self):
        """The data as ARFF, encoded."""
        lines = [f"@RELATION {_quoted(self.name)}", ""]
        for column in self.columns:
            if column.kind == "nominal":
                kind = "{" + ",".join(map(_quoted, column.levels)) + "}"
            else:
                kind = {"numeric": "REAL", "string": "STRING"}[column.kind]
            lines.append(f"@ATTRIBUTE {_quoted(column.name)} {kind}")
        lines += ["", "@DATA"]
        written = [[_written(value) for value in c.values] for c in self.columns]
        lines += [",".join(row) for row in zip(*written, strict=True)]
        return ("\n".join(lines) + "\n").encode()

    @cached_property
    def md5(self):
        return hashlib.md5(self.arff, usedforsecurity=False).hexdigest()

    @cached_property
    def qualities(self):
        """The 19 simple qualities, computed; None where they make no sense."""
        n_rows, n_columns = self.n_rows, len(self.columns)
        target = self.column(self.target)
        numeric = sum(c.kind == "numeric" for c in self.columns)
        symbolic = sum(c.kind == "nominal" for c in self.columns)
        binary = sum(c.kind == "nominal" and len(c.levels) == 2 for c in self.columns)
        missing = sum(c.n_missing for c in self.columns)
        rows = sum(
            any(value is None for value in row)
            for row in zip(*(c.values for c in self.columns), strict=True)
        )
        qualities = {
            "Dimensionality": n_columns / n_rows,
            "NumberOfBinaryFeatures": binary,
            "NumberOfFeatures": n_columns,
            "NumberOfInstances": n_rows,
            "NumberOfInstancesWithMissingValues": rows,
            "NumberOfMissingValues": missing,
            "NumberOfNumericFeatures": numeric,
            "NumberOfSymbolicFeatures": symbolic,
            "PercentageOfBinaryFeatures": 100 * binary / n_columns,
            "PercentageOfInstancesWithMissingValues": 100 * rows / n_rows,
            "PercentageOfMissingValues": 100 * missing / (n_rows * n_columns),
            "PercentageOfNumericFeatures": 100 * numeric / n_columns,
            "PercentageOfSymbolicFeatures": 100 * symbolic / n_columns,
            "AutoCorrelation": None,
            "MajorityClassPercentage": None,
            "MajorityClassSize": None,
            "MinorityClassPercentage": None,
            "MinorityClassSize": None,
            "NumberOfClasses": 0,
        }
        if target.kind == "nominal":
            sizes = [target.values.count(level) for level in target.levels]
            pairs = zip(target.values, target.values[1:], strict=False)
            qualities |= {
                "AutoCorrelation": sum(a == b for a, b in pairs) / (n_rows - 1),
                "MajorityClassPercentage": 100 * max(sizes) / n_rows,
                "MajorityClassSize": max(sizes),
                "MinorityClassPercentage": 100 * min(sizes) / n_rows,
                "MinorityClassSize": min(sizes),
                "NumberOfClasses": len(target.levels),
            }
        return qualities


def _written(value):
    if value is None:
        return "?"
    if isinstance(value, float):
        whole = math.isfinite(value) and value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else repr(value)
    return _quoted(value)


def _quoted(text):
    if text and set(text) <= _PLAIN:
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
