"""State of the whole process that is restored after calls that may change it.

Warnings filters, thread counts of BLAS and OpenMP, the global random generators and the
environment belong to the process. Saving and restoring them per call is not safe in
threads: if calls overlap, the last one restores what another one has set. Here the
first of several overlapping calls saves the state, and the last one restores it.
"""

import contextlib
import os
import random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = ["SharedContext", "ignore_warnings", "limit_threads", "preserve_state"]


class SharedContext(AbstractContextManager[None]):
    """A context that the first of several threads enters and the last one exits.

    Parameters
    ----------
    make : callable
        Returns the context.

    Examples
    --------
    >>> @contextlib.contextmanager
    ... def announced():
    ...     print("entered")
    ...     yield
    ...     print("left")
    >>> shared = SharedContext(announced)
    >>> with shared, shared:
    ...     print("inside")
    entered
    inside
    left
    """

    def __init__(self, make: Callable[[], AbstractContextManager[Any]]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._n_inside = 0
        self._context: AbstractContextManager[Any] | None = None

    def __enter__(self) -> None:
        """Enter the context, unless another thread has."""
        with self._lock:
            if self._n_inside == 0:
                self._context = self._make()
                self._context.__enter__()
            self._n_inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Exit the context, unless another thread is still in it."""
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0 and self._context is not None:
                context, self._context = self._context, None
                context.__exit__(None, None, None)


@contextlib.contextmanager
def preserve_state() -> Iterator[None]:
    """Restore the state of the process after the body.

    That is NumPy's error state, the states of the global generators of `random` and
    `numpy.random`, the environment, the working folder, warnings filters, and the
    numbers of threads of BLAS and OpenMP.
    """
    with _generators_and_environment, _filters, limit_threads(None), np.errstate():
        yield


@contextlib.contextmanager
def ignore_warnings(category: type[Warning] = Warning) -> Iterator[None]:
    """Ignore warnings of a category in the body, and restore the filters after it."""
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore", category)
        yield


@contextlib.contextmanager
def limit_threads(n_threads: int | None) -> Iterator[None]:
    """Limit BLAS and OpenMP to `n_threads` in the body, and restore the numbers.

    Parameters
    ----------
    n_threads : int or None
        None sets no limit.
    """
    # OpenMP's number belongs to the thread, that of BLAS to the process.
    with _threads, _kept_threads():
        for library in _controller().lib_controllers if n_threads else ():
            library.set_num_threads(n_threads)
        yield


@contextlib.contextmanager
def _kept_threads() -> Iterator[None]:
    before = [(each, each.num_threads) for each in _controller().lib_controllers]
    try:
        yield
    finally:
        for library, n_threads in before:
            if library.num_threads != n_threads:
                library.set_num_threads(n_threads)


@contextlib.contextmanager
def _kept_generators_and_environment() -> Iterator[None]:
    state = random.getstate()
    numpy_state = np.random.get_state()  # noqa: NPY002 - the global one is the point
    environment = dict(os.environ)
    try:
        folder = os.getcwd()  # noqa: PTH109 - to be passed on to chdir
    except OSError:  # it has been removed
        folder = ""
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        for name, value in environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        with contextlib.suppress(OSError):
            if folder and os.getcwd() != folder:  # noqa: PTH109
                os.chdir(folder)


_last_controller: "tuple[int, ThreadpoolController] | None" = None


def _controller() -> "ThreadpoolController":
    """Return a controller for the threads of the loaded libraries.

    Making one takes milliseconds, and only imports load libraries: it is made again
    only if modules have been imported since.
    """
    global _last_controller
    from threadpoolctl import ThreadpoolController

    n_modules = len(sys.modules)
    if _last_controller is None or _last_controller[0] != n_modules:
        _last_controller = (n_modules, ThreadpoolController())
    return _last_controller[1]


_filters = SharedContext(warnings.catch_warnings)
_threads = SharedContext(_kept_threads)
_generators_and_environment = SharedContext(_kept_generators_and_environment)
