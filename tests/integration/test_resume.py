"""A run killed at any moment goes on with nothing finished lost."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import KFold, PredefinedSplit

import headstart
from headstart.exceptions import RunFolderError
from headstart.search.run.journal import Journal

LEARNERS = ["logistic", "naive_bayes", "k_neighbors", "mlp"]

SCRIPT = """
    import os
    import sys
    from sklearn.datasets import load_breast_cancer
    from headstart import AutoClassifier, Validation

    X, y = load_breast_cancer(return_X_y=True)
    model = AutoClassifier(
        time_limit=None, max_trials=6, random_state=0, n_jobs=2, learners=LEARNERS,
        validation=Validation(folds=3, repeats=1), run_dir=sys.argv[1],
        resume=os.path.exists(sys.argv[1]),
    ).fit(X, y)
    print(model.leaderboard().write_json())
"""


def start(folder):
    code = textwrap.dedent(SCRIPT).replace("LEARNERS", repr(LEARNERS))
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(folder):
    """Fold fits in the journal that succeeded, with their losses."""
    if not (folder / "journal.db").exists():
        return {}
    journal = Journal(folder / "journal.db")
    losses = {
        (trial.number, unit): loss
        for trial in journal.trials()
        for unit, loss in trial.fold_losses.items()
    }
    journal.close()
    return losses


def kill_and_resume(tmp_path, n_kills, seed):
    """Kill a run at random moments until it ends; return its leaderboard."""
    chance = random.Random(seed)
    folder = tmp_path / "run"
    kept = {}
    for _ in range(n_kills):
        process = start(folder)
        time.sleep(chance.uniform(1.0, 7.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        now = finished(folder)
        assert kept.items() <= now.items(), "a finished fold fit was lost or changed"
        kept = now
    process = start(folder)
    out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err
    assert kept.items() <= finished(folder).items()
    return json.loads(out.splitlines()[-1])


def undisturbed(tmp_path):
    process = start(tmp_path / "undisturbed")
    out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def essence(board):
    return [(r["configuration"], r["score"], r["weight"]) for r in board]


@pytest.mark.slow
@pytest.mark.workers
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_a_run_killed_once_ends_as_the_undisturbed_one(tmp_path):
    assert essence(kill_and_resume(tmp_path, 1, seed=1)) == essence(
        undisturbed(tmp_path)
    )


@pytest.mark.slow
@pytest.mark.workers
@pytest.mark.timeout(1200)
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_a_run_killed_twenty_times_ends_as_the_undisturbed_one(tmp_path):
    assert essence(kill_and_resume(tmp_path, 20, seed=2)) == essence(
        undisturbed(tmp_path)
    )


def small():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:120], y[:120]


def fit(folder, X, y, listeners=None, **changed):
    parameters = {
        "time_limit": None,
        "max_trials": 1,
        "learners": ["logistic"],
        "validation": headstart.Validation(folds=3, repeats=1),
        "random_state": 0,
        "n_jobs": 1,
        "run_dir": folder,
    }
    model = headstart.AutoClassifier(**{**parameters, **changed})
    return model.fit(X, y, listeners=listeners)


def test_a_folder_that_holds_a_run_is_not_overwritten(tmp_path):
    fit(tmp_path / "run", *small())
    with pytest.raises(RunFolderError, match="resume=True"):
        fit(tmp_path / "run", *small())


def test_a_run_on_other_data_is_refused_with_the_difference_named(tmp_path):
    X, y = small()
    fit(tmp_path / "run", X, y)
    X = X.copy()
    X[0, 0] += 1.0
    with pytest.raises(RunFolderError, match="differs in data"):
        fit(tmp_path / "run", X, y, resume=True)


@pytest.mark.workers
def test_more_trials_can_be_added_to_a_finished_run(tmp_path):
    X, y = small()
    fit(tmp_path / "run", X, y, learners=["logistic", "k_neighbors"])
    model = fit(
        tmp_path / "run",
        X,
        y,
        learners=["logistic", "k_neighbors"],
        max_trials=2,
        resume=True,
    )
    assert model.leaderboard().height == 2


def test_a_run_goes_on_with_its_own_folds_under_another_limit(tmp_path):
    X, y = small()
    first = fit(tmp_path / "run", X, y, time_limit=2)
    again = fit(tmp_path / "run", X, y, time_limit=600, max_trials=1, resume=True)
    assert again.info()["validation"] == first.info()["validation"]


def test_a_resumed_run_goes_on_with_its_own_seed(tmp_path):
    fit(tmp_path / "run", *small(), random_state=np.random.RandomState(3))
    fit(tmp_path / "run", *small(), random_state=None, resume=True)

    with pytest.raises(RunFolderError, match=r"random_state \(there '\d+', here '8'\)"):
        fit(tmp_path / "run", *small(), random_state=8, resume=True)


def test_a_splitter_is_known_by_the_folds_that_it_makes(tmp_path):
    rows = np.arange(120)
    first = PredefinedSplit(rows % 3)
    fit(tmp_path / "run", *small(), validation=first)
    fit(tmp_path / "run", *small(), validation=PredefinedSplit(rows % 3), resume=True)

    with pytest.raises(RunFolderError, match="differs in validation") as caught:
        fit(tmp_path / "run", *small(), validation=KFold(4), resume=True)

    assert "PredefinedSplit" in str(caught.value)
    assert "KFold(n_splits=4" in str(caught.value)
    with pytest.raises(RunFolderError, match="differs in validation"):
        fit(
            tmp_path / "run",
            *small(),
            validation=PredefinedSplit((rows + 1) % 3),
            resume=True,
        )


def test_a_damaged_file_of_a_run_costs_its_fold_fit_only(tmp_path):
    fit(tmp_path / "run", *small())
    fits = tmp_path / "run" / "fits"
    for pattern in ("00000-0-0-*.json", "00000-0-1-*.model"):
        (damaged,) = fits.glob(pattern)
        damaged.write_bytes(b"")
    events = []

    again = fit(tmp_path / "run", *small(), resume=True, listeners=[events.append])

    assert again.leaderboard()["status"].to_list() == ["done"]
    assert again.leaderboard()["folds"].to_list() == [3]
    assert any("1 finished fold fits" in getattr(e, "message", "") for e in events)
