"""Checks of a learner within a fit of an estimator."""

from concurrent.futures import Executor, Future
from typing import Any

import numpy as np

from headstart.base import TaskKind
from headstart.testing.check import check
from headstart.testing.learners.subject import LearnerSubject
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError

__all__ = ["CHECKS"]

_N_ROWS = 60


class _Here(Executor):
    """An executor that runs calls immediately in the same process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@check(
    "whole-fit",
    hint="Fit AutoClassifier(learners=[...], max_trials=1, time_limit=None) on a "
    "table, and read the reason in its leaderboard.",
)
def _whole_fit(subject: LearnerSubject) -> None:
    """An estimator with this learner fits a table of mixed columns and text labels."""
    for classify in (True, False):
        kinds = [k for k in subject.kinds if k.is_classification is classify]
        if kinds:
            _fit_table(subject, kinds[0])


def _fit_table(subject: LearnerSubject, kind: TaskKind) -> None:
    import polars as pl

    from headstart.api import AutoClassifier, AutoRegressor
    from headstart.validation import Validation

    rng = np.random.default_rng(0)
    number = rng.normal(size=_N_ROWS)
    table = pl.DataFrame(
        {
            "number": number,
            "gaps": [None if i % 7 == 0 else float(i % 5) for i in range(_N_ROWS)],
            "word": [None if i % 9 == 0 else "abc"[i % 3] for i in range(_N_ROWS)],
        }
    )
    cuts = [0.0] if kind is TaskKind.BINARY else [-0.5, 0.5]
    labels = np.array(["low", "high", "top"])[np.searchsorted(cuts, number)]
    target = labels if kind.is_classification else number
    estimator = AutoClassifier if kind.is_classification else AutoRegressor
    model = estimator(
        time_limit=None,
        max_trials=1,
        learners=[subject.learner],
        validation=Validation(folds=2),
        executor=_Here(),
        n_jobs=1,
        random_state=0,
    )
    with naming(f"A fit of a {kind} task"):
        model.fit(table, target)
        predicted = model.predict(table)
    unknown = set(predicted) - set(target) if kind.is_classification else set()
    if unknown:
        raise CheckError(f"It predicted {sorted(unknown)}, which are not labels.")
    board = model.leaderboard()
    if (
        subject.learner.name
        not in board.filter(pl.col("status") != "failed")["learner"]
    ):
        raise CheckError(f"Its trial failed: {board['reason'].to_list()}.")


CHECKS = (_whole_fit,)
