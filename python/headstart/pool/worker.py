"""The worker: receives calls on its connection, runs them and sends the answers."""

import contextlib
import faulthandler
import importlib
import io
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from headstart.pool.call import run_packed
from headstart.pool.framing import HEADER, READY, frame
from headstart.pool.offspring import own_whole_process

__all__ = ["run_worker"]


def run_worker(connection_fd: int, output_fd: int, warm: Sequence[str] = ()) -> None:
    """Serve calls until the other end of the connection closes.

    Parameters
    ----------
    connection_fd : int
        A stream socket, whose descriptor no other process has.
    output_fd : int
        Descriptor for everything that calls write to standard output and error.
    warm : sequence of str
        Modules to import first. Failed imports are left to the call that needs them.
    """
    # Ctrl-C is handled by the parent, which decides about running calls.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _send_output_to(output_fd)
    _offer_to_the_memory_killer()
    own_whole_process()
    connection = socket.socket(fileno=connection_fd)
    # A program that a call starts must not keep the connection open.
    connection.set_inheritable(False)
    for module in warm:
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    connection.sendall(frame(READY))
    stream = connection.makefile("rb")
    while True:
        header = stream.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        packed = stream.read(HEADER.unpack(header)[0])
        answer = run_packed(packed)
        for printed in (sys.stdout, sys.stderr):
            _flush(printed)
        connection.sendall(frame(answer))
        # So that their objects are freed before the next call.
        del packed, answer


def _send_output_to(output_fd: int) -> None:
    os.dup2(output_fd, 1)
    os.dup2(output_fd, 2)
    os.close(output_fd)
    for printed in (sys.stdout, sys.stderr):
        if isinstance(printed, io.TextIOWrapper):
            # The last output is the most informative, so it must not stay in a buffer.
            printed.reconfigure(line_buffering=True, errors="backslashreplace")
    # After a segmentation fault, the output has the Python traceback.
    faulthandler.enable(file=2, all_threads=False)


def _offer_to_the_memory_killer() -> None:
    """Make Linux prefer this worker when it has to end a process for lack of memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _flush(printed: object) -> None:
    # A call may have closed or replaced the stream.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        printed.flush()  # type: ignore[attr-defined]
