"""The zygote as its parent holds it: requests, reports, output, the end."""

import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Sequence
from typing import Any

from headstart.execution.worker_handle import WorkerHandle

__all__ = ["ZygoteLink"]

_OUTPUT_BYTES = 16384
_END_SECONDS = 2.0


class ZygoteLink:
    """A zygote that was started; see `headstart.execution.zygote` for what is said.

    Parameters
    ----------
    process : subprocess.Popen
    control : socket.socket
        Carries requests and reports.
    output_fd : int
        Where to read what the zygote prints.
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
        self._received = b""
        self._output = bytearray()
        os.set_blocking(control.fileno(), False)
        os.set_blocking(output_fd, False)

    def ask(self, *request: Any) -> None:
        """Send a request. One that a dead zygote cannot hear is lost."""
        with contextlib.suppress(OSError):
            self.control.sendall(_line(request))

    def ask_for(self, worker: WorkerHandle) -> None:
        """Have `worker` forked."""
        with contextlib.suppress(OSError):
            worker.hand_over(self.control, _line(("fork", worker.number)))

    def reports(self) -> list[list[Any]] | None:
        """Return the reports that have arrived; None when the zygote is gone."""
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
        """Keep the end of what it printed; False when there will be no more."""
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
        """End it with all its workers, within seconds; return what it printed last."""
        self.ask("stop")
        self.control.close()
        # One that still imports hears no request for seconds; it dies of this at once.
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
