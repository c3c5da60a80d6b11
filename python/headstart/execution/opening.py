"""Choice of the executor of fold fits."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from headstart.execution.executor import FoldFitExecutor
from headstart.execution.foreign import ForeignExecutor
from headstart.execution.in_process import InProcessExecutor
from headstart.execution.libraries import PRELOAD, WARM
from headstart.execution.pooled import PooledExecutor
from headstart.machine.capacity import available_cores
from headstart.machine.settings import execution_mode
from headstart.plugins import load_plugins
from headstart.pool.forkserver.launch import why_not_launched

__all__ = ["open_executor"]


def open_executor(
    n_jobs: int | None = None,
    executor: Executor | str | None = None,
    *,
    preload: Sequence[str] = PRELOAD,
    warm: Sequence[str] = WARM,
    environment: Mapping[str, str] | None = None,
) -> FoldFitExecutor:
    """Return an executor of calls, without waiting until it is ready.

    This is the user's `executor` if there is one. Otherwise, calls run in worker
    processes. They run in this process if worker processes cannot be started, or if the
    environment variable ``HEADSTART_EXECUTION`` is ``in-process``. The `notice` of the
    result reports anything unusual.

    Parameters
    ----------
    n_jobs : int or None
        Number of calls that run at the same time. None means the number of usable
        cores, or of workers of the user's executor.
    executor : concurrent.futures.Executor, str or None
        The user's executor (for Dask, ``client.get_executor()``), or ``"name"`` or
        ``"name://address"`` of a plugin's executor, which `close` shuts down.
    preload : sequence of str
        Modules to import before workers are forked; they must not start threads.
    warm : sequence of str
        Modules that each worker imports when it starts.
    environment : mapping of str to str, optional
        Environment variables of the workers.

    Raises
    ------
    ValueError
        If `n_jobs` is less than 1.
    TypeError
        If `executor` is not an executor.
    PluginError
        If no plugin registers an executor of that name.

    Examples
    --------
    >>> executor = open_executor(1, preload=(), warm=())
    >>> executor.submit(pow, (2, 10)).result()
    1024
    >>> executor.close()
    """
    if n_jobs is not None and n_jobs < 1:
        raise ValueError(
            "The 'n_jobs' parameter of open_executor must be an int >= 1 or None. "
            f"Got {n_jobs!r} instead."
        )
    if executor is not None:

        def fall_back(n_slots: int) -> FoldFitExecutor:
            return open_executor(
                min(n_slots, available_cores()),
                preload=preload,
                warm=warm,
                environment=environment,
            )

        if not isinstance(executor, str):
            return ForeignExecutor(executor, n_jobs, fall_back)
        record, address = load_plugins().executor(executor)
        plugin_executor = record.factory(address, n_jobs)
        return ForeignExecutor(plugin_executor, n_jobs, fall_back, is_own=True)
    if execution_mode() == "in-process":
        return InProcessExecutor("HEADSTART_EXECUTION is set to in-process")
    if reason := why_not_launched():
        return InProcessExecutor(f"worker processes cannot be started: {reason}")
    return PooledExecutor(
        n_jobs or available_cores(),
        preload=preload,
        warm=warm,
        environment=environment,
    )
