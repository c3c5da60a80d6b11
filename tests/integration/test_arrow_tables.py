"""Tables of any library come in by the Arrow C data interface, numbers uncopied."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from headstart.features import FrequencyEncoder, TargetEncoder
from headstart.scoring import (
    BinnedMatrix,
    Subsamples,
    neighbor_information,
    permutation_test,
    score_features,
    select_features,
    stability_selection,
)
from headstart.scoring.features import Features

Y = np.arange(60) % 2
TABLE = pa.table(
    {
        "number": np.arange(60) * 7.0 % 13 + Y,
        "whole": pa.array([None, *range(59)], pa.int32()),
        "word": pa.array(list("abc") * 20).dictionary_encode(),
    }
)


class Stream:
    """Something of which only the protocol is known."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


# The first is what the others are to agree with.
FORMS = [pl.DataFrame(TABLE), TABLE, Stream(TABLE)]

CALLS = {
    "scores": lambda X: score_features(X, Y, "mutual_information"),
    "selection": lambda X: select_features(X, Y, 2),
    "permutations": lambda X: permutation_test(X, Y, n_permutations=9),
    "stability": lambda X: stability_selection(X, Y, 1, subsamples=Subsamples(n=3)),
    "neighbours": lambda X: neighbor_information(X, Y).tolist(),
    "bins": lambda X: BinnedMatrix.from_arrow(X).codes.tolist(),
    "target means": lambda X: TargetEncoder().fit(X, Y).transform(X).tolist(),
    "shares": lambda X: FrequencyEncoder().fit(X).transform(X).tolist(),
}


@pytest.mark.parametrize("name", CALLS)
def test_all_forms_of_a_table_give_the_same(name):
    forms = FORMS
    if name == "neighbours":
        forms = [pl.DataFrame(TABLE).drop("word"), TABLE.drop_columns("word")]
        forms.append(Stream(forms[1]))
    first, *others = [CALLS[name](form) for form in forms]
    for other in others:
        same = (
            first.equals(other) if isinstance(first, pl.DataFrame) else first == other
        )
        assert same


def test_numbers_in_one_piece_are_read_where_they_lie():
    values = Features.of(Stream(TABLE)).values[0]
    buffer = TABLE["number"].chunk(0).buffers()[1]
    assert values.__array_interface__["data"][0] == buffer.address
