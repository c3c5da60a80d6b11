"""What the search asks of the place where fold fits run."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

__all__ = ["FoldFitExecutor"]


class FoldFitExecutor(Protocol):
    """A place where calls run: worker processes, this process, or the user's own."""

    @property
    def name(self) -> str:
        """``"processes"``, ``"in-process"``, or the class of the user's executor."""

    @property
    def notice(self) -> str:
        """A message for the user, empty where all is as usual. It may change."""

    @property
    def broken(self) -> str:
        """Why no call can run any more, empty while they can."""

    @property
    def tells_starts(self) -> bool:
        """True if futures have the moment `started` at which their call began."""

    @property
    def n_slots(self) -> int:
        """Calls that run at the same time, at least 1."""

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
            Moment of `time.monotonic` after which the answer is not wanted: the
            future raises `WorkerDiedError` of kind ``"timeout"``. Whether the call
            itself is stopped depends on the place.
        memory_limit : int or None
            Bytes; kept where `name` is ``"processes"`` only.

        Returns
        -------
        Future
            Its attribute `peak_memory` is 0 where memory is not watched.
        """

    def kill(self, future: Future[Any]) -> None:
        """End a call, or at least stop waiting for it."""

    def close(self) -> None:
        """End all calls and give everything back; does not wait for answers."""
