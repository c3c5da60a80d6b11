"""One seed, one answer: for any number of workers, under load, in a new process."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

import headstart

pytestmark = pytest.mark.workers

TRIALS = 4


def fit(X, y, kind, n_jobs, **settings):
    settings.setdefault("validation", headstart.Validation(folds=2, repeats=1))
    settings.setdefault("max_trials", TRIALS)
    model = kind(time_limit=None, random_state=0, n_jobs=n_jobs, **settings)
    return model.fit(X, y)


@pytest.mark.parametrize(
    ("load", "kind"),
    [
        (load_wine, headstart.AutoClassifier),
        pytest.param(load_diabetes, headstart.AutoRegressor, marks=pytest.mark.slow),
    ],
)
def test_the_number_of_workers_changes_nothing(load, kind):
    X, y = load(return_X_y=True)
    X, y = X[::2], y[::2]
    one = fit(X, y, kind, 1)
    two = fit(X, y, kind, 2)
    assert one.predict(X).tobytes() == two.predict(X).tobytes()
    if hasattr(one, "predict_proba"):
        assert one.predict_proba(X).tobytes() == two.predict_proba(X).tobytes()
    columns = ["learner", "configuration", "score", "folds", "weight"]
    assert one.leaderboard()[columns].equals(two.leaderboard()[columns])


def test_the_number_of_workers_does_not_change_a_refit():
    X, y = load_wine(return_X_y=True)
    settings = {
        "validation": headstart.Validation(holdout=0.3),
        "learners": ["logistic", "k_neighbors", "hist_gradient_boosting"],
        "max_trials": 3,
    }
    predictions = [
        fit(X, y, headstart.AutoClassifier, n_jobs, **settings).predict_proba(X)
        for n_jobs in (1, 2)
    ]
    assert predictions[0].tobytes() == predictions[1].tobytes()


SCRIPT = """
    import hashlib
    from sklearn.datasets import load_breast_cancer
    from headstart import AutoClassifier

    X, y = load_breast_cancer(return_X_y=True)
    model = AutoClassifier(
        time_limit=None, max_trials=4, random_state=0, n_jobs=2,
        learners=["logistic", "extra_trees", "hist_gradient_boosting", "k_neighbors"],
    ).fit(X[:300], y[:300])
    print(hashlib.sha256(model.predict_proba(X).tobytes()).hexdigest())
"""


def run_script():
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.slow
def test_a_new_process_under_load_gives_the_same_bytes():
    quiet = run_script()
    spinners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)
    ]
    try:
        loaded = run_script()
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()
    assert quiet == loaded


@pytest.mark.slow
def test_another_seed_gives_another_model():
    X, y = load_breast_cancer(return_X_y=True)
    names = ["extra_trees"]
    first, second = (
        headstart.AutoClassifier(
            time_limit=None,
            max_trials=1,
            learners=names,
            random_state=seed,
            validation=headstart.Validation(folds=3, repeats=1),
        )
        .fit(X[:200], y[:200])
        .predict_proba(X)
        for seed in (0, 1)
    )
    assert not np.array_equal(first, second)
