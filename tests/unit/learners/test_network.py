import numpy as np
import pytest

from headstart.learners.network import AdamW, Network

SIZES = (3, 5, 4, 2)


@pytest.fixture
def network():
    made = Network.random(SIZES, np.random.default_rng(0))
    made.flat += np.random.default_rng(1).normal(size=made.flat.size).astype("f4") / 5
    return made


def test_first_predictions_are_zero():
    made = Network.random(SIZES, np.random.default_rng(0))
    assert not made.forward(np.ones((4, 3), dtype=np.float32)).any()


def test_training_without_dropout_computes_the_same_outputs(network):
    X = np.random.default_rng(2).normal(size=(6, 3)).astype(np.float32)
    outputs, _ = network.forward_training(X, 0.0, np.random.default_rng(0))
    np.testing.assert_allclose(outputs, network.forward(X), rtol=1e-6)


def test_the_gradient_is_the_slope_of_the_loss(network):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(7, 3)).astype(np.float32)
    slope = rng.normal(size=(7, 2)).astype(np.float32)
    _, kept = network.forward_training(X, 0.0, rng)
    gradient = np.empty_like(network.flat)
    network.gradient(X, kept, slope, 0.0, gradient)

    def loss_at(flat):
        return float((Network(SIZES, flat).forward(X) * slope).sum(dtype=np.float64))

    step = 1e-2
    numeric = np.empty(network.flat.size)
    for index in range(network.flat.size):
        up, down = network.flat.copy(), network.flat.copy()
        up[index] += step
        down[index] -= step
        numeric[index] = (loss_at(up) - loss_at(down)) / (2 * step)
    # A kink of the activation may lie inside a step.
    close = np.isclose(gradient, numeric, rtol=2e-2, atol=2e-2)
    assert close.mean() > 0.95


def test_nothing_flows_through_dropped_values(network):
    rng = np.random.default_rng(4)
    X = rng.normal(size=(5, 3)).astype(np.float32)
    _, kept = network.forward_training(X, 1.0 - 1e-6, rng)
    gradient = np.empty_like(network.flat)
    network.gradient(X, kept, np.ones((5, 2), dtype=np.float32), 0.5, gradient)
    assert not gradient[:-2].any()
    assert gradient[-2:].all()


def test_dropout_keeps_the_mean():
    made = Network((1, 2000, 1), np.zeros(Network.count((1, 2000, 1)), "f4"))
    made.scale[:] = 1.0
    for part in (*made.weights, *made.offsets):
        part[:] = 1.0
    outputs, _ = made.forward_training(
        np.ones((50, 1), dtype=np.float32), 0.3, np.random.default_rng(0)
    )
    assert outputs.mean() == pytest.approx(
        made.forward(np.ones((1, 1), dtype=np.float32))[0, 0], rel=0.02
    )


def test_the_first_step_is_as_long_as_the_learning_rate():
    flat = np.zeros(3, dtype=np.float32)
    AdamW(3, np.zeros(3, dtype=np.float32)).step(
        flat, np.array([4.0, -0.5, 0.0], dtype=np.float32), 0.1
    )
    np.testing.assert_allclose(flat, [-0.1, 0.1, 0.0], rtol=1e-4)


def test_decay_shrinks_weights_and_nothing_else(network):
    before = network.flat.copy()
    mask = network.decayed()
    optimiser = AdamW(before.size, mask * np.float32(0.5))
    optimiser.step(network.flat, np.zeros_like(before), 0.1)
    np.testing.assert_allclose(network.flat, before * (1 - 0.05 * mask), rtol=1e-5)
    assert mask.sum() == 3 * 5 + 5 * 4 + 4 * 2
