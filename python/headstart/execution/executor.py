"""The interface of executors of fold fits."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

__all__ = ["FoldFitExecutor"]


class FoldFitExecutor(Protocol):
    """An executor of calls: worker processes, this process, or the user's own."""

    @property
    def name(self) -> str:
        """``"processes"``, ``"in-process"``, or the class of the user's executor."""

    @property
    def notice(self) -> str:
        """A message for the user, empty if there is nothing unusual. It may change."""

    @property
    def broken(self) -> str:
        """The reason why no further call can run, or an empty string."""

    @property
    def reports_starts(self) -> bool:
        """True if futures have the time `started` at which their call began."""

    @property
    def n_slots(self) -> int:
        """Number of calls that run at the same time, at least 1."""

    def submit(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        *,
        deadline: float | None = None,
        memory_limit: int | None = None,
    ) -> Future[Any]:
        """Run ``fn(*args)``.

        Parameters
        ----------
        fn : callable
        args : sequence
        deadline : float or None
            Time of `time.monotonic` at which the future raises `WorkerDiedError` of
            kind ``"timeout"``. The call itself is stopped only in worker processes.
        memory_limit : int or None
            Bytes of resident memory; enforced only if `name` is ``"processes"``.

        Returns
        -------
        Future
            Its attribute `peak_memory` is 0 if memory is not measured.
        """

    def kill(self, future: Future[Any]) -> None:
        """Stop a call, or at least stop waiting for it."""

    def close(self) -> None:
        """Stop all calls and release all resources, without waiting for results."""
