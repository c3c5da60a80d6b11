"""The thread of a pool, which alone communicates with the forkserver and the workers.

There is one thread with one `select`, and no lock between processes: each worker has
its own connection, so that the death of a worker never affects another one. The thread
is a daemon and lives as long as the pool.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from headstart.exceptions import WorkerDiedError
from headstart.pool.call import unpack_answer
from headstart.pool.death import (
    cancelled,
    crashed,
    describe_status,
    lost,
    tail_text,
)
from headstart.pool.forkserver.launch import launch_forkserver
from headstart.pool.framing import READY
from headstart.pool.future import Job
from headstart.pool.job_queue import Ending, JobQueue
from headstart.pool.limits import LimitWatch
from headstart.pool.worker_handle import WorkerHandle

if TYPE_CHECKING:
    from headstart.pool.forkserver.link import ForkserverLink

__all__ = ["PoolManager", "Rescue"]

# Seconds after which a killed worker counts as dead, even if the kernel cannot end it.
_DEATH_SECONDS = 1.0
# Consecutive deaths without a finished call after which the pool counts as broken.
_MAX_FORKSERVER_DEATHS = 3
_MAX_WORKER_DEATHS = 20

Rescue = Callable[[str, list[Job], bool], None]


class PoolManager:
    """Runs jobs on workers; see `WorkerPool` for the parameters.

    Parameters
    ----------
    rescue : callable of ``(reason, jobs, had_workers)`` or None
        Called in the manager's thread if no worker can be started any more, with the
        reason, the waiting jobs, and whether there were workers before (a call may then
        be the cause). If it is None, the jobs fail.
    """

    def __init__(
        self,
        n_workers: int,
        preload: Sequence[str],
        warm: Sequence[str],
        environment: Mapping[str, str],
        rescue: Rescue | None,
    ) -> None:
        self.problems: tuple[str, ...] = ()
        self.n_threads = 0
        self.broken = ""
        self.ready = threading.Event()
        self._n_workers = n_workers
        self._preload = tuple(preload)
        self._warm = tuple(warm)
        self._environment = dict(environment)
        self._rescue = rescue
        self._queue = JobQueue()
        self._may_rescue = False
        self._had_workers = False
        # The thread's own.
        self._forkserver: ForkserverLink | None = None
        self._forkserver_deaths = 0
        self._worker_deaths = 0
        self._workers: dict[int, WorkerHandle] = {}
        self._n_made = 0
        self._limits = LimitWatch()
        self._fork_again_at = 0.0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._queue.wake_fd, selectors.EVENT_READ, _nothing)
        self.pid = os.getpid()
        self.thread = threading.Thread(
            target=self._run, name="headstart-pool", daemon=True
        )
        self.thread.start()

    # The interface for callers, from any thread.

    def submit(self, job: Job) -> None:
        """Queue a job."""
        if not self._queue.put(job):
            self._hand_to_rescue([job])

    def kill(self, future: Future[Any]) -> None:
        """End the job of `future`, running or not."""
        self._queue.kill(future)

    def end(self, ending: Ending) -> None:
        """Request the end of the thread, if this process started it."""
        if os.getpid() == self.pid:
            self._queue.end(ending)

    def cancel_pending(self) -> None:
        """Cancel all jobs that have not started."""
        self._queue.cancel_all()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, at most `timeout` seconds.

        In the thread itself it returns at once: a callback of a future may close the
        pool.
        """
        if threading.current_thread() is not self.thread and os.getpid() == self.pid:
            self.thread.join(timeout)

    # The thread.

    def _run(self) -> None:
        reason = ""
        try:
            self._launch()
            while not self._is_over():
                for key, events in self._selector.select(self._patience()):
                    key.data(events)
                self._enforce_limits()
                self._assign()
                self._keep_workers()
                self._send_requests()
        except _NoWorkersError as error:
            reason = str(error)
        except Exception as error:  # callers must not wait forever after a defect
            reason = f"the pool failed: {type(error).__name__}: {error}"
        finally:
            self._clean_up(reason)

    def _is_over(self) -> bool:
        if self._queue.ending is Ending.WHEN_DONE:
            return not self._queue and not self._running()
        return self._queue.ending is Ending.NOW

    def _running(self) -> list[WorkerHandle]:
        return [w for w in self._workers.values() if w.job is not None]

    def _patience(self) -> float | None:
        """Return the seconds until the next check is due."""
        moments = [self._queue.next_deadline()]
        for worker in self._running():
            moments.append(self._limits.next_look)
            moments.append(worker.job.deadline if worker.job else None)
        if self._fork_again_at:
            moments.append(self._fork_again_at)
        first = min((at for at in moments if at is not None), default=None)
        # Rounded up by a millisecond, to avoid wake-ups before the time.
        return None if first is None else max(0.0, first - time.monotonic()) + 0.001

    # Forkserver.

    def _launch(self) -> None:
        try:
            self._forkserver = forkserver = launch_forkserver(self._environment)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise _NoWorkersError(f"no Python process could be started: {error}") from (
                error
            )
        self._selector.register(
            forkserver.control, selectors.EVENT_READ, self._on_forkserver_report
        )
        self._selector.register(
            forkserver.output_fd, selectors.EVENT_READ, self._on_forkserver_output
        )
        forkserver.ask("preload", self._preload, self._warm)
        self._keep_workers()

    def _on_forkserver_output(self, _events: int) -> None:
        if self._forkserver is not None and not self._forkserver.read_output():
            self._forget(self._forkserver.output_fd)

    def _send_requests(self) -> None:
        """Wait until the forkserver can receive the remaining requests, if any."""
        if self._forkserver is None:
            return
        events = selectors.EVENT_READ
        if self._forkserver.send():
            events |= selectors.EVENT_WRITE
        key = self._selector.get_key(self._forkserver.control)
        if key.events != events:
            self._selector.modify(self._forkserver.control, events, key.data)

    def _on_forkserver_report(self, events: int) -> None:
        if self._forkserver is None or not events & selectors.EVENT_READ:
            return
        reports = self._forkserver.reports()
        if reports is None:
            self._on_forkserver_death()
            return
        for kind, *parts in reports:
            if kind == "ready":
                self.n_threads, self.problems = parts[0], tuple(parts[1])
                self.ready.set()
            elif parts[0] not in self._workers:
                pass
            elif kind == "forked":
                self._workers[parts[0]].pid = parts[1]
            elif kind == "died":
                self._on_worker_death(parts[0], describe_status(parts[1]))
            elif kind == "failed":
                # Counted once per round, since simultaneous requests fail together,
                # and only if the pool has no worker.
                is_first = time.monotonic() >= self._fork_again_at
                self._fork_again_at = time.monotonic() + 0.5
                has_workers = any(worker.pid for worker in self._workers.values())
                self._on_worker_death(
                    parts[0],
                    f"could not be started: {parts[1]}",
                    counts=is_first and not has_workers,
                )

    def _on_forkserver_death(self) -> None:
        # Its workers are lost with it: finished and unfinished calls cannot be
        # distinguished.
        was_ready = self.ready.is_set()
        self._forkserver_deaths += 1
        output = self._drop_forkserver()
        for worker in list(self._workers.values()):
            _kill_group(worker.pid)
            # Counted as one death, of the forkserver.
            if worker.job is not None and worker.doom is None:
                worker.condemn(lost("the process that starts workers died"))
            self._on_worker_death(
                worker.number,
                "was lost: the process that starts workers died",
                counts=False,
            )
        if not was_ready:
            raise _NoWorkersError(
                "the process that starts workers ended before it was ready"
                + (f": {tail_text(output, 3)}" if output else "")
            )
        if self._forkserver_deaths > _MAX_FORKSERVER_DEATHS:
            raise _NoWorkersError("the process that starts workers died repeatedly")
        self._launch()

    def _drop_forkserver(self) -> bytes:
        """Drop the forkserver, make sure that it ends, and return its output."""
        forkserver, self._forkserver = self._forkserver, None
        if forkserver is None:
            return b""
        self._forget(forkserver.control)
        self._forget(forkserver.output_fd)
        return forkserver.end()

    def _forget(self, channel: Any) -> None:
        """Stop waiting for `channel`."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(channel)

    # Workers.

    def _keep_workers(self) -> None:
        """Request workers until there is one per slot and a spare one."""
        if self._forkserver is None or time.monotonic() < self._fork_again_at:
            return
        self._fork_again_at = 0.0
        alive = sum(worker.doom is None for worker in self._workers.values())
        for _ in range(self._n_workers + 1 - alive):
            self._n_made += 1
            try:
                worker = WorkerHandle(self._n_made)
            except OSError as error:  # too many open files
                if not self._workers:
                    raise _NoWorkersError(
                        f"no connection to a worker could be opened: {error}"
                    ) from error
                self._fork_again_at = time.monotonic() + 0.5
                return
            self._workers[worker.number] = worker
            self._watch(worker)
            self._forkserver.ask_for(worker)

    def _watch(self, worker: WorkerHandle) -> None:
        # A worker may have been closed by an earlier event of the same round.
        def on_connection(events: int) -> None:
            if worker.closed:
                return
            if events & selectors.EVENT_WRITE and not worker.send():
                self._selector.modify(
                    worker.connection, selectors.EVENT_READ, on_connection
                )
            if events & selectors.EVENT_READ:
                self._on_answers(worker)

        def on_output(_events: int) -> None:
            if not worker.closed and not worker.read_output():
                self._forget(worker.output_fd)

        self._selector.register(worker.connection, selectors.EVENT_READ, on_connection)
        self._selector.register(worker.output_fd, selectors.EVENT_READ, on_output)

    def _on_answers(self, worker: WorkerHandle) -> None:
        answers, ended = worker.receive()
        if ended and not worker.disconnected:
            # It is dead, which the forkserver will report with the cause, or it has
            # closed its end and is of no use.
            worker.disconnected = True
            self._forget(worker.connection)
            if self._forkserver is not None:
                self._forkserver.ask("kill", worker.number)
        for answer in answers:
            if answer == READY:
                worker.ready = True
                continue
            job, worker.job = worker.job, None
            if job is None:
                continue
            self._worker_deaths = self._forkserver_deaths = 0
            try:
                result = unpack_answer(answer)
            except Exception as error:
                job.fail(error)
            else:
                job.succeed(result)

    def _on_worker_death(self, number: int, what: str, *, counts: bool = True) -> None:
        worker = self._workers.pop(number)
        self._on_answers(worker)  # it may have answered before it died
        worker.read_output()
        self._forget(worker.connection)
        self._forget(worker.output_fd)
        worker.close()
        if worker.job is not None:
            worker.job.fail(worker.doom or crashed(what, bytes(worker.output)))
        elif worker.doom is None and counts:
            self._worker_deaths += 1
            # The worker of each slot may die once for a temporary reason.
            if self._worker_deaths > _MAX_WORKER_DEATHS + self._n_workers:
                raise _NoWorkersError(f"every worker process {what}")

    def _assign(self) -> None:
        """Assign pending jobs to idle workers while slots are free."""
        n_running = len(self._running())
        for worker in list(self._workers.values()):
            if n_running >= self._n_workers:
                return
            if not worker.is_idle:
                continue
            job = self._queue.take()
            if job is None:
                return
            worker.give(job)
            n_running += 1
            if worker.send() and not worker.disconnected:
                key = self._selector.get_key(worker.connection)
                both = selectors.EVENT_READ | selectors.EVENT_WRITE
                self._selector.modify(worker.connection, both, key.data)

    # Limits.

    def _enforce_limits(self) -> None:
        to_kill = self._queue.settle()
        running = self._running()
        for worker in running:
            if worker.doom is None and worker.job and worker.job.future in to_kill:
                self._condemn(worker, cancelled(worker.printed()))
        for worker, error in self._limits.broken(running):
            self._condemn(worker, error)
        for worker in running:
            doom, stuck = worker.doom, worker.job
            if doom and stuck and time.monotonic() - worker.doomed_at > _DEATH_SECONDS:
                worker.job = None
                stuck.fail(doom)

    def _condemn(self, worker: WorkerHandle, error: WorkerDiedError) -> None:
        worker.condemn(error)
        if self._forkserver is not None:
            self._forkserver.ask("kill", worker.number)

    # The end.

    def _clean_up(self, reason: str) -> None:
        self.broken = reason or "the pool is closed"
        self._may_rescue = bool(reason)
        self._had_workers = self.ready.is_set()
        self._forget(self._queue.wake_fd)
        pending = self._queue.close()
        self._drop_forkserver()
        for worker in self._workers.values():
            if worker.job is not None:
                error = lost(reason) if reason else cancelled()
                worker.job.fail(worker.doom or error)
            worker.close()
        self._workers.clear()
        self._selector.close()
        self.ready.set()
        if reason:
            self._hand_to_rescue(pending)
        else:
            for job in pending:
                job.cancel()

    def _hand_to_rescue(self, jobs: list[Job]) -> None:
        if self._rescue is not None and self._may_rescue:
            self._rescue(self.broken, jobs, self._had_workers)
            return
        for job in jobs:
            job.fail(lost(f"no worker process could run it: {self.broken}."))


class _NoWorkersError(Exception):
    """The pool cannot start workers, with the reason."""


def _nothing(_events: int) -> None:
    """Handle an event that only has to end the waiting."""


def _kill_group(pid: int | None) -> None:
    if pid is not None:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
