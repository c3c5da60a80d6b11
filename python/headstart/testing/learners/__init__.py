"""The checks of learners, by topic."""

from headstart.testing.learners import (
    declaration,
    fitting,
    limits,
    options,
    predicting,
    rows,
    storage,
    weighing,
    whole,
)
from headstart.testing.learners.subject import LearnerSubject
from headstart.testing.sharing import IMPORT_EFFECTS, IMPORT_TIME, WORKER_COPY

__all__ = ["LEARNER_CHECKS", "LearnerSubject"]

LEARNER_CHECKS = (
    *(IMPORT_TIME, IMPORT_EFFECTS, WORKER_COPY),
    *declaration.CHECKS,
    *fitting.CHECKS,
    *predicting.CHECKS,
    *rows.CHECKS,
    *weighing.CHECKS,
    *options.CHECKS,
    *storage.CHECKS,
    *limits.CHECKS,
    *whole.CHECKS,
)
