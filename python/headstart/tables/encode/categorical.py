"""Categorical columns of a view: native codes, ordinal codes, one-hot columns."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base.matrix import FloatArray, IntArray
from headstart.exceptions import ArtifactError

__all__ = ["CategoricalEncoding"]

Form = Literal["native", "ordinal", "one_hot"]

_ONE_HOT_LEVELS = 30
_ONE_HOT_WIDTH = 1_000
_ONE_HOT_CELLS = 50_000_000


@dataclass(frozen=True, eq=False)
class CategoricalEncoding:
    """Encoding of categorical columns, learnt from training rows.

    Codes number the levels by falling frequency in the training rows, so that a learner
    with a limit on levels keeps the codes below the limit. Values that are no level of
    the schema are encoded as a level without training rows.

    Parameters
    ----------
    form : {"native", "ordinal", "one_hot"}
    impute : bool
        Missing and unseen values get a code instead of NaN: the one after the last
        (native) or -1 (ordinal).
    starts : ndarray of shape (n_columns + 1,), int64
        Index in `codes` of the first level of each column.
    codes : ndarray of shape (total number of levels,), int32
        Code of each level of the schema, -1 for levels without training rows.
    seen : ndarray of shape (n_columns,), int64
        Number of levels with a code, per column.
    widths : ndarray of shape (n_columns,), int64
        One-hot: number of levels with a column of their own.
    others, gaps : ndarray of shape (n_columns,), int64
        One-hot: 1 if there is a column for all other levels, and for missing values.
    """

    ARRAYS: ClassVar[dict[str, str]] = {
        "starts": "<i8",
        "codes": "<i4",
        "seen": "<i8",
        "widths": "<i8",
        "others": "<i8",
        "gaps": "<i8",
    }

    form: Form
    impute: bool
    starts: IntArray
    codes: NDArray[np.int32]
    seen: IntArray
    widths: IntArray
    others: IntArray
    gaps: IntArray

    @classmethod
    def fit(
        cls,
        columns: list[NDArray[np.int64]],
        n_levels: list[int],
        form: Form,
        *,
        impute: bool,
    ) -> Self:
        """Return the encoding learnt from the level codes of training rows.

        Parameters
        ----------
        columns : list of ndarray
            Level codes per column, ``n_levels[i]`` where missing, and
            ``n_levels[i] + 1`` for values that are no level of the schema.
        n_levels : list of int
            Number of levels per column.
        form : {"native", "ordinal", "one_hot"}
        impute : bool
            See the class.
        """
        tables: list[NDArray[np.int32]] = []
        sizes, gaps, has_others = [], [], []
        for values, n in zip(columns, n_levels, strict=True):
            counts = np.bincount(values, minlength=n + 2)
            order = np.argsort(-counts[:n], kind="stable")
            n_seen = int((counts[:n] > 0).sum())
            table = np.full(n, -1, dtype=np.int32)
            table[order[:n_seen]] = np.arange(n_seen, dtype=np.int32)
            tables.append(table)
            sizes.append(n_seen)
            gaps.append(int(counts[n] > 0))
            has_others.append(bool(counts[n + 1]))
        n_rows = len(columns[0]) if columns else 0
        n_codes = np.asarray(sizes, dtype=np.int64)
        missing = np.asarray(gaps, dtype=np.int64)
        widths, others = _widths(
            n_codes, missing, np.asarray(has_others, dtype=bool), n_rows
        )
        if form != "one_hot":
            widths, others, missing = (np.zeros_like(n_codes) for _ in range(3))
        return cls(
            form,
            impute,
            np.cumsum([0, *n_levels], dtype=np.int64),
            np.concatenate(tables) if tables else np.zeros(0, dtype=np.int32),
            n_codes,
            widths,
            others,
            missing,
        )

    @property
    def n_columns(self) -> int:
        """Number of input columns."""
        return len(self.seen)

    @property
    def n_outputs(self) -> int:
        """Number of output columns."""
        if self.form != "one_hot":
            return self.n_columns
        return int(self.widths.sum() + self.others.sum() + self.gaps.sum())

    def n_codes(self) -> tuple[int, ...]:
        """Return the number of codes per native column, with that of missing values."""
        return tuple(int(n) + self.impute for n in self.seen)

    def level_counts(self) -> list[int]:
        """Return the number of levels per column in the schema."""
        return [int(n) for n in np.diff(self.starts)]

    def outputs(self, names: list[str], levels: list[list[str]]) -> list[str]:
        """Return the names of the output columns."""
        if self.form != "one_hot":
            return list(names)
        output_names = []
        for i, (name, words) in enumerate(zip(names, levels, strict=True)):
            codes = self.codes[self.starts[i] : self.starts[i + 1]]
            by_code = {int(c): w for c, w in zip(codes, words, strict=True)}
            first = self._first(i)
            output_names += [
                f"{name}={by_code[c]}" for c in range(first, first + self.widths[i])
            ]
            output_names += [f"{name}: other"] * int(self.others[i])
            output_names += [f"{name}: missing"] * int(self.gaps[i])
        return output_names

    def write(self, columns: list[NDArray[np.int64]], out: FloatArray) -> None:
        """Write encoded columns into `out`, zeros of shape (n_rows, n_outputs)."""
        start = 0
        for i, values in enumerate(columns):
            table = self.codes[self.starts[i] : self.starts[i + 1]]
            if self.form != "one_hot":
                out[:, i] = self._plain(i, table)[values]
                continue
            target = self._targets(i, table)[values]
            rows = np.flatnonzero(target >= 0)
            out[rows, start + target[rows]] = 1.0
            start += int(self.widths[i] + self.others[i] + self.gaps[i])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the learnt arrays by name, of the types of `ARRAYS`."""
        return {
            name: np.asarray(getattr(self, name), dtype=dtype)
            for name, dtype in self.ARRAYS.items()
        }

    def check(self) -> None:
        """Raise ArtifactError unless the arrays fit together."""
        if not self._fits():
            raise ArtifactError("The stored view is damaged: categorical columns.")

    def _fits(self) -> bool:
        n = self.n_columns
        if (
            len(self.starts) != n + 1
            or self.starts[0] != 0
            or self.starts[-1] != len(self.codes)
            or (np.diff(self.starts) < 0).any()
            or not len(self.widths) == len(self.others) == len(self.gaps) == n
            or not np.isin(self.others, (0, 1)).all()
            or not np.isin(self.gaps, (0, 1)).all()
            or (self.widths < 0).any()
            or (self.widths > self.seen).any()
            or (
                self.form != "one_hot" and (self.widths + self.others + self.gaps).any()
            )
        ):
            return False
        for i in range(n):
            codes = self.codes[self.starts[i] : self.starts[i + 1]]
            used = np.sort(codes[codes != -1])
            if len(used) != self.seen[i] or (used != np.arange(len(used))).any():
                return False
            if self._first(i) + self.widths[i] > self.seen[i]:
                return False
        return True

    def _first(self, i: int) -> int:
        """Return the first code with a column; of two levels only the rarer has one."""
        return int(self._is_pair(i))

    def _is_pair(self, i: int) -> bool:
        alone = not self.others[i] and not self.gaps[i]
        return bool(self.seen[i] == 2 and self.widths[i] == 1 and alone)

    def _plain(self, i: int, table: NDArray[np.int32]) -> FloatArray:
        """Return the output values by schema code; the last two are for no level."""
        lookup = np.append(table, [-1, -1]).astype(np.float64)
        if not self.impute:
            lookup[lookup < 0] = np.nan
        elif self.form == "native":
            lookup[lookup < 0] = float(self.seen[i])
        return lookup

    def _targets(self, i: int, table: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the index of the column that is 1 by schema code, -1 for none.

        The last two entries are for missing values and for values that are no level.
        """
        width, first = int(self.widths[i]), self._first(i)
        lookup = table.astype(np.int64) - first
        # Levels without training rows are encoded as the rare levels.
        rest = width if self.others[i] else -1
        lookup[(lookup >= width) | (table < 0)] = rest
        lookup[lookup < -1] = -1
        gap = width + int(self.others[i]) if self.gaps[i] else -1
        return np.append(lookup, [gap, rest])


def _widths(
    n_codes: IntArray, gaps: IntArray, has_others: NDArray[np.bool_], n_rows: int
) -> tuple[IntArray, IntArray]:
    """Return the one-hot columns per column: at most 30, with one limit for all."""
    most = min(_ONE_HOT_WIDTH, max(100, _ONE_HOT_CELLS // max(1, n_rows)))
    limit = _ONE_HOT_LEVELS
    while limit > 1 and int(np.minimum(n_codes, limit + 1).sum()) > most:
        limit -= 1
    others = ((n_codes > limit) | has_others).astype(np.int64)
    widths = np.minimum(n_codes, limit)
    pair = (n_codes == 2) & (gaps == 0) & (others == 0)
    return np.where(pair, 1, widths), others
