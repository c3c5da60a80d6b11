"""Values that features of the target have for new rows."""

from headstart.base import FloatArray
from headstart.features.columns.reader import Reader
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.categories import key_of
from headstart.features.operators.state import State

__all__ = ["make_target"]


def make_target(candidate: Candidate, state: State, reader: Reader) -> list[FloatArray]:
    """Return the values of new rows from the fitted tables."""
    key = key_of(candidate)
    width = reader.coding.n_groups(key) + 1
    codes = reader.codes(key)
    return [table[codes] for table in state.numbers.reshape(-1, width)]
