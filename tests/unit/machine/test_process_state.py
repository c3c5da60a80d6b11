"""State of the process is as before, also where calls in threads overlap."""

import os
import random
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from headstart.machine.process_state import (
    ignore_warnings,
    limit_threads,
    preserve_state,
)


def thread_counts():
    return [library["num_threads"] for library in threadpool_info()]


def draws():
    return random.random(), np.random.random()  # noqa: NPY002


def seed_globally(number):
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002


@pytest.fixture(autouse=True)
def own_state():
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    with threadpool_limits(limits=2):
        yield
    random.setstate(state)
    np.random.set_state(numpy_state)  # noqa: NPY002


def overlap(first, second):
    """Enter one context in each of two threads; leave them in the same order."""
    entered, exited = threading.Event(), threading.Event()

    def run_first():
        with first():
            assert entered.wait(10)
        exited.set()

    def run_second():
        with second():
            entered.set()
            assert exited.wait(10)

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(run_first), threads.submit(run_second)]:
            future.result(20)


def one_thread():
    return limit_threads(1)


@pytest.mark.parametrize("other", [one_thread, preserve_state])
def test_thread_counts_are_as_before_where_calls_overlap(other):
    before = thread_counts()

    overlap(one_thread, other)

    assert thread_counts() == before
    assert 2 in before


def test_threads_are_bounded_inside():
    with limit_threads(1):
        assert set(thread_counts()) == {1}


def test_warnings_filters_are_as_before_where_calls_overlap():
    before = list(warnings.filters)

    overlap(ignore_warnings, ignore_warnings)

    assert list(warnings.filters) == before


def test_warnings_are_ignored_inside_only():
    with preserve_state():
        with ignore_warnings(DeprecationWarning):
            warnings.warn("old", DeprecationWarning, stacklevel=1)
            with pytest.raises(UserWarning):
                warnings.warn("other", UserWarning, stacklevel=1)
        with pytest.raises(DeprecationWarning):
            warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_global_generators_go_on_where_they_were():
    seed_globally(7)
    expected = draws()
    seed_globally(7)

    with preserve_state():
        seed_globally(1)
        draws()

    assert draws() == expected


def test_global_generators_go_on_where_they_were_where_calls_overlap():
    seed_globally(7)
    expected = draws()
    seed_globally(7)

    overlap(preserve_state, preserve_state)

    assert draws() == expected


def test_environment_folder_and_error_state_are_as_before(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_TEST_CHANGED", "before")
    monkeypatch.setenv("HEADSTART_TEST_REMOVED", "before")
    environment, folder, errors = dict(os.environ), Path.cwd(), np.geterr()

    with preserve_state():
        os.environ["HEADSTART_TEST_CHANGED"] = "after"
        os.environ["HEADSTART_TEST_ADDED"] = "after"
        del os.environ["HEADSTART_TEST_REMOVED"]
        os.chdir(tmp_path)
        np.seterr(all="raise")

    assert dict(os.environ) == environment
    assert Path.cwd() == folder
    assert np.geterr() == errors


def test_the_state_is_as_before_after_an_error():
    environment = dict(os.environ)

    def fail():
        with preserve_state():
            os.environ["HEADSTART_TEST_ADDED"] = "after"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert dict(os.environ) == environment
