"""Fits in MLflow: in a SQLite file, and where no server answers."""

import logging
import os
import sys
import time

import numpy as np
import pytest

from headstart import AutoClassifier
from headstart.sdk import (
    Configuration,
    FoldOutcome,
    FoldStatus,
    IncumbentChanged,
    Origin,
    RunFinished,
    RunStarted,
    Trial,
    TrialFailed,
    TrialFinished,
    TrialStarted,
    TrialStatus,
    load_plugins,
)

mlflow = pytest.importorskip("mlflow")

from headstart_mlflow import MlflowListener  # noqa: E402
from headstart_mlflow.listener import listener_if_wanted  # noqa: E402
from headstart_mlflow.sender import Sender  # noqa: E402

# MLflow uses what others have deprecated.
pytestmark = pytest.mark.filterwarnings("ignore")

STARTED = RunStarted(
    "binary", 90, 2, "roc_auc", True, "3 folds", 60.0, None, 2, "worker processes"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Set a SQLite file as MLflow's store, with its tables made."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    address = f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'runs.db'}"
    mlflow.set_tracking_uri(address)
    client = mlflow.MlflowClient()
    client.search_experiments()
    yield client
    mlflow.set_tracking_uri(before or "")


@pytest.fixture
def experiment(store, request):
    """Set an experiment of the test's own; return a function that reads its runs."""
    identity = mlflow.set_experiment(request.node.name).experiment_id

    def runs():
        all_runs = store.search_runs([identity])
        inside = [run for run in all_runs if "mlflow.parentRunId" in run.data.tags]
        return [run for run in all_runs if run not in inside], inside

    return runs


def make_trial(number, status, reason=""):
    trial = Trial(number, Configuration("ridge", {"alpha": 0.5}), Origin.SAMPLER)
    trial.status, trial.reason = status, reason
    trial.outcomes[0, 0] = FoldOutcome(FoldStatus.OK, 0.25, 0.5)
    trial.fold_losses[0, 0] = 0.1
    return trial


def wait_for(listener):
    listener._sender._thread.join(30)


def test_a_fit_is_a_run_and_each_trial_one_inside_it(experiment):
    listener = MlflowListener("churn", facts={"learners": ["ridge", "svm"]})
    good = make_trial(0, TrialStatus.DONE)
    bad = make_trial(1, TrialStatus.FAILED, "ran out of memory")
    for event in (
        STARTED,
        TrialStarted(good),
        TrialFinished(good, 0.8),
        IncumbentChanged(0.8, (("ridge", 1.0),), 1.0),
        IncumbentChanged(0.9, (("ridge", 1.0),), 2.0),
        TrialStarted(bad),
        TrialFailed(bad),
        RunFinished(3.0, 2, 1, 0.9, "time"),
    ):
        listener(event)
    wait_for(listener)
    (run,), inside = experiment()
    assert run.info.run_name == "churn"
    assert run.info.status == "FINISHED"
    assert run.data.params["metric"] == "roc_auc"
    assert run.data.params["learners"] == "ridge, svm"
    assert "max_trials" not in run.data.params
    assert run.data.metrics["roc_auc"] == 0.9
    assert run.data.metrics["final_roc_auc"] == 0.9
    assert run.data.metrics["n_failed"] == 1
    finished, failed = sorted(inside, key=lambda run: run.data.tags["headstart.trial"])
    assert finished.data.tags["mlflow.parentRunId"] == run.info.run_id
    assert finished.data.params == {"learner": "ridge", "alpha": "0.5"}
    assert finished.data.metrics["roc_auc"] == 0.8
    assert finished.data.metrics["fit_seconds"] == 0.25
    assert failed.info.status == "FAILED"
    assert failed.data.tags["headstart.reason"] == "ran out of memory"
    assert "roc_auc" not in failed.data.metrics


def test_a_fit_is_logged_without_a_word_inside_the_run_that_is_active(experiment):
    X = np.random.default_rng(0).normal(size=(60, 2))
    with mlflow.start_run() as mine:
        AutoClassifier(
            time_limit=None,
            max_trials=1,
            learners=["logistic"],
            random_state=0,
            n_jobs=1,
        ).fit(X, X[:, 0] > 0)
        assert mlflow.active_run().info.run_id == mine.info.run_id
    deadline = time.monotonic() + 30
    while len(experiment()[1]) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    (outer,), inside = experiment()
    fit, trial = sorted(inside, key=lambda run: "headstart.trial" in run.data.tags)
    assert outer.info.run_id == mine.info.run_id
    assert fit.data.tags["mlflow.parentRunId"] == mine.info.run_id
    assert trial.data.tags["mlflow.parentRunId"] == fit.info.run_id
    assert trial.data.params["learner"] == "logistic"


def test_the_run_of_a_job_goes_on_and_the_fit_is_inside_it(
    experiment, store, monkeypatch, request
):
    identity = mlflow.get_experiment_by_name(request.node.name).experiment_id
    job = store.create_run(identity).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", job)
    listener = MlflowListener("churn")
    for event in (STARTED, RunFinished(3.0, 0, 0, 0.9, "time")):
        listener(event)
    wait_for(listener)
    assert os.environ["MLFLOW_RUN_ID"] == job
    (outer,), (fit,) = experiment()
    assert (outer.info.run_id, outer.info.status) == (job, "RUNNING")
    assert outer.data.params == {}
    assert (fit.info.run_name, fit.info.status) == ("churn", "FINISHED")
    assert fit.data.tags["mlflow.parentRunId"] == job
    assert fit.data.params["metric"] == "roc_auc"


def test_a_fit_that_fails_ends_its_run(experiment):
    listener = MlflowListener()
    listener(STARTED)
    thread = listener._sender._thread
    del listener
    thread.join(30)
    (run,), _ = experiment()
    assert run.info.status == "KILLED"


def test_a_server_that_is_gone_costs_a_warning(monkeypatch, caplog, store):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    here = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri("http://127.0.0.1:9")
    try:
        listener = MlflowListener()
        with caplog.at_level(logging.WARNING, logger="headstart"):
            begun = time.monotonic()
            listener(STARTED)
            listener(TrialFinished(make_trial(0, TrialStatus.DONE), 0.8))
            listener(RunFinished(3.0, 1, 0, 0.8, "time"))
            assert time.monotonic() - begun < 2.0
            wait_for(listener)
    finally:
        mlflow.set_tracking_uri(here)
    assert "127.0.0.1:9 did not take what it was told. The fit goes on" in caplog.text


def test_a_program_that_ends_waits_for_a_server_that_answers(experiment, caplog):
    sender = Sender(None, None)
    sender.start({}, 0)
    assert sender._answered.wait(30)
    sender._jobs.put(lambda client, run: time.sleep(0.5))
    sender.metrics({"late": 1.0}, 0, 0)
    sender.close("FINISHED", 0.0)
    assert "The rest is sent while the program goes on" in caplog.text
    sender._wait_at_exit()
    (run,), _ = experiment()
    assert run.data.metrics["late"] == 1.0


def test_nobody_is_logged_who_has_not_asked(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert listener_if_wanted({}) is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs.db")
    assert isinstance(listener_if_wanted({"target": "y"}), MlflowListener)


def test_the_plugin_is_found():
    if "mlflow" not in load_plugins().listeners:
        pytest.skip("needs headstart-mlflow to be installed, not only on the path")
    record = load_plugins().listeners["mlflow"]
    assert record.factory is listener_if_wanted
