from concurrent.futures import ThreadPoolExecutor

import pytest

from headstart.exceptions import BudgetError
from headstart.search.settings import FitSettings, parse_bytes


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


def test_something_that_is_no_executor_is_refused():
    with pytest.raises(TypeError, match="executor"):
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


def test_memory_that_the_run_takes_besides_is_not_given_to_fold_fits():
    reserved = 2**60  # more than there is

    assert settings().memory_per_fit(reserved) == 1
    assert settings(memory_limit="1GB", n_jobs=1).memory_per_fit(reserved) == 10**9
