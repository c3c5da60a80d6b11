"""The forkserver: a preloaded process that only forks workers.

It imports the modules that workers need, starts no thread, and then forks a worker at
each request of the parent: in a few milliseconds instead of the seconds of a fresh
interpreter. It is the parent of all workers, so it receives their exit statuses, and it
ends all of them when the user's process ends, for any reason.

Requests and reports are lines of JSON on one socket:

==============================  ====================================================
from the parent
==============================  ====================================================
``["preload", [...], [...]]``    first of all: modules to import, and modules that
                                each worker is to import
``["fork", id]``                with two descriptors: the worker's end of its
                                connection, and where its output goes
``["kill", id]``                end the worker and its process group
``["stop"]``                    end everything
==============================  ====================================================

==================================  ================================================
to the parent
==================================  ================================================
``["ready", n_threads, problems]``  imports are done; `problems` are lines of text
``["forked", id, pid]``             the worker runs
``["failed", id, message]``         it could not be forked
``["died", id, wait_status]``       it is gone, and its process group with it
==================================  ================================================
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import Any

from headstart.pool.forkserver.parent_death import (
    adopt_orphans,
    parent_is,
    signal_at_parent_death,
)
from headstart.pool.memory import children
from headstart.pool.worker import run_worker

__all__ = ["serve"]

# Seconds between checks of the parent, if the kernel does not signal its death.
_LOOK_SECONDS = 0.5


def serve(control_fd: int, parent_pid: int) -> None:
    """Run the forkserver of process `parent_pid`; never returns.

    Parameters
    ----------
    control_fd : int
        A stream socket to the parent.
    parent_pid : int
    """
    # During imports it may die at once: there is no worker yet.
    signal_at_parent_death(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not parent_is(parent_pid):
        os._exit(0)
    forkserver = _Forkserver(socket.socket(fileno=control_fd), parent_pid)
    try:
        forkserver.run()
    except OSError:
        pass  # the parent closed its end
    except Exception:
        traceback.print_exc()  # the parent reads it and reports its last lines
    finally:
        forkserver.end_everything()
        os._exit(0)


class _Forkserver:
    def __init__(self, control: socket.socket, parent_pid: int) -> None:
        self._control = control
        self._control.set_inheritable(False)
        self._parent_pid = parent_pid
        self._own_pid = os.getpid()
        self._received = b""
        self._descriptors: list[int] = []
        self._pids: dict[int, int] = {}  # worker's id -> pid
        self._ids: dict[int, int] = {}  # pid -> worker's id
        self._warm: list[str] = []
        self._stopping = False

    def run(self) -> None:
        adopt_orphans()
        # A signal wakes poll() by a byte in this pipe; handlers do nothing else.
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._handle_requests()  # the first one is "preload"
        # Not select(): the socket has the number that it had in the parent, and
        # select() refuses numbers from 1,024 on.
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        while not self._stopping and parent_is(self._parent_pid):
            ready = {number for number, _ in poll.poll(_LOOK_SECONDS * 1_000)}
            if self._wake_read in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            self._reap()
            if self._control.fileno() in ready:
                self._handle_requests()

    def end_everything(self) -> None:
        """Kill workers, their groups, and what escaped from those; wait briefly."""
        give_up = time.monotonic() + 1.0
        for pid in self._ids:
            _kill_group(pid)
        while time.monotonic() < give_up:
            # Orphans of a dead worker become children of this process with a delay.
            for pid in children(os.getpid()):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return
            time.sleep(0.005)

    def _on_terminate(self, *_: object) -> None:
        self._stopping = True

    def _handle_requests(self) -> None:
        data, descriptors, _, _ = socket.recv_fds(self._control, 65536, 64)
        self._descriptors += descriptors
        if not data:
            self._stopping = True
            return
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if request[0] == "fork":
                self._fork(request[1])
            elif request[0] == "kill":
                self._kill(request[1])
            elif request[0] == "preload":
                self._preload(request[1])
                self._warm = request[2]
            else:
                self._stopping = True

    def _preload(self, modules: list[str]) -> None:
        problems = []
        n_threads = _count_threads()
        for module in modules:
            try:
                importlib.import_module(module)
            except Exception as error:
                # The call that needs the module raises where the user sees it.
                problems.append(f"{module}: {type(error).__name__}: {error}")
            before, n_threads = n_threads, _count_threads()
            if n_threads > before:
                problems.append(f"{module} starts a thread when it is imported")
        # Frozen, so that workers' garbage collection does not copy these pages.
        gc.collect()
        gc.freeze()
        signal.signal(signal.SIGTERM, self._on_terminate)
        self._report("ready", n_threads, problems)

    def _fork(self, worker_id: int) -> None:
        connection, output = self._descriptors[:2]
        del self._descriptors[:2]
        try:
            pid = os.fork()
        except OSError as error:
            self._report("failed", worker_id, str(error))
        else:
            if pid == 0:
                self._become_worker(connection, output)
            # The worker does this too; the first of the two counts.
            with contextlib.suppress(OSError):
                os.setpgid(pid, pid)
            self._pids[worker_id] = pid
            self._ids[pid] = worker_id
            self._report("forked", worker_id, pid)
        finally:
            os.close(connection)
            os.close(output)

    def _become_worker(self, connection: int, output: int) -> None:
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal_at_parent_death(signal.SIGKILL)
            if parent_is(self._own_pid):
                os.close(self._wake_read)
                os.close(self._wake_write)
                self._control.close()
                run_worker(connection, output, self._warm)
        except BaseException:
            # The call may have closed the connection.
            traceback.print_exc()
            os._exit(1)
        finally:
            os._exit(0)

    def _kill(self, worker_id: int) -> None:
        # Absent if it has just died, which has been reported.
        if worker_id in self._pids:
            _kill_group(self._pids[worker_id])

    def _reap(self) -> None:
        died = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            died = True
            worker_id = self._ids.pop(pid, None)
            if worker_id is not None:
                # Its children could outlive it, but are of no use.
                _kill_group(pid)
                del self._pids[worker_id]
                self._report("died", worker_id, status)
        if died:
            for pid in children(os.getpid()):
                if pid not in self._ids:
                    # An adopted orphan: a worker's child in a session of its own.
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)

    def _report(self, *parts: Any) -> None:
        self._control.sendall(json.dumps(parts).encode() + b"\n")


def _kill_group(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _count_threads() -> int:
    if not sys.platform.startswith("linux"):
        return 1
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208
