"""Finding generated features: what is planted is found, what is noise is not kept."""

import numpy as np
import polars as pl
import pytest

from headstart.exceptions import TableError
from headstart.features.screening.screening import find_features
from headstart.machine.compute import Compute


def planted(n_rows=500, n_noise=3):
    random = np.random.default_rng(0)
    columns = random.uniform(1, 2, size=(2 + n_noise, n_rows))
    frame = pl.DataFrame({f"x{i}": column for i, column in enumerate(columns)})
    return frame, columns[0] / columns[1] + 0.05 * random.normal(size=n_rows)


def test_a_planted_ratio_is_found_and_confirmed():
    X, y = planted()
    result = find_features(X, y, max_features=1)
    assert [candidate.name for candidate in result.candidates] == ["x0 / x1"]
    assert result.confirmed is not None
    assert result.confirmed.null_quantile < result.confirmed.gain
    assert not result.truncated
    assert "x0 divided by x1" in result.explain()


def test_a_planted_cross_of_categories_is_found():
    random = np.random.default_rng(0)
    a, b = random.integers(0, 20, size=(2, 2_001))
    table = random.normal(size=(20, 20))
    y = (table[a, b] + 0.3 * random.normal(size=2_001) > 0).astype(int)
    X = pl.DataFrame({"a": [f"a{v}" for v in a], "b": [f"b{v}" for v in b]})
    X = X.with_columns(noise=random.normal(size=2_001))
    result = find_features(X, y, max_features=1)
    assert [c.name for c in result.candidates] == ["target mean(a, b) [smoothing=20]"]


def test_what_is_solved_needs_no_features():
    X, _ = planted(400, 1)
    y = np.arange(400) % 2
    result = find_features(X.with_columns(answer=y * 3.0), y)
    assert result.candidates == ()
    assert result.confirmations == ()


@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_is_kept_of_noise(seed):
    random = np.random.default_rng(seed)
    X = pl.DataFrame(random.normal(size=(300, 5)))
    result = find_features(X, random.integers(0, 2, size=300), max_features=5)
    assert result.candidates == ()
    assert "no feature is kept" in result.explain()


@pytest.mark.slow
def test_two_threads_find_the_same():
    X, y = planted(300, 1)
    one, two = (
        find_features(X, y, max_features=1, compute=Compute(n_threads=n))
        for n in (1, 2)
    )
    assert one == two


def test_a_search_that_is_cut_short_says_so_and_keeps_nothing():
    result = find_features(*planted(300, 1), compute=Compute(time_limit=1e-9))
    assert result.truncated
    assert result.candidates == ()


def test_progress_is_told_stage_by_stage():
    steps = []
    X, y = planted(300, 1)
    find_features(
        X, y, max_features=1, compute=Compute(progress=lambda *step: steps.append(step))
    )
    assert {"baseline", "first stage", "second stage"} <= {stage for stage, *_ in steps}
    assert all(0 <= done <= total for _, done, total in steps)


def test_what_progress_raises_ends_the_search():
    def stop(*_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        find_features(*planted(100, 1), compute=Compute(progress=stop))


def test_classes_without_numeric_columns_can_be_searched():
    random = np.random.default_rng(0)
    X = pl.DataFrame({"a": random.choice(["u", "v", "w"], size=200)})
    result = find_features(X, random.integers(0, 3, size=200), max_features=2)
    assert result.candidates == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_features": 0}, "'max_features' parameter .* Got 0"),
        ({"compute": Compute(n_threads=0)}, "'n_threads' parameter .* Got 0"),
        ({"compute": Compute(time_limit=0.0)}, "above 0 seconds. Got 0.0"),
        ({"fold_ids": np.zeros(60, dtype=int)}, "2 to 255 distinct folds. Got 1"),
        ({"fold_ids": np.zeros(7, dtype=int)}, "each of the 60 rows"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        find_features(*planted(60, 1), **change)


def test_rows_of_table_and_target_must_agree():
    X, y = planted(60, 1)
    with pytest.raises(ValueError, match="Got 60 and 59"):
        find_features(X, y[1:])
    with pytest.raises(TableError):
        find_features(X, np.full(60, np.nan))
