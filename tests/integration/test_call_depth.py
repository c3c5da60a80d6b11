"""Few calls lie between `fit` and the executor, and from a worker to the booster."""

import json
import sys

import numpy as np
import pytest

import headstart
from headstart.execution.pooled import PooledExecutor

lightgbm = pytest.importorskip("lightgbm")

from headstart_lightgbm import LightGBM  # noqa: E402

pytestmark = pytest.mark.workers

# Functions of headstart's own, both ends counted.
MOST_TO_SUBMIT = 9
MOST_TO_BOOSTER = 6


def own_functions(last):
    """Return the names of headstart's functions on the stack, the innermost first."""
    frame, names = sys._getframe(1), []
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("headstart"):
            names.append(frame.f_code.co_name)
        if frame.f_code.co_name == last:
            break
        frame = frame.f_back
    return names


class Watched(LightGBM):
    """LightGBM that writes down from where its booster is made."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def fit(self, *arguments):
        make = lightgbm.Booster.__init__

        def watched(*more, **keywords):
            self.path.write_text(json.dumps(own_functions("run_worker")))
            return make(*more, **keywords)

        lightgbm.Booster.__init__ = watched
        try:
            return super().fit(*arguments)
        finally:
            lightgbm.Booster.__init__ = make


@pytest.fixture(scope="module")
def stacks(tmp_path_factory):
    """Fit once; return the stacks at submission, and in the worker at the booster."""
    path = tmp_path_factory.mktemp("stacks") / "worker.json"
    submissions = []
    submit = PooledExecutor.submit

    def watched(*arguments, **keywords):
        submissions.append(["submit", *own_functions("fit")])
        return submit(*arguments, **keywords)

    random = np.random.default_rng(0)
    X = random.normal(size=(80, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PooledExecutor, "submit", watched)
        headstart.AutoRegressor(
            time_limit=None,
            max_trials=1,
            learners=[Watched(path)],
            random_state=0,
            n_jobs=1,
        ).fit(X, X[:, 0], listeners=[])
    return submissions, json.loads(path.read_text())


def test_few_calls_lie_between_fit_and_the_executor(stacks):
    submissions, _ = stacks
    assert {(stack[0], stack[-1]) for stack in submissions} == {("submit", "fit")}
    assert max(map(len, submissions)) <= MOST_TO_SUBMIT, submissions[0]


def test_few_calls_lie_between_a_worker_and_the_booster(stacks):
    _, stack = stacks
    assert stack[-1] == "run_worker"
    assert len(stack) <= MOST_TO_BOOSTER, stack
