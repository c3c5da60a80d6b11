"""The parent's link to the forkserver: requests, reports, output and its end."""

import json
import os
import socket
import subprocess
from collections import deque
from collections.abc import Sequence
from typing import Any

from headstart.pool.worker_handle import WorkerHandle

__all__ = ["ForkserverLink"]

_OUTPUT_BYTES = 16384
_END_SECONDS = 2.0


class ForkserverLink:
    """The parent's end of a forkserver.

    `headstart.pool.forkserver.server` describes the protocol.

    Parameters
    ----------
    process : subprocess.Popen
    control : socket.socket
        Carries requests and reports.
    output_fd : int
        Descriptor for reading the output of the forkserver.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        control: socket.socket,
        output_fd: int,
    ) -> None:
        self.process = process
        self.control = control
        self.output_fd = output_fd
        self._outgoing: deque[tuple[bytes, WorkerHandle | None]] = deque()
        self._received = b""
        self._output = bytearray()
        os.set_blocking(control.fileno(), False)
        os.set_blocking(output_fd, False)

    def ask(self, *request: Any) -> None:
        """Queue a request and send it; `send` continues if the socket is full."""
        self._outgoing.append((_line(request), None))
        self.send()

    def ask_for(self, worker: WorkerHandle) -> None:
        """Queue the request to fork `worker`."""
        self._outgoing.append((_line(("fork", worker.number)), worker))
        self.send()

    def send(self) -> bool:
        """Send the requests that fit, in order; return whether some are left.

        Requests that a dead forkserver cannot receive are lost.
        """
        try:
            while self._outgoing:
                request, worker = self._outgoing[0]
                if worker is None:
                    n_sent = self.control.send(request)
                else:
                    n_sent = worker.hand_over(self.control, request)
                if n_sent < len(request):
                    # The descriptors were sent with the first bytes.
                    self._outgoing[0] = (request[n_sent:], None)
                else:
                    self._outgoing.popleft()
        except BlockingIOError:
            return True
        except OSError:
            self._outgoing.clear()
        return False

    def reports(self) -> list[list[Any]] | None:
        """Return the reports that have arrived; None if the forkserver has ended."""
        try:
            data = self.control.recv(65536)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not data:
            return None
        *lines, self._received = (self._received + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def read_output(self) -> bool:
        """Read and keep the end of its output; return False if it is complete."""
        try:
            data = os.read(self.output_fd, 65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._output += data
        del self._output[:-_OUTPUT_BYTES]
        return bool(data)

    def end(self) -> bytes:
        """End it and all its workers within seconds; return its last output."""
        self.ask("stop")
        self.control.close()
        # While it imports, it reads no requests for seconds, but this ends it at once.
        self.process.terminate()
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        before = -1
        while before != len(self._output) and self.read_output():
            before = len(self._output)
        os.close(self.output_fd)
        return bytes(self._output)


def _line(request: Sequence[Any]) -> bytes:
    return json.dumps(request).encode() + b"\n"
