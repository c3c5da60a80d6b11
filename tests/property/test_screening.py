"""What holds of screening's scores for any columns."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.features.operators.catalogue import OPERATORS
from headstart.features.screening.stages import Screening, score_first
from headstart.features.screening.table import ScreenedTable

NAMES = ("add", "subtract", "multiply", "divide", "minimum", "less_than")


@st.composite
def problems(draw):
    seed = draw(st.integers(0, 1_000))
    n_rows = draw(st.integers(1, 300))
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(3, n_rows)) * 10.0 ** draw(st.integers(-40, 40))
    holes = random.uniform(size=numbers.shape) < draw(st.sampled_from([0, 0.3, 1]))
    numbers[holes] = draw(st.sampled_from([np.nan, np.inf, 0.0]))
    codes = random.integers(0, 3, size=(2, n_rows)).astype(np.uint32)
    table = ScreenedTable(
        ("a", "b", "c", "d", "e"), numbers, codes, np.array([3, 3], dtype=np.uint32)
    )
    n_columns = draw(st.integers(1, 3))
    residuals = random.normal(size=(n_columns, n_rows))
    parts = random.integers(0, draw(st.integers(1, 6)), size=n_rows).astype(np.uint8)
    return table, residuals, parts


def candidates():
    rows = [(OPERATORS[name].code, 0, 1, -1) for name in NAMES]
    rows += [(OPERATORS["absolute"].code, 2, -1, -1)]
    rows += [(OPERATORS[n].code, 3, 4, -1) for n in ("frequency", "target_mean")]
    rows += [(OPERATORS[n].code, 0, 3, -1) for n in ("group_mean", "group_std")]
    return np.array(rows, dtype=np.int32)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_scores_are_within_their_bounds_for_any_columns(problem):
    gains, correlations = score_first(*problem, candidates(), Screening())
    assert not np.isnan(gains).any()
    assert (gains <= 1).all()
    assert ((correlations >= 0) & (correlations <= 1 + 1e-3)).all()


@settings(max_examples=25, deadline=None)
@given(problems(), st.integers(1, 9))
def test_the_order_of_candidates_does_not_change_their_scores(problem, seed):
    order = np.random.default_rng(seed).permutation(len(candidates()))
    gains, _ = score_first(*problem, candidates(), Screening())
    shuffled, _ = score_first(*problem, candidates()[order], Screening())
    assert gains[order].tobytes() == shuffled.tobytes()
