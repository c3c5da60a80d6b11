"""A fit goes on where its fold fits were lost with the place that they ran in."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from headstart import AutoClassifier
from headstart.base import Learner
from headstart.base.events import FoldFitFinished, Notice

pytestmark = pytest.mark.workers

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(60, 2))
Y = (X[:, 0] > 0).astype(int)


class Events(list):
    def __call__(self, event):
        self.append(event)

    def notices(self):
        return [event.message for event in self if isinstance(event, Notice)]


@pytest.fixture
def events():
    return Events()


class EndsItsWorkers(Learner):
    """Kills the process that starts workers, and with it all that runs."""

    name = "ends_its_workers"

    def fit(self, task, parameters, rows, validation, resources):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)


def test_a_fit_goes_on_in_worker_processes_when_the_users_executor_is_shut_down(events):
    with ThreadPoolExecutor(1) as threads:

        def shut_down(event):
            if isinstance(event, FoldFitFinished):
                threads.shutdown(wait=False)

        model = AutoClassifier(
            max_trials=2,
            n_jobs=1,
            learners=["logistic", "elastic_net"],
            executor=threads,
            random_state=0,
        ).fit(X, Y, listeners=[events, shut_down])

    assert "failed" not in set(model.leaderboard()["status"])
    [notice] = [text for text in events.notices() if "after shutdown" in text]
    assert "Fold fits continue in processes instead" in notice


@pytest.mark.slow  # each time, the libraries are imported again
def test_a_learner_that_ends_the_workers_is_blamed_and_no_other_one(events):
    model = AutoClassifier(
        max_trials=3,
        n_jobs=2,
        learners=[EndsItsWorkers(), "logistic", "elastic_net"],
        random_state=0,
    ).fit(X, Y, listeners=[events])

    board = model.leaderboard().select("learner", "status").rows()
    assert {name for name, status in board if status == "failed"} == {
        "ends_its_workers"
    }
    assert {"logistic", "elastic_net"} <= {name for name, _ in board}
