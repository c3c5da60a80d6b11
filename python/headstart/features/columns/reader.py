"""A reader that converts each column of a table once."""

import numpy as np
import polars as pl

from headstart import _core
from headstart.base import FloatArray
from headstart.features.columns.coding import Coding, Key
from headstart.features.columns.levels import Bins, Codes
from headstart.features.columns.reading import read_clock, read_numbers, read_words

__all__ = ["Reader", "shares_below"]


class Reader:
    """Columns of some rows, cached at the first access.

    Parameters
    ----------
    frame : DataFrame
    coding : Coding
    codes : dict of Key to ndarray, optional
        Codes that are already computed.
    """

    def __init__(
        self,
        frame: pl.DataFrame,
        coding: Coding,
        codes: dict[Key, Codes] | None = None,
    ) -> None:
        self.frame = frame
        self.coding = coding
        self._codes = dict(codes or {})
        self._numbers: dict[str, FloatArray] = {}
        self._clocks: dict[tuple[str, str], pl.Series] = {}

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.frame.height

    def numbers(self, name: str) -> FloatArray:
        """Return a column as numbers, NaN where missing."""
        if name not in self._numbers:
            self._numbers[name] = read_numbers(self.frame, name)
        return self._numbers[name]

    def words(self, name: str) -> pl.Series:
        """Return a column as String."""
        return read_words(self.frame, name)

    def clock(self, name: str, zone: str) -> pl.Series:
        """Return a column as times in a time zone."""
        if (name, zone) not in self._clocks:
            self._clocks[name, zone] = read_clock(self.frame, name, zone)
        return self._clocks[name, zone]

    def codes(self, key: Key) -> Codes:
        """Return the codes of a category; `Coding.n_groups` for unseen ones."""
        if key not in self._codes:
            self._codes[key] = self._code(key)
        return self._codes[key]

    def category(self, key: Key) -> tuple[Codes, int]:
        """Return the codes and the number of groups, unseen groups counted as one."""
        return self.codes(key), self.coding.n_groups(key) + 1

    def _code(self, key: Key) -> Codes:
        columns, n_bins = key
        if len(columns) > 1:
            parts = [self.codes(((name,), n_bins)) for name in columns]
            ids = self.coding.cross_ids(parts, key)
            return _core.find_codes(self.coding.crosses[key], ids)
        coder = self.coding.coder(columns[0], n_bins)
        if isinstance(coder, Bins):
            return coder.codes(self.numbers(columns[0]))
        return coder.codes(self.words(columns[0]))


def shares_below(values: FloatArray, knots: FloatArray) -> FloatArray:
    """Return the share of ascending `knots` below each value, equal ones by half."""
    if not len(knots):
        return np.full(len(values), np.nan)
    below = np.searchsorted(knots, values, side="left")
    up_to = np.searchsorted(knots, values, side="right")
    shares = (below + up_to) / (2 * len(knots))
    shares[np.isnan(values)] = np.nan
    return shares
