"""Calls with retries, and the log of replies."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from headstart.meta.openml.client import Client, connected
from headstart.meta.openml.errors import MalformedReplyError, ServerRefusalError
from headstart.meta.openml.options import RefreshOptions
from headstart.meta.openml.replies import SuiteReply, TaskReply
from headstart.meta.openml.retry import Pace, Retries
from headstart.meta.openml.text import short_key
from headstart.meta.openml.transport import Limits, Reply, requests_shim
from headstart.meta.records import FetchRecord

__all__ = ["Session", "open_session", "utc_now"]

T = TypeVar("T")

_log = logging.getLogger("headstart.openml")
_UNKNOWN_TASKS = frozenset({150, 151})


def utc_now() -> str:
    """Return the current time to the second, as ISO 8601 in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Session:
    """Calls to a server within limits, with a log of its replies.

    Attributes
    ----------
    server : str
    now : callable
        Returns the current time.
    client : Client
    n_calls : int
        Number of replies.
    n_retries : int
        Number of repeated calls.
    """

    def __init__(self, server: str, now: Callable[[], str]) -> None:
        self.client: Client
        self.retries: Retries
        self.n_calls = 0
        self.server = server
        self.now = now
        self._replies: dict[str, FetchRecord] = {}

    @property
    def n_retries(self) -> int:
        """Number of repeated calls."""
        return self.retries.n_retries

    def call(self, subject: str, action: Callable[[], T]) -> T:
        """Return the result of a call; see `Retries.call`."""
        return self.retries.call(subject, action)

    def log_reply(self, reply: Reply) -> None:
        """Log a reply; of several to one request, the last is kept."""
        self.n_calls += 1
        # Without the common prefix: data/61, not /api/v1/xml/data/61.
        rest = reply.path.partition("/api/v1/xml/")[2]
        key = short_key((rest or reply.path).strip("/"))
        outcome = "ok" if reply.status == 200 else f"status {reply.status}"
        self._replies[key] = FetchRecord(
            self.server, key, self.now(), reply.sha256, outcome
        )

    def sha256_of(self, key: str) -> str:
        """Return the hash of the last reply to a request, ``""`` without a reply."""
        reply = self._replies.get(key)
        return "" if reply is None else reply.sha256

    def take_replies(self) -> list[FetchRecord]:
        """Return the replies since the last call, and forget them."""
        replies = [self._replies[key] for key in sorted(self._replies)]
        self._replies.clear()
        return replies

    def suite(self, name: int | str) -> SuiteReply:
        """Return a suite."""
        return self.call(f"suite {name}", lambda: self.client.suite(name))

    def tasks(
        self, numbers: Sequence[int], tasks_per_call: int
    ) -> tuple[list[TaskReply], dict[int, str]]:
        """Return the tasks in the order of `numbers`, and reasons for missing ones."""
        tasks_by_number: dict[int, TaskReply] = {}
        missing: dict[int, str] = {}
        for start in range(0, len(numbers), tasks_per_call):
            chunk = numbers[start : start + tasks_per_call]
            for task in self._listed(chunk):
                tasks_by_number[task.task_id] = task
            for number in chunk:
                if number not in tasks_by_number:
                    self._one_task(number, tasks_by_number, missing)
        return [tasks_by_number[n] for n in numbers if n in tasks_by_number], missing

    def _listed(self, chunk: Sequence[int]) -> list[TaskReply]:
        try:
            return self.call("the list of tasks", lambda: self.client.tasks(chunk))
        except MalformedReplyError as error:
            # The client fails on a whole list if a dataset has a single quality.
            _log.info("The list of tasks cannot be read: %s", error)
            self.client.forget()
            return []

    def _one_task(
        self, number: int, tasks: dict[int, TaskReply], missing: dict[int, str]
    ) -> None:
        try:
            task = self.call(f"task {number}", lambda: self.client.task(number))
        except ServerRefusalError as error:
            if error.code not in _UNKNOWN_TASKS:
                raise
            missing[number] = str(error)
        except MalformedReplyError as error:
            missing[number] = str(error)
        else:
            tasks[number] = task


@contextmanager
def open_session(
    options: RefreshOptions,
    cache: Path,
    *,
    now: Callable[[], str] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    notice: Callable[[str], None] = lambda _: None,
) -> Iterator[Session]:
    """Yield a session with the server of `options`.

    Parameters
    ----------
    options : RefreshOptions
    cache : Path
        Folder of this session alone.
    now : callable
        Returns the current time, for the log.
    sleep : callable
        Waits for a number of seconds.
    notice : callable
        Called with a message before each repeated call.
    """
    session = Session(options.server, now)
    limits = Limits(
        options.connect_seconds,
        options.read_seconds,
        options.total_seconds,
        options.max_reply_bytes,
        min(options.max_reply_bytes, options.max_xml_bytes),
        urlsplit(options.server).path.rstrip("/") + "/",
        options.hosts,
    )
    pace = Pace(options.calls_per_second, sleep=sleep)
    shim = requests_shim(limits, pace, session.log_reply)
    with connected(options.server, shim, cache) as client:
        session.client = client
        session.retries = Retries(
            options.attempts,
            options.first_wait,
            options.longest_wait,
            sleep,
            client.forget,
            notice,
        )
        yield session
