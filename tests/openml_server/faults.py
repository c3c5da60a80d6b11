"""Faults: what a planned call gets instead of its answer.

A change takes the reply that would be sent and gives another one. Each has the name of
what users of OpenML have met.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

__all__ = [
    "NAMED",
    "Fault",
    "FaultPlan",
    "Reply",
    "broken_gzip",
    "doubled_evaluation",
    "drop",
    "error_code",
    "html_error",
    "no_charset",
    "other_root",
    "overload",
    "short_body",
    "single_quality",
    "stall",
    "too_many_requests",
    "trickle",
    "truncate",
    "uncompressed",
    "without_data_name",
    "without_users",
    "wrong_md5",
]


@dataclass(frozen=True)
class Reply:
    """What is sent.

    Parameters
    ----------
    wait : float
        Seconds before the first byte.
    pause : float
        Seconds between two bytes.
    missing : int
        Bytes promised in ``Content-Length`` and not sent.
    dropped : bool
        Close the connection without a word.
    """

    body: bytes
    status: int = 200
    content_type: str = "text/xml; charset=utf-8"
    compress: bool = True
    headers: dict = field(default_factory=dict)
    wait: float = 0.0
    pause: float = 0.0
    missing: int = 0
    dropped: bool = False

    def edited(self, pattern, replacement, count=0):
        text = re.sub(
            pattern, replacement, self.body.decode(), count=count, flags=re.DOTALL
        )
        return replace(self, body=text.encode())


Change = Callable[[Reply], Reply]


@dataclass
class Fault:
    """A change of some replies.

    Parameters
    ----------
    pattern : str
        Regular expression that is searched for in the path.
    change : callable
    first, times : int
        Which of the matching calls it strikes, counted from 1.
    """

    pattern: str
    change: Change
    first: int = 1
    times: int = 1
    n_calls: int = 0


class FaultPlan:
    """The faults of a server; safe to ask from several threads."""

    def __init__(self, *faults):
        self._faults = list(faults)
        self._lock = threading.Lock()
        self.n_struck = 0

    def add(self, *faults):
        with self._lock:
            self._faults += faults

    def reset(self):
        with self._lock:
            self._faults.clear()
            self.n_struck = 0

    def apply(self, path, reply):
        with self._lock:
            for fault in self._faults:
                if re.search(fault.pattern, path):
                    fault.n_calls += 1
                    if fault.first <= fault.n_calls < fault.first + fault.times:
                        self.n_struck += 1
                        reply = fault.change(reply)
        return reply


def stall(seconds=30.0):
    return lambda reply: replace(reply, wait=seconds)


def trickle(pause=0.2):
    """Send byte by byte, so that no single read times out."""
    return lambda reply: replace(reply, pause=pause)


def drop(reply):
    return replace(reply, dropped=True)


def short_body(reply):
    return replace(reply, missing=100)


def truncate(reply):
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def broken_gzip(reply):
    headers = {**reply.headers, "Content-Encoding": "gzip"}
    return replace(reply, headers=headers, compress=False)


def uncompressed(reply):
    return replace(reply, compress=False)


def other_root(reply):
    return replace(reply, body=b'<?xml version="1.0"?><other>1</other>')


def html_error(status=503):
    """Well-formed HTML, as gateways send it."""
    body = b"<html><head><title>no</title></head><body><p>down</p></body></html>"
    return lambda reply: replace(
        reply, body=body, status=status, content_type="text/html"
    )


def too_many_requests(seconds=1):
    headers = {"Retry-After": str(seconds)}
    return lambda reply: replace(
        reply, body=b"slow down", status=429, content_type="text/plain", headers=headers
    )


def error_code(code, message="Planned fault", status=412):
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oml:error xmlns:oml="http://openml.org/openml">\n'
        f"  <oml:code>{code}</oml:code>\n  <oml:message>{message}</oml:message>\n"
        "</oml:error>\n"
    ).encode()
    return lambda reply: replace(reply, body=body, status=status)


def overload(reply):
    return error_code(107, "Database connection error.")(reply)


def wrong_md5(reply):
    """Of a description: another checksum than the data has."""
    return reply.edited(r"(<oml:md5_checksum>)[0-9a-f]{32}", rf"\g<1>{'0' * 32}")


def no_charset(reply):
    return replace(reply, content_type="text/plain")


def single_quality(reply):
    """Of a listing: one quality each, which the client cannot read."""
    one = r"<oml:quality [^>]*>[^<]*</oml:quality>"
    return reply.edited(rf"({one})(\s*{one})+", r"\1")


def without_users(reply):
    """Of a list of users: another one than was asked for."""
    return reply.edited(r"<oml:id>\d+</oml:id>", "<oml:id>999999</oml:id>")


def without_data_name(reply):
    return reply.edited(r"<oml:data_name>[^<]*</oml:data_name>", "")


def doubled_evaluation(reply):
    """Of a page of evaluations: the first row twice, the last one missing."""
    row = r"<oml:evaluation>.*?</oml:evaluation>"
    rows = re.findall(row, reply.body.decode(), re.DOTALL)
    text = reply.body.decode().replace(rows[-1], "", 1)
    if len(rows) > 1:
        text = text.replace(rows[0], rows[0] + rows[0], 1)
    else:
        text = reply.body.decode().replace(rows[0], rows[0] + rows[0], 1)
    return replace(reply, body=text.encode())


NAMED = {
    "broken-gzip": broken_gzip,
    "doubled-evaluation": doubled_evaluation,
    "drop": drop,
    "html-503": html_error(),
    "missing-data-name": without_data_name,
    "missing-user": without_users,
    "no-charset": no_charset,
    "other-root": other_root,
    "overload": overload,
    "short-body": short_body,
    "single-quality": single_quality,
    "stall": stall(),
    "too-many-requests": too_many_requests(),
    "trickle": trickle(),
    "truncate": truncate,
    "uncompressed": uncompressed,
    "wrong-md5": wrong_md5,
}
"""Changes by the names that the command line knows them by."""
