"""Weights, groups and limits that make no sense."""

import numpy as np
import pytest
from tests.integration.bad_input.kit import (
    assert_usable,
    classifier,
    labels,
    message_of,
    table,
)

from headstart.exceptions import BudgetError, ColumnError, PluginError


@pytest.mark.parametrize(
    ("weight", "word"),
    [
        ([-1.0] + [1.0] * 59, "negative"),
        ([float("nan")] + [1.0] * 59, "weight"),
        ([float("inf")] + [1.0] * 59, "weight"),
        ([1.0] * 59, "59"),
        ([0.0] * 60, "weight"),
        (["heavy"] * 60, "weight"),
    ],
    ids=["negative", "nan", "infinite", "short", "zero", "text"],
)
def test_weights_that_make_no_sense_are_refused(weight, word):
    text = message_of(
        ValueError, classifier().fit, table(), labels(), sample_weight=weight
    )

    assert word in text


def test_weights_of_zero_among_others_are_taken():
    weight = np.r_[np.zeros(10), np.ones(50)]

    assert_usable(classifier().fit(table(), labels(), sample_weight=weight), table())


def test_groups_of_another_length_are_refused():
    text = message_of(ValueError, classifier().fit, table(), labels(), groups=[1] * 59)

    assert "59" in text


@pytest.mark.parametrize(
    "limit", [0, -1, float("nan"), "ten", "", [], True, -float("inf"), 1 + 2j]
)
def test_a_time_limit_that_makes_no_sense_is_refused(limit):
    model = classifier(time_limit=limit, max_trials=None)

    assert "time_limit" in message_of(BudgetError, model.fit, table(), labels())


@pytest.mark.parametrize("trials", [0, -3, 1.5, "two", True])
def test_a_number_of_trials_that_makes_no_sense_is_refused(trials):
    model = classifier(max_trials=trials)

    assert "max_trials" in message_of(BudgetError, model.fit, table(), labels())


def test_no_limit_at_all_is_refused():
    model = classifier(time_limit=None, max_trials=None)

    text = message_of(BudgetError, model.fit, table(), labels())

    assert "time_limit" in text
    assert "max_trials" in text


@pytest.mark.parametrize("n_jobs", [0, "all", 1.5])
def test_a_number_of_jobs_that_makes_no_sense_is_refused(n_jobs):
    model = classifier(n_jobs=n_jobs)

    assert "n_jobs" in message_of(ValueError, model.fit, table(), labels())


@pytest.mark.parametrize("limit", [0, -1, "much", "4 parsecs", float("nan")])
def test_a_memory_limit_that_makes_no_sense_is_refused(limit):
    model = classifier(memory_limit=limit)

    assert "memory_limit" in message_of(BudgetError, model.fit, table(), labels())


def test_a_time_limit_too_short_for_a_trial_still_gives_a_model():
    model = classifier(time_limit=0.01, max_trials=None)

    assert_usable(model.fit(table(), labels()), table())


def test_a_misspelt_learner_is_offered():
    model = classifier(learners=["logistc"])

    text = message_of(PluginError, model.fit, table(), labels())

    assert "'logistc'" in text
    assert "'logistic'" in text


def test_a_learner_of_another_task_is_refused():
    model = classifier(learners=["ridge"])

    assert "ridge" in message_of(PluginError, model.fit, table(), labels())


def test_a_misspelt_metric_is_offered():
    model = classifier(metric="roc_uac")

    assert "'roc_auc'" in message_of(ValueError, model.fit, table(), labels())


def test_a_metric_of_another_task_is_refused():
    model = classifier(metric="rmse")

    assert "rmse" in message_of(ValueError, model.fit, table(), labels())


def test_an_override_of_an_unknown_column_or_kind_is_refused():
    model = classifier(columns={"agee": "numeric"})
    assert "'age'" in message_of(ColumnError, model.fit, table(), labels())

    model = classifier(columns={"age": "number"})
    assert "'numeric'" in message_of(ValueError, model.fit, table(), labels())
