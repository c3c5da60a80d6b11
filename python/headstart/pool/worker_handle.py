"""The pool's handle of a worker: connection, output and the running call."""

import contextlib
import os
import socket
import time

from headstart.exceptions import WorkerDiedError
from headstart.pool.framing import FrameReader, frame
from headstart.pool.future import Job

__all__ = ["WorkerHandle"]

_CHUNK = 1 << 20
_OUTPUT_BYTES = 16384


class WorkerHandle:
    """One worker process, from the request to fork it until its death is known.

    Attributes
    ----------
    pid : int or None
        None until the forkserver has forked it.
    ready : bool
        Whether its imports are done; a call's seconds start then.
    job : Job or None
        The job that it runs.
    doom : WorkerDiedError or None
        Why it is being killed; it then receives no more jobs.
    disconnected : bool
        Whether its end of the connection is closed.
    closed : bool
        Whether the parent's end is closed: the worker has ended.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.pid: int | None = None
        self.ready = False
        self.job: Job | None = None
        self.doom: WorkerDiedError | None = None
        self.doomed_at = 0.0
        self.disconnected = False
        self.closed = False
        self.output = bytearray()
        self._outgoing = memoryview(b"")
        self._frames = FrameReader()
        self.connection, theirs = socket.socketpair()
        self.output_fd, output_write = os.pipe()
        os.set_blocking(self.connection.fileno(), False)
        os.set_blocking(self.output_fd, False)
        self._their_connection: socket.socket | None = theirs
        self._output_write = output_write

    @property
    def is_idle(self) -> bool:
        """True if it can receive a job."""
        return (
            self.pid is not None
            and self.ready
            and self.job is None
            and self.doom is None
            and not self.disconnected
        )

    def hand_over(self, control: socket.socket, request: bytes) -> int:
        """Send `request` with the worker's ends of the channels; return bytes sent.

        Raises
        ------
        BlockingIOError
            If `control` is full: nothing was sent, and the ends are kept.
        """
        theirs = self._their_connection
        if theirs is None:
            return len(request)  # closed while the request waited
        n_sent = socket.send_fds(
            control, [request], [theirs.fileno(), self._output_write]
        )
        self._close_their_ends()
        return n_sent

    def give(self, job: Job) -> None:
        """Start to send it `job`; `send` continues."""
        self.read_output()
        self.output.clear()  # of an earlier call
        self.job = job
        self._outgoing = memoryview(frame(job.packed))
        self.send()

    def send(self) -> bool:
        """Send the bytes that fit; return whether some are left."""
        # A dead worker's connection breaks; the forkserver will report its death.
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionError):
            while self._outgoing:
                sent = self.connection.send(self._outgoing)
                self._outgoing = self._outgoing[sent:]
            return False
        return bool(self._outgoing)

    def receive(self) -> tuple[list[bytes], bool]:
        """Return answers that are complete, and whether the connection has ended."""
        answers: list[bytes] = []
        while True:
            try:
                data = self.connection.recv(_CHUNK)
            except BlockingIOError:
                return answers, False
            except OSError:
                return answers, True
            if not data:
                return answers, True
            answers.extend(self._frames.feed(data))

    def read_output(self) -> bool:
        """Read and keep the end of its output; return False if it is complete."""
        while True:
            try:
                data = os.read(self.output_fd, 65536)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            self.output += data
            del self.output[:-_OUTPUT_BYTES]
            if len(data) < 65536:
                return True

    def printed(self) -> bytes:
        """Return the end of its output during its job."""
        self.read_output()
        return bytes(self.output)

    def condemn(self, error: WorkerDiedError) -> None:
        """Record that it is being killed, with the reason."""
        self.doom = error
        self.doomed_at = time.monotonic()

    def close(self) -> None:
        """Close the descriptors."""
        self.closed = True
        self.connection.close()
        os.close(self.output_fd)
        self._close_their_ends()

    def _close_their_ends(self) -> None:
        if self._their_connection is not None:
            self._their_connection.close()
            os.close(self._output_write)
            self._their_connection = None
