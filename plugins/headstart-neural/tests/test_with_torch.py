"""The nets themselves: run by `make test-neural`, where torch is."""

import time

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is the user's to install")
pytest.importorskip("tabm", reason="tabm is the user's to install")

from headstart_neural import RealMLP, TabM

from headstart.sdk import ArtifactError, Matrix, Resources, Rows, Task, TaskKind
from headstart.testing import learner_checks

# A check fits several nets; on a busy machine one took more than the usual 120 s.
pytestmark = pytest.mark.timeout(900)
SECONDS = 600.0
NETS = [RealMLP(), TabM()]
TASK = Task(TaskKind.BINARY, 300, 2, 1, 2, "log_loss")
SMALL = {"width": 64, "n_layers": 1}


def make_rows(n_rows=300, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 3))
    values[:, 2] = rng.integers(0, 12, n_rows)
    signal = values[:, 0] + np.where(values[:, 2] % 2 == 0, 1.5, -1.5)
    X = Matrix(values, ("a", "b", "c"), (2,), (12,))
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
    found = net.predict(model, test.X, TASK).argmax(axis=1)
    assert (found == test.y).mean() > 0.85


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
