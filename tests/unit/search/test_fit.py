"""Fits: what they leave in the user's process, and weights by name."""

import os
import random
from types import SimpleNamespace

import numpy as np
import pytest
from tests.small_models import small_model, small_table

from headstart import AutoRegressor
from headstart.base.events import Emitter
from headstart.exceptions import ColumnError
from headstart.search import record


@pytest.mark.parametrize("error", [None, ZeroDivisionError(), KeyboardInterrupt()])
def test_an_analysis_leaves_the_state_of_the_process_as_it_was(error):
    before = random.getstate(), dict(os.environ), np.geterr()
    notices = []

    def analyse(_):
        random.seed(1)
        os.environ["HEADSTART_TEST_UNTIDY"] = "yes"
        np.seterr(all="raise")
        if error is not None:
            raise error
        return "facts"

    analysed = SimpleNamespace(model=small_model())
    facts = record._analysed(analyse, analysed, Emitter([notices.append]))

    assert (random.getstate(), dict(os.environ), np.geterr()) == before
    if error is None:
        assert facts == "facts"
    else:
        assert facts.task == analysed.model.facts.task
        assert "was not analysed" in facts.notes[0]
    assert len(notices) == (error is not None)


def test_weights_named_by_a_column_are_no_feature():
    rng = np.random.default_rng(0)
    table = small_table().with_columns(w=rng.uniform(0.1, 2.0, 60))
    y = table["x"].to_numpy() + rng.normal(size=60)
    settings = {"time_limit": None, "max_trials": 1, "learners": ["ridge"]}

    def fit(X, weight):
        model = AutoRegressor(**settings, n_jobs=1, random_state=0)
        return model.fit(X, y, sample_weight=weight, listeners=[])

    named, passed = fit(table, "w"), fit(table.drop("w"), table["w"].to_list())

    assert named.feature_names_in_.tolist() == ["x", "city"]
    new = table.drop("w")
    assert (named.predict(new) == passed.predict(new)).all()
    plain = AutoRegressor(**settings, n_jobs=1, random_state=0)
    assert (named.predict(new) != plain.fit(new, y, listeners=[]).predict(new)).any()
    with pytest.raises(ColumnError, match=r"no weight column 'W'.*did you mean 'w'"):
        fit(table, "W")
