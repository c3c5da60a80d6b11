"""What is tried again, how often, and after how long."""

from xml.parsers.expat import ExpatError

import pytest
import requests

from headstart.meta.openml.errors import (
    FinalReplyError,
    MalformedReplyError,
    RefreshError,
    ServerRefusalError,
    TransientReplyError,
)
from headstart.meta.openml.retry import Pace, Retries, as_known_error


class Calls:
    """Fails with the errors given, one a call, then gives 42."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.slept = []
        self.n_forgotten = 0

    def __call__(self):
        if self.errors:
            raise self.errors.pop(0)
        return 42

    def forget(self):
        self.n_forgotten += 1

    def made(self, attempts=4, first_wait=1.0, longest_wait=60.0):
        retries = Retries(
            attempts,
            first_wait,
            longest_wait,
            self.slept.append,
            self.forget,
            lambda _: None,
        )
        return retries.call("data 1", self)


def server_error(code):
    from openml.exceptions import OpenMLServerException

    return OpenMLServerException("no", code=code, url="http://x/")


def test_waits_are_doubled_up_to_the_longest():
    calls = Calls(*[TransientReplyError("no")] * 5)
    assert calls.made(attempts=6, longest_wait=5.0) == 42
    assert calls.slept == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert calls.n_forgotten == 5


def test_a_server_that_asks_for_time_gets_it_within_bounds():
    calls = Calls(TransientReplyError("no", 30.0), TransientReplyError("no", 1e9))
    assert calls.made() == 42
    assert calls.slept == [30.0, 60.0]


def test_the_last_failure_is_said():
    calls = Calls(*[TransientReplyError("it rained")] * 9)
    with pytest.raises(RefreshError, match=r"data 1: it rained \(tried 4 times\)"):
        calls.made()
    assert len(calls.slept) == 3


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (requests.ReadTimeout("slow"), TransientReplyError),
        (requests.ConnectionError("gone"), TransientReplyError),
        (ExpatError("half"), TransientReplyError),
        (KeyError("oml:error"), TransientReplyError),
        (ValueError("odd"), TransientReplyError),
        (AssertionError(), TransientReplyError),
        (server_error(107), TransientReplyError),
        (server_error(601), ServerRefusalError),
        (TypeError("string indices"), MalformedReplyError),
        (FinalReplyError("too large"), FinalReplyError),
        (MemoryError(), FinalReplyError),
    ],
    ids=repr,
)
def test_each_error_of_the_client_is_known(error, known):
    assert type(as_known_error(error)) is known


def test_errors_without_a_code_are_passing():
    from openml.exceptions import OpenMLHashException, OpenMLServerError

    for error in (OpenMLServerError("odd"), OpenMLHashException("other")):
        assert isinstance(as_known_error(error), TransientReplyError)


def test_a_private_dataset_is_refused_with_its_code():
    from openml.exceptions import OpenMLPrivateDatasetError

    assert as_known_error(OpenMLPrivateDatasetError("no")).code == 112


def test_refusals_are_not_tried_again():
    calls = Calls(server_error(151))
    with pytest.raises(ServerRefusalError, match="code 151"):
        calls.made()
    assert calls.slept == []


def test_messages_are_one_printable_line():
    error = as_known_error(KeyError("a\nb\x1b[31m"))
    assert str(error).isprintable()


def test_a_pace_spreads_calls():
    times, slept = iter([0.0, 0.1, 5.0]), []
    pace = Pace(2.0, clock=lambda: next(times), sleep=slept.append)
    for _ in range(3):
        pace.wait()
    assert slept == [pytest.approx(0.4)]


def test_no_pace_never_waits():
    pace = Pace(0.0, clock=None, sleep=None)
    pace.wait()
