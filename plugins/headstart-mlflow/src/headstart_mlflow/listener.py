"""The listener: a run of MLflow for a fit, and one inside it for each trial."""

import math
import os
import sys
import time
import weakref
from collections.abc import Mapping
from typing import Any

from headstart.sdk import (
    Event,
    IncumbentChanged,
    RunFinished,
    RunStarted,
    Trial,
    TrialFailed,
    TrialFinished,
    TrialStarted,
    TrialStatus,
)
from headstart_mlflow.sender import Sender

__all__ = ["MlflowListener", "listener_if_wanted"]

# Seconds that the end of a fit waits for a server that has answered so far.
_PATIENCE = 1.0
# MLflow refuses longer values.
_LONGEST = 500


class MlflowListener:
    """Logs a fit to MLflow, from a thread of its own.

    The fit is never held up: what MLflow does not take is a warning in the log, and
    nothing more of this fit is sent.

    Parameters
    ----------
    run_name : str, optional
        Name of the run; MLflow makes one up by default.
    facts : mapping, optional
        Parameters of the run besides those that the search tells of itself.

    Examples
    --------
    Where MLflow's address is known (``MLFLOW_TRACKING_URI``,
    ``mlflow.set_tracking_uri``) or a run of it is active, every fit is logged and
    nothing has to be said. By hand::

        model.fit(X, y, listeners=[MlflowListener(run_name="churn")])
    """

    def __init__(
        self, run_name: str | None = None, *, facts: Mapping[str, Any] | None = None
    ) -> None:
        self._facts = dict(facts or {})
        self._sender = Sender(run_name, _outer_run())
        self._metric = "score"
        self._steps = 0
        self._begun: dict[int, int] = {}
        # A fit that fails sends no last event: its run must not look as if it went on.
        self._end = weakref.finalize(self, self._sender.close, "KILLED", _PATIENCE)

    def __call__(self, event: Event, /) -> None:
        """Take note of an event; nothing is waited for but at the end."""
        if isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, TrialStarted):
            self._begun[event.trial.number] = _now()
        elif isinstance(event, TrialFinished):
            self._trial(event.trial, event.score)
        elif isinstance(event, TrialFailed):
            self._trial(event.trial, None)
        elif isinstance(event, IncumbentChanged):
            self._sender.metrics({self._metric: event.score}, _now(), self._steps)
            self._steps += 1
        elif isinstance(event, RunFinished):
            self._finish(event)

    def _start(self, event: RunStarted) -> None:
        self._metric = event.metric
        facts = {
            "task": event.task,
            "n_rows": event.n_rows,
            "n_features": event.n_features,
            "metric": event.metric,
            "validation": event.validation,
            "time_limit": event.time_limit,
            "max_trials": event.max_trials,
            "n_jobs": event.n_jobs,
        }
        self._sender.start(_words({**facts, **self._facts}), _now())

    def _trial(self, trial: Trial, score: float | None) -> None:
        configuration = trial.configuration
        chain = [str(step) for step in configuration.transforms]
        parameters = _words(
            {
                "learner": configuration.learner,
                **configuration.parameters,
                "transforms": chain or None,
            }
        )
        numbers = {
            "fit_seconds": trial.fit_seconds,
            "predict_seconds": trial.predict_seconds,
            "n_folds": float(len(trial.fold_losses)),
        }
        if score is not None:
            numbers[self._metric] = score
        tags = {
            "headstart.trial": str(trial.number),
            "headstart.origin": trial.origin.value,
            "headstart.status": trial.status.value,
        }
        if trial.reason:
            tags["headstart.reason"] = trial.reason[:_LONGEST]
        failed = trial.status is TrialStatus.FAILED
        now = _now()
        self._sender.trial(
            f"{trial.number} {configuration.learner}",
            parameters,
            _finite(numbers),
            tags,
            "FAILED" if failed else "FINISHED",
            self._begun.pop(trial.number, now),
            now,
        )

    def _finish(self, event: RunFinished) -> None:
        numbers = {
            "seconds": event.elapsed,
            "n_trials": float(event.n_trials),
            "n_failed": float(event.n_failed),
            f"final_{self._metric}": event.score,
        }
        self._sender.metrics(_finite(numbers), _now(), 0)
        self._end.detach()
        self._sender.close("FINISHED", _PATIENCE)


def listener_if_wanted(facts: Mapping[str, Any]) -> MlflowListener | None:
    """Return a listener where the user has told MLflow where to log; else None.

    To import MLflow takes seconds, so it is not asked unless it is there already.
    """
    wanted = bool(os.environ.get("MLFLOW_TRACKING_URI")) or _active_run() is not None
    mlflow = sys.modules.get("mlflow")
    if not wanted and mlflow is not None:
        wanted = bool(mlflow.tracking.is_tracking_uri_set())
    if not wanted:
        return None
    more = ("target", "learners", "random_state", "headstart_version")
    return MlflowListener(facts={name: facts[name] for name in more if name in facts})


def _active_run() -> str | None:
    """Return the id of the run that is active in this thread."""
    mlflow = sys.modules.get("mlflow")
    run = None if mlflow is None else mlflow.active_run()
    return None if run is None else str(run.info.run_id)


def _outer_run() -> str | None:
    """Return the id of the run that a fit's is to be inside of: active, or a job's."""
    return _active_run() or os.environ.get("MLFLOW_RUN_ID") or None


def _words(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _word(value) for name, value in values.items() if value is not None}


def _finite(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def _word(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text[:_LONGEST]


def _now() -> int:
    """Milliseconds, as MLflow counts them."""
    return round(time.time() * 1000)
