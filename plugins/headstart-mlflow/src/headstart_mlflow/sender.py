"""The thread that talks to MLflow.

A tracking server may be slow, or gone, and MLflow tries again for minutes: the search
must not wait for it. What is to be said goes into a queue; a thread says it, in order.
"""

import atexit
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Sender"]

_log = logging.getLogger("headstart")

# Seconds that the end of the program waits for a server that answers.
_EXIT_PATIENCE = 10.0

_Job = Callable[[Any, str], None]  # of the client and the run's id


class Sender:
    """Says everything to MLflow, later.

    After the first answer that is an error, or none, no more is said.

    Parameters
    ----------
    run_name : str or None
    parent : str or None
        Id of the run that the fit's own run is to be inside of.
    """

    def __init__(self, run_name: str | None, parent: str | None) -> None:
        self._run_name = run_name
        self._parent = parent
        self._jobs: queue.SimpleQueue[_Job | str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._answered = threading.Event()
        self._is_closed = False

    def start(self, parameters: Mapping[str, str], moment: int) -> None:
        """Begin the run."""
        del moment  # MLflow takes its own; the run begins now
        self._thread = threading.Thread(
            target=self._say_all, args=(dict(parameters),), name="mlflow", daemon=True
        )
        self._thread.start()

    def metrics(self, numbers: Mapping[str, float], moment: int, step: int) -> None:
        """Log numbers of the whole run."""

        def job(client: Any, run: str) -> None:
            client.log_batch(run, metrics=_metrics(numbers, moment, step))

        self._jobs.put(job)

    def trial(
        self,
        name: str,
        parameters: Mapping[str, str],
        numbers: Mapping[str, float],
        tags: Mapping[str, str],
        status: str,
        begun: int,
        ended: int,
    ) -> None:
        """Log a trial as a run of its own inside the fit's."""

        def job(client: Any, run: str) -> None:
            from mlflow.entities import Param

            experiment = client.get_run(run).info.experiment_id
            child = client.create_run(
                experiment,
                start_time=begun,
                tags={"mlflow.parentRunId": run, **tags},
                run_name=name,
            ).info.run_id
            client.log_batch(
                child,
                metrics=_metrics(numbers, ended, 0),
                params=[Param(key, value) for key, value in parameters.items()],
            )
            client.set_terminated(child, status, end_time=ended)

        self._jobs.put(job)

    def close(self, status: str, patience: float) -> None:
        """End the run; wait `patience` seconds at most, and only for who answers."""
        if self._is_closed or self._thread is None:
            return
        self._is_closed = True
        self._jobs.put(status)
        if self._answered.is_set():
            self._thread.join(patience)
        if self._thread.is_alive():
            _log.warning(
                "MLflow has not taken all of this run yet. The rest is sent while the "
                "program goes on."
            )
            atexit.register(self._wait_at_exit)

    def _wait_at_exit(self) -> None:
        if self._answered.is_set() and self._thread is not None:
            self._thread.join(_EXIT_PATIENCE)

    def _say_all(self, parameters: Mapping[str, str]) -> None:
        where = "MLflow"
        try:
            import mlflow

            where = f"MLflow at {mlflow.get_tracking_uri()}"
            client = mlflow.MlflowClient()
            run = self._begin(client)
            status = "FAILED"
            try:
                self._answered.set()
                for key, value in parameters.items():
                    client.log_param(run, key, value)
                while not isinstance(job := self._jobs.get(), str):
                    job(client, run)
                status = job
            finally:
                if self._parent is None:
                    mlflow.end_run(status)
                else:
                    client.set_terminated(run, status)
        except Exception as error:
            self._answered.clear()
            _log.warning(
                "%s did not take what it was told. The fit goes on, and no more of it "
                "is logged. %s: %.300s",
                where,
                type(error).__name__,
                error,
            )

    def _begin(self, client: Any) -> str:
        """Return the id of a new run."""
        if self._parent is None:
            import mlflow

            # It knows the experiment that the user has set, as no client does.
            return str(mlflow.start_run(run_name=self._run_name).info.run_id)
        # Not by `start_run`: it would take over the run that MLFLOW_RUN_ID names.
        experiment = client.get_run(self._parent).info.experiment_id
        tags = {"mlflow.parentRunId": self._parent}
        run = client.create_run(experiment, tags=tags, run_name=self._run_name)
        return str(run.info.run_id)


def _metrics(numbers: Mapping[str, float], moment: int, step: int) -> list[Any]:
    from mlflow.entities import Metric

    return [Metric(name, value, moment, step) for name, value in numbers.items()]
