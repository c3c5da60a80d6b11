"""A forked process that would wait for polars' threads for ever is refused at once."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

import headstart
from headstart.exceptions import ForkedProcessError
from headstart.tables import to_frame

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
    # From Python 3.12 on, of any fork where there are threads.
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.headstart"
    rows = {"x": np.arange(30.0)}
    model = headstart.AutoRegressor(
        max_trials=1,
        learners=["ridge"],
        validation=headstart.Validation(folds=2, repeats=1),
        random_state=0,
    ).fit(rows, rows["x"], listeners=[])
    model.save(path)
    return path


def exit_code_of_a_fork(call, seconds=20):
    """Run `call` in a fork; return 0 where it returns, 3 where it is refused."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            call()
            code = 0
        except ForkedProcessError:
            code = 3
        finally:
            os._exit(code)
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def use_tables():
    """Have polars start its threads."""
    pl.DataFrame({"a": np.arange(1_000)}).lazy().sort("a").collect()
    to_frame({"a": [1.0]})


def test_a_fork_of_a_process_that_used_tables_is_refused():
    use_tables()

    assert exit_code_of_a_fork(lambda: to_frame({"a": [1.0]})) == 3


def test_a_fork_of_such_a_fork_is_refused_too():
    use_tables()

    def fork_again():
        if exit_code_of_a_fork(lambda: to_frame({"a": [1.0]})) == 3:
            raise ForkedProcessError("as expected")

    assert exit_code_of_a_fork(fork_again) == 3


def test_the_error_says_what_to_do():
    use_tables()
    reader, writer = os.pipe()

    def tell():
        try:
            to_frame({"a": [1.0]})
        except ForkedProcessError as error:
            os.write(writer, str(error).encode())

    assert exit_code_of_a_fork(tell) == 0
    message = os.read(reader, 4096).decode()
    os.close(reader)
    os.close(writer)
    assert "'spawn' or 'forkserver'" in message


@pytest.mark.xfail(
    raises=AssertionError,
    reason="predictions go through polars, whose threads a fork does not have",
)
def test_a_fork_of_a_process_that_has_predicted_predicts(model_file):
    model = headstart.load(model_file)
    model.predict({"x": [1.0]})

    assert exit_code_of_a_fork(lambda: model.predict({"x": [1.0]})) == 0


def test_a_fork_of_a_process_that_has_only_loaded_a_model_predicts(model_file):
    source = f"""
import os, sys
import headstart
model = headstart.load({str(model_file)!r})
if os.fork() == 0:
    model.predict({{"x": [1.0]}})
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", source], check=True, timeout=60
    )
