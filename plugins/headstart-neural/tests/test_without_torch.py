"""What can be asked of the nets where torch is not there."""

import json

import numpy as np
import pytest
from headstart_neural import RealMLP, TabM, learner
from headstart_neural.learner import read_parts
from headstart_neural.plan import Plan

from headstart.sdk import (
    ArtifactError,
    FoldTarget,
    Matrix,
    MissingPluginError,
    Resources,
    Rows,
    Task,
    TaskKind,
    known_configurations,
    pack_arrays,
)

TASK = Task(TaskKind.BINARY, 60, 2, 1, 2, "log_loss")
PLAN = Plan("tabm", 2, (4,), 2, 2, 64, 8, 16, 8, 0.1, True)
each = pytest.mark.parametrize("net", [RealMLP(), TabM()])


def make_rows():
    values = np.random.default_rng(0).normal(size=(60, 3))
    values[:, 2] = np.arange(60) % 4
    return Rows(Matrix(values, ("a", "b", "c"), (2,), (4,)), np.arange(60) % 2)


@each
@pytest.mark.parametrize("kind", [TaskKind.BINARY, TaskKind.REGRESSION])
def test_what_is_tried_first_lies_in_the_space(net, kind):
    task = Task(kind, 60, 2, 1, 2 if kind.is_classification else 0, "")
    space = net.search_space(task)
    configurations = known_configurations(task, net)
    assert (
        len({configuration.key for configuration in configurations})
        == len(configurations)
        == 4
    )
    for configuration in configurations:
        for name, value in configuration.parameters.items():
            assert value in space.distributions[name]
        assert 0 < net.cost(task, configuration.parameters, 1_000) < 1e4
    assert net.cost(task, {}, 1_000) < net.cost(task, {}, 50_000)


@each
def test_a_plan_has_the_sizes_of_the_table(net):
    rows = make_rows()
    target = FoldTarget.learn(TASK, rows)
    parameters = net.search_space(TASK).default
    plan = net.plan(parameters, rows.X, TASK.with_classes(target.n_present))
    assert (plan.n_numeric, plan.cardinalities, plan.n_outputs) == (2, (4,), 2)
    assert Plan.from_json(plan.to_json()) == plan


@each
def test_without_torch_a_fit_says_what_to_install(net, monkeypatch):
    monkeypatch.setattr(learner, "can_run", lambda: False)
    with pytest.raises(MissingPluginError, match=r"pip install 'headstart-neural\[to"):
        net.fit(TASK, {}, make_rows(), None, Resources(1, 0))


@each
def test_a_device_that_is_none_is_refused(net):
    with pytest.raises(ValueError, match=r"must be 'cpu' or 'gpu'\. Got 'tpu'"):
        type(net)(device="tpu")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "other"),
        ("width", 10**6),
        ("width", True),
        ("n_layers", 0),
        ("n_layers", 2.0),
        ("k", -1),
        ("cardinalities", [0]),
        ("cardinalities", "4"),
        ("cardinalities", [10**9]),
        ("dropout", 1.0),
        ("dropout", None),
        ("embedding", 0),
        ("is_classification", 1),
        ("low", 2e30),
        ("high", None),
        ("high", True),
        ("more", 1),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(name, value):
    record = {**json.loads(PLAN.to_json()), name: value}
    with pytest.raises(ArtifactError):
        Plan.from_json(json.dumps(record).encode())


def make_parts(**changes):
    arrays = {
        "flat": np.arange(8, dtype=np.float32),
        "shapes": np.array([[2, 3, 0, 0], [2, 0, 0, 0]]),
        "n_dimensions": np.array([2, 1]),
        "epochs": np.array(5),
    }
    names = changes.pop("names", "a.bias\nb")
    return {
        "plan.json": PLAN.to_json(),
        "names.txt": names.encode(),
        "weights.safetensors": pack_arrays({**arrays, **changes}),
    }


def test_stored_weights_come_back_by_name():
    plan, weights, epochs = read_parts(make_parts())
    assert (plan, epochs) == (PLAN, 5)
    np.testing.assert_array_equal(weights["a.bias"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(weights["b"], [6, 7])


@pytest.mark.parametrize(
    "changes",
    [
        {"names": "a\na"},
        {"names": "a"},
        {"shapes": np.array([[2, 2, 0, 0], [2, 0, 0, 0]])},
        {"shapes": np.array([[2, 4, 0, 0], [2, 0, 0, 0]])},
        {"shapes": np.array([[-2, -3, 0, 0], [2, 0, 0, 0]])},
        {"shapes": np.array([[2**62, 2**62, 0, 0], [2, 0, 0, 0]])},
        {"n_dimensions": np.array([2, 0])},
        {"n_dimensions": np.array([5, 1])},
        {"epochs": np.array(-1)},
    ],
)
def test_weights_that_do_not_fit_together_are_refused(changes):
    with pytest.raises(ArtifactError):
        read_parts(make_parts(**changes))


@pytest.mark.parametrize(
    ("metric", "smoothing"),
    [("roc_auc", 0.0), ("log_loss", 0.0), ("accuracy", 0.1), ("f1_macro", 0.1)],
)
def test_labels_are_smoothed_for_metrics_of_labels(metric, smoothing):
    task = Task(TaskKind.BINARY, 60, 2, 1, 2, metric)
    assert RealMLP().search_space(task).default["label_smoothing"] == smoothing
