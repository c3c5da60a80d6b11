from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from headstart.exceptions import BudgetError, PluginError
from headstart.search.run.settings import FitSettings, parse_bytes
from headstart.validation import holdout_fold, plain_folds, time_folds


def settings(**changed):
    values = {
        "time_limit": 60,
        "max_trials": None,
        "metric": None,
        "validation": "auto",
        "learners": None,
        "columns": None,
        "n_jobs": None,
        "memory_limit": None,
        "executor": None,
        "random_state": 0,
        "run_dir": None,
        "resume": False,
        "refit": False,
        "learn": False,
    }
    return FitSettings(**{**values, **changed})


@pytest.mark.parametrize("limit", [0, -1, "soon", float("nan"), float("inf"), True])
def test_a_time_limit_that_is_nonsense_is_refused(limit):
    with pytest.raises(BudgetError, match="time_limit"):
        settings(time_limit=limit).check()


@pytest.mark.parametrize("name", ["max_trials", "n_jobs"])
@pytest.mark.parametrize("value", [0, -2, 1.5, "two", True])
def test_a_count_that_is_nonsense_is_refused(name, value):
    with pytest.raises(BudgetError, match=name):
        settings(**{name: value}).check()


def test_no_limit_at_all_is_refused():
    with pytest.raises(BudgetError, match="max_trials"):
        settings(time_limit=None).check()


def test_a_limit_in_trials_is_enough():
    settings(time_limit=None, max_trials=1).check()


def test_learners_as_one_string_are_refused():
    with pytest.raises(TypeError, match="list of names"):
        settings(learners="ridge").check()


def test_a_refit_that_is_neither_yes_nor_no_is_refused():
    with pytest.raises(TypeError, match=r"'refit'.*'auto'. Got 'holdout'"):
        settings(refit="holdout").check()


HOLDOUT = holdout_fold(20, 0.2)
HOLDOUTS = holdout_fold(20, 0.2, n_repeats=2)
FOLDS = plain_folds(20, 2)
IN_TIME = time_folds(np.arange(20), 2)


@pytest.mark.parametrize(
    ("refit", "refitted"),
    [
        ("auto", [HOLDOUT, IN_TIME]),
        (True, [HOLDOUT, HOLDOUTS, FOLDS, IN_TIME]),
        (False, [IN_TIME]),
    ],
)
def test_models_of_one_holdout_are_refitted_by_default(refit, refitted):
    every = [HOLDOUT, HOLDOUTS, FOLDS, IN_TIME]
    assert [f for f in every if settings(refit=refit).refits(f)] == refitted


def test_something_that_is_no_executor_is_refused():
    with pytest.raises(TypeError, match="executor"):
        settings(executor=3).check()
    with pytest.raises(PluginError, match="Unknown executor 'dask'"):
        settings(executor="dask").check()
    with ThreadPoolExecutor(1) as pool:
        settings(executor=pool).check()


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GB", 4e9), ("2GiB", 2**31), ("512 mb", 512e6), (1000, 1000), ("1.5g", 1.5e9)],
)
def test_sizes_are_read(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize("size", ["many", "-1GB", 0, "", "1.2.3GB", None])
def test_sizes_that_are_nonsense_are_refused(size):
    with pytest.raises(BudgetError, match="memory_limit"):
        parse_bytes(size)


def test_a_seed_is_taken_as_it_is_and_made_where_there_is_none():
    assert settings(random_state=7).seed() == 7
    assert 0 <= settings(random_state=None).seed() < 2**31


MIB = 2**20


def test_memory_that_the_run_takes_besides_is_not_given_to_fold_fits():
    reserved = 2**60  # more than there is

    assert settings().memory_per_fit(reserved) == 160 * MIB
    assert settings(memory_limit="1GB", n_jobs=1).memory_per_fit(reserved) == 10**9


def test_a_memory_limit_below_what_a_worker_needs_is_refused_with_the_number():
    with pytest.raises(BudgetError, match=r"100 MB to 1 fold fit.*168 MB or more"):
        settings(memory_limit="100MB", n_jobs=1).check()
    with pytest.raises(BudgetError, match=r"600 MB to 4 fold fits.*672 MB or more"):
        settings(memory_limit="600MB", n_jobs=4).check()
    settings(memory_limit="672MB", n_jobs=4).check()
    with ThreadPoolExecutor(1) as pool:  # whose memory nobody watches
        settings(memory_limit="100MB", executor=pool).check()


def test_no_more_fold_fits_run_at_once_than_memory_holds(monkeypatch):
    monkeypatch.setattr("headstart.search.run.settings.available_cores", lambda: 16)
    limited = settings(memory_limit=500 * MIB)

    limited.check()

    assert limited.cores() == 3
    assert limited.memory_per_fit() == 500 * MIB // 3
    assert "3 fold fits run at once on 16 cores" in limited.memory_notice()
    assert settings(memory_limit="64GB").memory_notice() == ""


def test_a_worker_gets_what_it_needs_where_no_memory_is_free(monkeypatch):
    monkeypatch.setattr("headstart.search.run.settings.available_memory", lambda: 0)

    assert settings().cores() == 1
    assert settings().memory_per_fit() == 160 * MIB
    assert "Little memory is free: 0 MB" in settings().memory_notice()
