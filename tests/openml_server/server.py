"""The server itself: HTTP over the routes, with planned faults."""

import gzip
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from .content import packaged_content
from .faults import FaultPlan
from .routes import answer

__all__ = ["OpenMLServer"]


class OpenMLServer:
    """A server on the loopback interface, in threads of this process.

    Parameters
    ----------
    content : Content, optional
        What it has; the packaged datasets otherwise.
    faults : FaultPlan, optional
    port : int, default=0
        0: any that is free.

    Attributes
    ----------
    url : str
        What a client is told: ``http://127.0.0.1:PORT/api/v1/xml``.
    calls : list of str
        Paths that were asked for.
    queries : list of str
        What followed a question mark.
    """

    def __init__(self, content=None, faults=None, port=0):
        self.content = packaged_content() if content is None else content
        self.faults = FaultPlan() if faults is None else faults
        self.calls = []
        self.queries = []
        self.closing = threading.Event()
        self._http = _HttpServer(("127.0.0.1", port), _Handler)
        self._http.owner = self
        self.base = f"http://127.0.0.1:{self._http.server_port}"
        self.url = f"{self.base}/api/v1/xml"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.02,), daemon=True
        )

    def start(self):
        self._thread.start()
        return self

    def close(self):
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def serve(self):
        """Answer in this thread until interrupted."""
        self._http.serve_forever()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    owner = None

    def handle_error(self, request, client_address):
        """Clients that hang up are no news; a mistake of ours is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    timeout = 30

    def do_GET(self):
        server = self.server.owner
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        server.calls.append(path)
        server.queries.append(parts.query)
        reply = server.faults.apply(path, answer(server.content, server.base, path))
        if reply.dropped or (reply.wait and server.closing.wait(reply.wait)):
            self.close_connection = True
            return
        self._send(server, reply)

    def _send(self, server, reply):
        body = reply.body
        headers = {"Content-Type": reply.content_type, **reply.headers}
        if reply.compress:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body) + reply.missing)
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not reply.pause:
            self.wfile.write(body)
            return
        for place in range(len(body)):
            self.wfile.write(body[place : place + 1])
            if server.closing.wait(reply.pause):
                return

    def log_message(self, *_):
        """Say nothing: `OpenMLServer.calls` has it."""
