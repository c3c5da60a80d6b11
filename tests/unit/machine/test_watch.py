"""Deadlines and progress of long work, and results that come from a part of it."""

import warnings

import numpy as np
import pytest

from headstart.exceptions import HeadstartWarning
from headstart.machine.compute import Compute
from headstart.machine.watch import Watch
from headstart.scoring import (
    Subsamples,
    neighbor_information,
    permutation_test,
    score_features,
    stability_selection,
)
from headstart.validation import Bootstrap, bootstrap_interval, compare_by_bootstrap

# No clock is so coarse that this would not have passed when a kernel begins.
NO_TIME = 1e-9

Y = np.arange(300) % 2
X = np.column_stack([Y + 0.01 * np.arange(300), np.arange(300) * 7 % 300])


def test_a_limit_of_no_seconds_is_refused():
    with pytest.raises(
        ValueError, match=r"'time_limit' parameter of somebody .* Got 0"
    ):
        Watch.of("somebody", 0, None)
    with pytest.raises(ValueError, match="must be above 0 seconds"):
        permutation_test(X, Y, compute=Compute(time_limit=float("nan")))


def test_without_a_limit_nothing_is_late_and_nothing_is_said():
    watch = Watch.of("somebody", None, None)
    assert not watch.is_late()
    assert watch.of_core == (None, None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watch.warn_of_part("somebody", 3, 3, "steps")


def test_permutations_there_was_no_time_for_do_not_count():
    with pytest.warns(HeadstartWarning, match="after 0 of 50 permutations"):
        table = permutation_test(
            X, Y, n_permutations=50, compute=Compute(time_limit=NO_TIME)
        )
    assert table["p_value"].to_list() == [1.0, 1.0]


@pytest.mark.parametrize("method", ["neighbor_information", "distance_correlation"])
def test_columns_there_was_no_time_for_have_no_score(method):
    with pytest.warns(HeadstartWarning, match="after 0 of 2 columns"):
        table = score_features(X, Y, method, compute=Compute(time_limit=NO_TIME))
    assert table["score"].null_count() == 2


def test_rows_there_was_no_time_for_take_no_part_in_relieff():
    with pytest.warns(HeadstartWarning, match="after 0 of 300 rows"):
        table = score_features(X, Y, "relieff", compute=Compute(time_limit=NO_TIME))
    assert table["score"].null_count() == 2


def test_one_subsample_is_always_looked_at():
    with pytest.warns(HeadstartWarning, match="after 1 of 9 subsamples"):
        table = stability_selection(
            X, Y, 1, subsamples=Subsamples(n=9), compute=Compute(time_limit=NO_TIME)
        )
    assert table["frequency"].to_list() == [1.0, 0.0]


def test_an_interval_needs_two_resamples():
    p = np.where(Y == 1, 0.7, 0.4)
    with pytest.raises(TimeoutError, match="had no time for two resamples"):
        bootstrap_interval("accuracy", Y, p, compute=Compute(time_limit=NO_TIME))


def everything(progress):
    """Call whatever tells how far it is; the units that each has."""
    p, q = np.where(Y == 1, 0.7, 0.4), np.full(300, 0.5)
    limits = {"progress": progress, "time_limit": 1e6}
    options = {"compute": Compute(**limits)}
    yield 51, permutation_test(X, Y, n_permutations=50, **options)
    yield 2, neighbor_information(X, Y, **limits)
    yield 300, score_features(X, Y, "relieff", **options)
    yield 4, stability_selection(X, Y, 1, subsamples=Subsamples(n=4), **options)
    yield (
        20,
        bootstrap_interval(
            "brier", Y, p, bootstrap=Bootstrap(n_resamples=20), **options
        ),
    )
    yield (
        20,
        compare_by_bootstrap(
            "brier", Y, p, q, bootstrap=Bootstrap(n_resamples=20), **options
        ),
    )


def test_progress_ends_where_all_is_done():
    steps = []
    for total, _ in everything(lambda *counts: steps.append(counts)):
        assert steps[-1] == (total, total)


def test_a_limit_that_is_not_reached_changes_nothing():
    assert permutation_test(X, Y, compute=Compute(time_limit=1e6)).equals(
        permutation_test(X, Y)
    )


def test_what_a_callback_raises_ends_the_work():
    def stop(done, total):
        raise RuntimeError(f"enough after {done}")

    with pytest.raises(RuntimeError, match="enough after"):
        permutation_test(X, Y, n_permutations=50, compute=Compute(progress=stop))
