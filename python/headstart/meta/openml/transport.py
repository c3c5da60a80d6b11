"""HTTP for the client, with limits on time, size, hosts and pace.

The client calls ``requests`` without a timeout, follows every link of a reply, and
reads replies of any size. It gets this session instead. Each reply is also checked
before the client gets it, because the client takes a gateway's page with status 503 for
an answer of OpenML.
"""

import hashlib
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from headstart.meta.openml.errors import FinalReplyError, TransientReplyError
from headstart.meta.openml.retry import Pace

__all__ = ["Limits", "Reply", "requests_shim"]

_CHUNK = 1 << 16
_MOST_REDIRECTS = 5
_TRY_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one call.

    Parameters
    ----------
    connect_seconds, read_seconds, total_seconds : float
        Seconds to connect, between two bytes, and for the whole reply.
    max_bytes : int
        Bytes of a decompressed reply.
    max_xml_bytes : int
        Bytes of a reply of the interface, which is read as a whole and takes many times
        as much memory.
    interface : str
        Prefix of the interface's paths.
    hosts : frozenset of str
        Allowed hosts of links, as ``host`` or ``host:port``; a leading dot allows all
        hosts of a domain.
    """

    connect_seconds: float
    read_seconds: float
    total_seconds: float
    max_bytes: int
    max_xml_bytes: int
    interface: str
    hosts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: path of the request, SHA-256 of the body, HTTP status."""

    path: str
    sha256: str
    status: int


def requests_shim(limits: Limits, pace: Pace, on_reply: Callable[[Reply], None]) -> Any:
    """Return a replacement of the module ``requests`` for the client.

    Parameters
    ----------
    limits : Limits
    pace : Pace
    on_reply : callable
        Called with each reply.
    """

    def session() -> _BoundedSession:
        return _BoundedSession(limits, pace, on_reply)

    return SimpleNamespace(
        Session=session,
        Response=requests.Response,
        codes=requests.codes,
        exceptions=requests.exceptions,
        utils=requests.utils,
    )


class _BoundedSession(requests.Session):
    """A session that only sends GET requests, within limits."""

    def __init__(
        self, limits: Limits, pace: Pace, on_reply: Callable[[Reply], None]
    ) -> None:
        super().__init__()
        self._limits = limits
        self._pace = pace
        self._on_reply = on_reply
        # With an authentication of its own, the session ignores passwords in the user's
        # ~/.netrc; proxies and certificates of the environment stay.
        self.auth = _no_password

    def request(  # type: ignore[override]
        self, method: str | bytes, url: str | bytes, **options: Any
    ) -> requests.Response:
        """Return the reply of `url`; see `requests.Session.request`."""
        if str(method).upper() != "GET":
            raise FinalReplyError(f"a refresh only reads; {method!r} was refused")
        target, query = str(url), options.get("params")
        is_xml = urlsplit(target).path.startswith(self._limits.interface)
        most = self._limits.max_xml_bytes if is_xml else self._limits.max_bytes
        for _ in range(_MOST_REDIRECTS + 1):
            self._check_host(target)
            response = self._read(target, query, options.get("headers"), most)
            if not response.is_redirect:
                self._judge(response)
                return response
            following = urljoin(target, response.headers["location"])
            if target.startswith("https:") and not following.startswith("https:"):
                raise FinalReplyError(
                    f"the server sends us from https to {following[:200]!r}, which is "
                    "not encrypted"
                )
            target, query = following, None
        raise TransientReplyError(f"more than {_MOST_REDIRECTS} redirects")

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: `request` follows redirects, since the session has no limits."""

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        is_allowed = any(
            allowed in (host, parts.netloc.lower())
            or (allowed.startswith(".") and host.endswith(allowed))
            for allowed in self._limits.hosts
        )
        if parts.scheme not in {"http", "https"} or not is_allowed:
            raise FinalReplyError(
                f"the server sends us to {url[:200]!r}. Expected a link to "
                f"{', '.join(sorted(self._limits.hosts))}. hint: name the host in "
                "data_hosts if it can be trusted"
            )

    def _read(self, url: str, query: Any, headers: Any, most: int) -> requests.Response:
        self._pace.wait()
        response = super().request(
            "GET",
            url,
            params=query,
            headers={**(headers or {}), "Accept-Encoding": "gzip, deflate"},
            timeout=(self._limits.connect_seconds, self._limits.read_seconds),
            stream=True,
            allow_redirects=False,
        )
        try:
            body = self._body(response, most)
        finally:
            response.close()
        response._content = body
        response._content_consumed = True
        return response

    def _body(self, response: requests.Response, most: int) -> bytes:
        limits = self._limits
        decoder = _decoder(response.headers.get("Content-Encoding", ""))
        give_up = time.monotonic() + limits.total_seconds
        body = bytearray()
        try:
            # read1 returns the available bytes. read would wait for a full chunk, and a
            # server that sends single bytes could delay it without end.
            while chunk := response.raw.read1(_CHUNK, decode_content=False):
                if decoder is None:
                    body += chunk
                else:
                    # A few bytes may expand to billions: stop one byte past the limit.
                    room = most + 1 - len(body)
                    body += decoder.decompress(chunk, room)
                if len(body) > most:
                    raise FinalReplyError(f"the reply is larger than {most:,} bytes")
                if time.monotonic() > give_up:
                    raise TransientReplyError(
                        f"the reply took longer than {limits.total_seconds:g} s"
                    )
        except (urllib3.exceptions.HTTPError, OSError, zlib.error) as error:
            raise TransientReplyError(
                f"the reply broke off ({type(error).__name__})"
            ) from error
        if decoder is not None and not decoder.eof:
            raise TransientReplyError("the reply broke off")
        return bytes(body)

    def _judge(self, response: requests.Response) -> None:
        body, status = response.content, response.status_code
        path = urlsplit(str(response.url)).path
        self._on_reply(Reply(path, hashlib.sha256(body).hexdigest(), status))
        if "charset" not in response.headers.get("Content-Type", "").lower():
            # By default requests assumes Latin-1 for text, and the checksum would fail.
            try:
                body.decode("utf-8")
            except UnicodeDecodeError:
                pass
            else:
                response.encoding = "utf-8"
        if status < 400 or b"<oml:error" in body[:1000]:
            return
        if status >= 500 or status in _TRY_AGAIN:
            wait = response.headers.get("Retry-After", "")
            seconds = float(wait) if wait.isdigit() else 0.0
            raise TransientReplyError(f"HTTP status {status}", seconds)
        raise FinalReplyError(f"HTTP status {status} for {path[:200]}")


def _no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _decoder(encoding: str) -> "zlib._Decompress | None":
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return None
    if name in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(zlib.MAX_WBITS | 32)  # Either header.
    raise TransientReplyError(f"the reply is compressed as {name[:40]!r}")
