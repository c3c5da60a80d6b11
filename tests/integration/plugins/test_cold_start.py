"""A learner that no base knows: tried early, and known after use."""

import numpy as np
from sklearn.naive_bayes import GaussianNB

from headstart import AutoClassifier, Validation
from headstart.base import TaskKind
from headstart.meta.shipped import open_bases
from headstart.plugins import hookimpl, register
from headstart.sdk import Float, from_estimator


class Plugin:
    @hookimpl
    def register_learners(self, register):
        register(
            from_estimator(
                "new_bayes",
                GaussianNB,
                space={"var_smoothing": Float(1e-12, 1.0, log=True)},
                precedents=[{"var_smoothing": 1e-2}],
            )
        )


def test_after_use_the_own_base_knows_a_plugins_learner(table, tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_META_DB", str(tmp_path / "own.db"))
    register(Plugin)
    X, y = table

    model = AutoClassifier(
        time_limit=None,
        max_trials=2,
        n_jobs=1,
        learners=["new_bayes"],
        validation=Validation(folds=3, repeats=1),
        random_state=0,
        learn=True,
    ).fit(X, y, listeners=[])

    tried = model.leaderboard()["configuration"].to_list()
    with open_bases() as base:
        evidence = base.evidence(
            frozenset({TaskKind.BINARY}), "roc_auc", learners={"new_bayes": 1}
        )
    assert sorted(c.to_json() for c in evidence.configurations) == sorted(tried)
    assert len(tried) == 2
    assert np.isfinite(evidence.losses).all()
    assert any("0.01" in text for text in tried)  # its own precedent
