"""Errors that describe why a worker died."""

import os
import signal

from headstart.exceptions import WorkerDiedError

__all__ = [
    "cancelled",
    "crashed",
    "describe_status",
    "lost",
    "never_started",
    "out_of_memory",
    "past_deadline",
    "tail_text",
]

_MEANING = {
    "SIGSEGV": "an invalid memory access",
    "SIGABRT": "abort() was called",
    "SIGFPE": "an arithmetic error",
    "SIGILL": "an instruction this processor does not have",
    "SIGBUS": "an invalid memory access, or a full /dev/shm",
    "SIGKILL": "often the system, when it runs out of memory",
}


def describe_status(status: int) -> str:
    """Return the meaning of a wait status in words.

    Examples
    --------
    >>> describe_status(9)
    'was killed by SIGKILL (often the system, when it runs out of memory)'
    >>> describe_status(3 << 8)
    'ended with exit code 3'
    """
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    meaning = _MEANING.get(name)
    return f"was killed by {name}" + (f" ({meaning})" if meaning else "")


def tail_text(data: bytes, n_lines: int = 20) -> str:
    """Return the last lines of what a process printed."""
    lines = data.decode("utf-8", errors="replace").rstrip().splitlines()
    # The fault handler's list of compiled modules is long and not informative.
    kept = [line[:500] for line in lines if not line.startswith("Extension modules:")]
    return "\n".join(kept[-n_lines:])


def crashed(what: str, output: bytes = b"") -> WorkerDiedError:
    """Return the error of a process that died on its own.

    The reason ends with the first line of a fault handler's report, or else with the
    last printed line, which is more informative than the exit code alone.
    """
    details = tail_text(output)
    lines = [line for line in details.splitlines() if line.strip()]
    line = next((line for line in lines if line.startswith("Fatal")), None)
    if line is None and lines:
        line = lines[-1]
    printed = f", after it printed: {line.strip()[:200]}" if line else ""
    return WorkerDiedError(f"The worker process {what}{printed}", "crash", details)


def lost(why: str) -> WorkerDiedError:
    """Return the error of a call that was lost with its worker, forkserver or pool."""
    return WorkerDiedError(f"The call was lost: {why}", "lost")


def past_deadline(seconds: float, output: bytes = b"") -> WorkerDiedError:
    """Return the error of a call that was stopped at its deadline."""
    return WorkerDiedError(
        f"Stopped at its deadline, {seconds:.1f} s after it started.",
        "timeout",
        tail_text(output),
    )


def never_started() -> WorkerDiedError:
    """Return the error of a call whose deadline passed while it waited."""
    return WorkerDiedError(
        "Its deadline passed before a worker was free to start it.", "timeout"
    )


def out_of_memory(used: int, limit: int, output: bytes = b"") -> WorkerDiedError:
    """Return the error of a call that exceeded its memory limit.

    Parameters
    ----------
    used, limit : int
        Bytes.
    output : bytes
        The end of the worker's output.
    """
    return WorkerDiedError(
        f"Stopped because it used {_mib(used)} MiB of memory; "
        f"its limit was {_mib(limit)} MiB.",
        "memory",
        tail_text(output),
    )


def cancelled(output: bytes = b"") -> WorkerDiedError:
    """Return the error of a running call whose answer is no longer wanted."""
    return WorkerDiedError("Stopped on request.", "cancelled", tail_text(output))


def _mib(size: int) -> int:
    return round(size / 2**20)
