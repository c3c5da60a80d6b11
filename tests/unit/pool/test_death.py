import pickle
import signal

import pytest

from headstart.base import FoldStatus
from headstart.exceptions import WorkerDiedError
from headstart.pool.death import (
    cancelled,
    crashed,
    describe_status,
    out_of_memory,
    past_deadline,
    tail_text,
)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, "ended with exit code 0"),
        (3 << 8, "ended with exit code 3"),
        (int(signal.SIGSEGV), "was killed by SIGSEGV (an invalid memory access)"),
        (int(signal.SIGUSR1), "was killed by SIGUSR1"),
    ],
)
def test_a_wait_status_is_put_in_words(status, said):
    assert describe_status(status) == said


def test_only_the_last_lines_are_kept():
    assert tail_text(b"1\n2\n3\n", n_lines=2) == "2\n3"


def test_bytes_that_are_no_text_do_not_matter():
    assert tail_text(b"\xff\xfe") == "\ufffd\ufffd"


def test_a_crash_quotes_what_was_printed_last():
    error = crashed("ended with exit code 1", b"loading\nterminate called\n")

    assert str(error).endswith("exit code 1, after it printed: terminate called")
    assert error.details == "loading\nterminate called"


def test_a_crash_quotes_the_fault_and_not_the_last_frame():
    error = crashed("died", b"Fatal Python error: Aborted\n  File x, line 3\n")

    assert str(error).endswith("Fatal Python error: Aborted")


@pytest.mark.parametrize(
    "error", [crashed("died"), past_deadline(1), out_of_memory(2, 1), cancelled()]
)
def test_every_kind_is_a_status_of_a_fold_fit(error):
    assert FoldStatus(error.kind)


def test_the_error_survives_pickling():
    error = WorkerDiedError("gone", "memory", "last line")

    copy = pickle.loads(pickle.dumps(error))

    assert (str(copy), copy.kind, copy.details) == ("gone", "memory", "last line")
