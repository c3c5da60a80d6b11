"""A clock of processor seconds: fits on a busy machine get the time of an idle one."""

import os
import sys
import time

__all__ = ["count_processor_seconds"]

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)
_TICK_SECONDS = 0.2


def count_processor_seconds() -> None:
    """Make time limits of headstart count the processor seconds of this process.

    Fold fits run in this process, one at a time, on one thread. Call it before
    headstart is imported, whose defaults keep the clock.
    """
    if "headstart" in sys.modules:
        raise RuntimeError("headstart has been imported, and keeps its clock.")
    os.environ["HEADSTART_EXECUTION"] = "in-process"
    os.environ |= dict.fromkeys(_THREADS, "1")
    time.monotonic = time.process_time

    import headstart.execution.in_process as in_process
    import headstart.search.run.clock as clock

    # A process that waits for the processor is not a machine that sleeps.
    clock._COUNTS_ON = None
    in_process._Run.wait = _wait


def _wait(run) -> None:
    """Wait for a call until its deadline in processor seconds."""
    from headstart.pool.death import past_deadline

    deadline = run.job.deadline
    while not run._over.wait(_TICK_SECONDS):
        if deadline is not None and time.monotonic() >= deadline:
            run.give_up(past_deadline(run.job.seconds()))
            return
