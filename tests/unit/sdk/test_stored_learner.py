"""Learners that return a kind are not needed to predict, unless they override it."""

import numpy as np
import pytest
from tests.small_models import small_model, small_table

from headstart.artifact.model_file import load_model, save_model
from headstart.base import Resources, SearchSpace, Task, TaskKind
from headstart.exceptions import MissingPluginError
from headstart.predict import KINDS, Hinges, LinearModel, link_of_classes
from headstart.sdk import FoldLearner
from headstart.sdk.stored_learner import StoredLearner, kind_of, learner_of_kind


class OwnLinear(FoldLearner):
    """A third party's learner that returns a kind."""

    name = "own_linear"
    stored_as = LinearModel

    def search_space(self, task):
        return SearchSpace()

    def fit_model(self, task, parameters, rows, validation, resources):
        n_scores = task.n_classes if task.n_classes > 2 else 1
        rng = np.random.default_rng(resources.seed)
        coef = rng.normal(size=(rows.X.n_features, n_scores))
        link = link_of_classes(task.n_classes)
        return self.stored_as(Hinges.none(), coef, np.zeros(n_scores), link)


class OwnPrediction(OwnLinear):
    def predict_model(self, model, X, target):
        return super().predict_model(model, X, target) / 2


class OwnLoading(OwnLinear):
    def load(self, parts):
        return super().load(parts)


class OtherModel(LinearModel):
    kind = "other"


class Impostor(LinearModel):
    """Has the name of a kind, and is not its class."""


def variant(stored_as):
    return type("Variant", (OwnLinear,), {"stored_as": stored_as})()


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_third_partys_model_of_a_kind_loads_without_its_learner(kind, tmp_path):
    model = small_model(kind, OwnLinear())
    save_model(model, tmp_path / "model", {})

    loaded, _ = load_model(tmp_path / "model")

    expected = model.predict_outputs(small_table())
    np.testing.assert_array_equal(loaded.predict_outputs(small_table()), expected)
    assert loaded.steps()[2].kind == "linear"
    save_model(loaded, tmp_path / "again", {})
    again, _ = load_model(tmp_path / "again")
    np.testing.assert_array_equal(again.predict_outputs(small_table()), expected)


@pytest.mark.parametrize(
    "learner",
    [OwnPrediction(), OwnLoading(), variant(OtherModel), variant(Impostor)],
    ids=["prediction", "loading", "other kind", "impostor"],
)
def test_a_learner_that_evaluates_its_models_itself_is_needed(learner, tmp_path):
    model = small_model("binary", learner)
    save_model(model, tmp_path / "model", {})

    assert kind_of(learner) is None
    assert model.steps()[2].is_python
    with pytest.raises(MissingPluginError):
        load_model(tmp_path / "model")
    loaded, _ = load_model(tmp_path / "model", [learner])
    np.testing.assert_array_equal(
        loaded.predict_outputs(small_table()), model.predict_outputs(small_table())
    )


def test_a_learner_passed_to_load_is_used(tmp_path):
    save_model(small_model("binary", OwnLinear()), tmp_path / "model", {})
    learner = OwnPrediction()

    loaded, _ = load_model(tmp_path / "model", [learner])

    assert loaded.ensemble.learners == {"own_linear": learner}


@pytest.mark.parametrize("kind", ["", "gaussian", None, [], 3])
def test_there_is_no_learner_of_an_unknown_kind(kind):
    assert learner_of_kind(kind, "any") is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_learner_has_the_kind_it_was_made_for(kind):
    learner = learner_of_kind(kind, "any")

    assert isinstance(learner, StoredLearner)
    assert (kind_of(learner), learner.name) == (kind, "any")


def test_stored_models_cannot_be_fitted_again():
    task = Task(TaskKind.REGRESSION, 9, 1, 0, 0, "rmse")
    with pytest.raises(NotImplementedError, match="'any' can predict"):
        StoredLearner("any", LinearModel).fit_model(task, {}, None, None, Resources())


def test_a_learner_that_names_no_kind_must_predict_itself():
    class Nothing(FoldLearner):
        name = "nothing"

    for method, arguments in (
        ("predict_model", (None, None, None)),
        ("dump_model", (None,)),
        ("load_model", ({}, 1, None)),
    ):
        with pytest.raises(NotImplementedError, match=f"must define {method}"):
            getattr(Nothing(), method)(*arguments)
