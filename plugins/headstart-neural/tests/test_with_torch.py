"""The nets themselves: run by `make test-neural`, where torch is."""

import contextlib
import time

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the package torch")
pytest.importorskip("tabm", reason="needs the package tabm")

import torch
from headstart_neural import RealMLP, TabM, training
from headstart_neural.networks import build

from headstart.sdk import ArtifactError, Matrix, Resources, Rows, Task, TaskKind
from headstart.testing import learner_checks

# A check fits several nets; on a busy machine one took more than the usual 120 s.
pytestmark = pytest.mark.timeout(900)
SECONDS = 600.0
NETS = [RealMLP(), TabM()]
TASK = Task(TaskKind.BINARY, 300, 2, 1, 2, "log_loss")
FORM = (("a", "b", "c"), (2,), (12,))
SMALL = {"width": 64, "n_layers": 1}


def make_rows(n_rows=300, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 3))
    values[:, 2] = rng.integers(0, 12, n_rows)
    signal = values[:, 0] + np.where(values[:, 2] % 2 == 0, 1.5, -1.5)
    X = Matrix(values, *FORM)
    return Rows(X, (signal > 0).astype(np.int64))


@pytest.mark.parametrize(
    "check",
    [check for net in NETS for check in learner_checks(net, seconds=SECONDS)],
    ids=str,
)
def test_the_kit_is_passed(check):
    check()


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.name)
def test_numbers_and_categories_are_learnt(net):
    model = net.fit(TASK, SMALL, make_rows(), make_rows(150, 1), Resources(1, 0))
    test = make_rows(300, 2)
    predicted = net.predict(model, test.X, TASK).argmax(axis=1)
    assert (predicted == test.y).mean() > 0.85


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.name)
def test_a_stored_net_predicts_the_same_bits(net):
    few = {**SMALL, "epochs": 2}
    model = net.fit(TASK, few, make_rows(), None, Resources(1, 0))
    again = net.load(net.dump(model))
    X = make_rows(50, 1).X
    np.testing.assert_array_equal(
        net.predict(model, X, TASK), net.predict(again, X, TASK)
    )


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.name)
def test_weights_of_another_net_are_refused(net):
    few = {**SMALL, "epochs": 1}
    small, large = (
        net.dump(net.fit(TASK, {**few, "width": w}, make_rows(), None, Resources(1, 0)))
        for w in (64, 128)
    )
    with pytest.raises(ArtifactError, match="do not fit"):
        net.load({**small, "weights.safetensors": large["weights.safetensors"]})


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.name)
def test_the_deadline_ends_training(net):
    rows = make_rows(5_000)
    began = time.monotonic()
    net.fit(TASK, {}, rows, make_rows(500, 1), Resources(1, 0, began + 1.0))
    assert time.monotonic() - began < 5.0


def make_net(net):
    rows = make_rows()
    parameters = {**net.search_space(TASK).default, **SMALL, "embedding": 8}
    return net.plan(parameters, rows.X, TASK), net.settings(parameters, 300, TASK)


def test_embeddings_of_real_mlp_learn_slowly_and_their_biases_do_not_decay():
    plan, settings = make_net(RealMLP())
    net = build(plan)
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    groups = {
        names[id(group["params"][0])]: group
        for group in training._groups(net, settings)
    }
    shares = {name: group["share"] for name, group in groups.items()}
    decays = {name for name, group in groups.items() if group["decay"]}
    embeddings = {name for name in shares if name.startswith("embedding.")}
    assert {shares[name] for name in embeddings} == {0.1}
    assert shares["hidden.0.weight"] == 1.0
    assert shares["scale"] == 6.0
    assert decays >= {"embedding.weight", "hidden.0.weight"}
    assert not decays & {"embedding.bias", "embedding.phase", "hidden.0.bias"}


@pytest.mark.parametrize(("net", "fades"), [(RealMLP(), True), (TabM(), False)])
def test_dropout_fades_in_the_second_half_of_real_mlp(net, fades, monkeypatch):
    shares = []
    forward = torch.nn.Dropout.forward

    def note(self, x):
        if self.training:
            shares.append(self.p)
        return forward(self, x)

    monkeypatch.setattr(torch.nn.Dropout, "forward", note)
    some = {**SMALL, "dropout": 0.4, "epochs": 20}
    net.fit(TASK, some, make_rows(), None, Resources(1, 0))
    assert shares[0] == 0.4
    assert shares == sorted(shares, reverse=True)
    assert (shares[-1] < 0.02) == fades


def test_values_of_real_mlp_keep_to_the_range_of_the_training_rows():
    task = Task(TaskKind.REGRESSION, 300, 2, 1, 0, "rmse")
    rows = make_rows()
    y = 10.0 + 3.0 * rows.X.values[:, 0]
    few = {**SMALL, "epochs": 30}
    net = RealMLP()
    model = net.fit(task, few, Rows(rows.X, y), None, Resources(1, 0))
    far = rows.X.values.copy()
    far[:, 0] *= 20.0
    predicted = net.predict(net.load(net.dump(model)), Matrix(far, *FORM), task)
    assert predicted.min() >= y.min() - 1e-9
    assert predicted.max() <= y.max() + 1e-9
    assert predicted.max() > y.max() - 0.5


def test_a_fit_leaves_all_generators_of_the_program_alone(monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    state = torch.get_rng_state()
    few = {**SMALL, "epochs": 1}
    fits = [
        RealMLP().fit(TASK, few, make_rows(), None, Resources(1, seed))
        for seed in (0, 0, 1)
    ]
    assert seeded == []
    assert torch.equal(torch.get_rng_state(), state)
    weights = [fit.model.weights["hidden.0.weight"] for fit in fits]
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_a_fit_on_a_gpu_seeds_its_own_device_only(monkeypatch):
    calls = []

    @contextlib.contextmanager
    def fork(devices):
        calls.append(("fork", list(devices)))
        yield

    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    monkeypatch.setattr(torch.random, "fork_rng", fork)
    monkeypatch.setattr(torch.cuda, "manual_seed", lambda s: calls.append(("gpu", s)))
    monkeypatch.setattr(
        torch.cuda, "manual_seed_all", lambda s: calls.append(("all", s))
    )
    with training._seeded(7, "cuda"):
        assert calls == [("fork", [1]), ("gpu", 7)]
