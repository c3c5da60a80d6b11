"""The steps of a fitted model as data; predictions walk them."""

import json

import numpy as np
import polars as pl
import pytest
from tests.small_models import fitted, small_model, small_table

from headstart.base import Transform
from headstart.ensemble.steps import OUTPUTS, TABLE, walk
from headstart.learners.linear import Logistic
from headstart.plugins import load_plugins


class OfAnother(Transform):
    """A transform that is stored in a form of its own."""

    name = "of_another"

    def fit(self, task, parameters, rows, validation, resources):
        return rows.X.mean().row(0)

    def transform(self, fitted, X, task):
        return X.select((pl.first() - fitted[0]).alias("centred"))

    def dump(self, fitted):
        return {"means.json": json.dumps(fitted).encode()}

    def load(self, parts):
        return tuple(json.loads(parts["means.json"]))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_steps_are_in_the_order_in_which_they_run(kind):
    model = small_model(kind, step="count_encoding")

    steps = model.steps()

    kinds = [step.kind for step in steps]
    assert kinds == [
        "schema",
        "generated_columns",
        "view",
        "linear",
        "linear",
        "output",
    ]
    columns = {"frame", OUTPUTS}
    for step in steps:
        assert step.record["reads"] in columns
        columns.add(step.record.get("gives", OUTPUTS))
    assert sum(step.record["share"] for step in steps[3:5]) == 1.0


def test_records_of_steps_are_json_and_arrays_are_those_of_the_stored_parts():
    model = small_model(step="count_encoding")

    steps = model.steps()

    for step in steps:
        assert json.loads(json.dumps(step.record)) == step.record
    view = steps[2]
    assert view.record["parts"]["view.json"]["names"]
    encoder = model.ensemble.parts.encoder("view-0")
    for name, values in encoder.numeric.arrays().items():
        np.testing.assert_array_equal(view.arrays[f"view/n_{name}"], values)


class OwnPrediction(Logistic):
    """A learner that evaluates its models itself."""

    name = "own_prediction"

    def predict_model(self, model, X, target):
        return 1.0 - super().predict_model(model, X, target)


def test_steps_that_call_the_code_that_fitted_them_are_marked():
    model = small_model("binary", OwnPrediction(), step=OfAnother())
    marks = {step.kind: step.is_python for step in model.steps()}

    assert marks == {
        "schema": False,
        "transform": True,
        "view": False,
        "member": True,
        "output": False,
    }


@pytest.mark.parametrize("step", ["count_encoding", "column_selection"])
def test_a_transform_that_headstart_applies_is_a_kind_with_all_its_numbers(step):
    model = small_model(step=step)

    transform = model.steps()[1]

    assert not transform.is_python
    assert transform.kind == load_plugins().transforms[step].stored_as.kind
    parts = model.ensemble.store.transforms["step-0"]
    assert set(transform.record["parts"]) == {
        name for name in parts if name.endswith(".json")
    }
    numbers = {name.rpartition("/")[0] for name in transform.arrays}
    assert numbers == {
        name.removesuffix(".safetensors")
        for name in parts
        if name.endswith(".safetensors")
    }


def test_outputs_are_those_of_the_mean_of_the_members():
    model = small_model("multiclass", step="count_encoding")
    *before, first, second, _ = model.ensemble.steps
    table = model.schema.apply(small_table())
    start = {TABLE: table, OUTPUTS: np.zeros((table.height, 3))}

    single = [walk([*before, member], start)[OUTPUTS] for member in (first, second)]

    outputs = model.predict_outputs(small_table())
    np.testing.assert_allclose(outputs, sum(single), rtol=1e-15)
    np.testing.assert_allclose(outputs.sum(axis=1), 1.0)
    assert not start[OUTPUTS].any()


def test_a_walk_keeps_only_columns_that_a_later_step_reads():
    model = small_model(step="count_encoding")
    steps = model.ensemble.steps
    table = model.schema.apply(small_table())
    inputs = []

    class Watched:
        def __init__(self, step):
            self.step, self.reads = step, step.reads

        def apply(self, columns):
            inputs.append(set(columns))
            return self.step.apply(columns)

    start = {TABLE: table, OUTPUTS: np.zeros((table.height, 1))}
    walk([Watched(step) for step in steps], start)

    after, view = steps[0].gives, steps[1].gives
    assert inputs == [
        {TABLE, OUTPUTS},
        {after, OUTPUTS},
        {view, OUTPUTS},
        {view, OUTPUTS},
        {OUTPUTS},
    ]


def test_a_model_that_headstart_evaluates_is_a_kind_with_all_its_arrays():
    pytest.importorskip(
        "headstart_lightgbm", reason="needs the package headstart-lightgbm"
    )

    member = small_model(learner="lightgbm").steps()[2]

    assert (member.kind, member.is_python) == ("boosted_trees", False)
    assert member.record["parts"]["boosting.json"]["link"] == "logistic"
    assert all(name.startswith("trees/") for name in member.arrays)
    assert len(member.arrays) > 5


def test_parts_of_a_plugin_in_a_form_of_its_own_are_left_to_the_plugin():
    model = small_model()
    parts = {"a.json": b"no JSON", "a.safetensors": b"none", "b.bin": b""}
    name = model.ensemble.members[0].fits[0].model
    model.ensemble.store.models[name] = parts

    member = model.steps()[2]

    assert member.is_python
    assert (member.record["parts"], member.arrays) == ({}, {})


def test_the_estimator_gives_the_steps_of_its_model():
    model = small_model()

    kinds = [step.kind for step in fitted(model).steps()]

    assert kinds == ["schema", "view", "linear", "linear", "output"]
