"""The network of the core against the same one in NumPy, written for these tests."""

import itertools
import math

import numpy as np
import pytest

from headstart import _core
from headstart.predict.network import EMBEDDED, NUMBER, ONE_HOT, PERIODIC, NetworkForm

WAVES, MIXED, CODE_SIZE = 16, 3, 8
N_CODES = (0, 0, 3, 12)
FIRST, SECOND = 0.9, 0.95


def make_form(n_outputs, n_members):
    return NetworkForm(
        np.array([NUMBER, PERIODIC, ONE_HOT, EMBEDDED]),
        np.array(N_CODES),
        (20, 9),
        n_outputs,
        n_members,
        "mish" if n_outputs == 1 else "selu",
    )


def make_rows(n_rows=40):
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n_rows, 2)) * 2
    codes = [rng.integers(0, n + 1, n_rows) for n in N_CODES[2:]]  # one is unknown
    return np.column_stack([numbers, *codes]).astype(np.float64)


def split_flat(form, flat):
    """Return the parameters by name, in the order of the flat array."""
    sizes = [1 + MIXED + 1 + N_CODES[2] + CODE_SIZE, *form.hidden, form.n_outputs]
    k = form.n_members
    shapes = {
        "frequency": (WAVES,),
        "phase": (WAVES,),
        "mixing": (WAVES, MIXED),
        "offset": (MIXED,),
        "vectors": (N_CODES[3], CODE_SIZE),
    }
    for layer, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        if layer == 0 or k > 1:
            shapes[f"factors {layer}"] = (k, n_in)
        shapes[f"weights {layer}"] = (n_in, n_out)
        shapes[f"bias {layer}"] = (k, n_out)
        if layer < len(form.hidden):
            shapes[f"strength {layer}"] = (k, n_out)
    parts, start = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        parts[name] = flat[start : start + size].reshape(shape).astype(np.float64)
        start += size
    assert start == flat.size
    return parts


def activation(form, z):
    """Return the values and the slopes of the activation."""
    if form.activation == "selu":
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        value = np.where(z > 0, scale * z, scale * alpha * np.expm1(np.minimum(z, 0)))
        slope = np.where(z > 0, scale, scale * alpha * np.exp(np.minimum(z, 0)))
        return value, slope
    gate = np.tanh(np.log1p(np.exp(z)))
    return z * gate, gate + z * (1 - gate**2) / (1 + np.exp(-z))


def embed(p, X):
    """Return the inputs of the first layer, and the angles of the waves."""
    numbers = X[:, :2] / np.sqrt(1 + (X[:, :2] / 3) ** 2)
    angles = 2 * np.pi * (numbers[:, 1:] * p["frequency"] + p["phase"])
    waves = np.cos(angles) @ p["mixing"] + p["offset"]
    one_hot = (X[:, [2]] == np.arange(N_CODES[2])).astype(float)
    known = (X[:, [3]] == np.arange(N_CODES[3])).astype(float)
    vectors = known @ p["vectors"]
    inputs = np.hstack([numbers[:, :1], waves, numbers[:, 1:], one_hot, vectors])
    return inputs, numbers, angles, known


def forward(form, p, member, inputs):
    """Return the scores of a member, and what the way back needs."""
    h, steps = inputs, []
    for layer in range(len(form.hidden) + 1):
        factors = p.get(f"factors {layer}")
        scaled = h if factors is None else h * factors[member]
        z = scaled @ p[f"weights {layer}"] + p[f"bias {layer}"][member]
        steps.append((h, scaled, z))
        h = z
        if layer < len(form.hidden):
            h = z + p[f"strength {layer}"][member] * (activation(form, z)[0] - z)
    return h, steps


def softmax(scores):
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def predict(form, flat, X):
    p = split_flat(form, flat)
    inputs = embed(p, X)[0]
    scores = [forward(form, p, m, inputs)[0] for m in range(form.n_members)]
    return np.mean(scores if form.n_outputs == 1 else [softmax(s) for s in scores], 0)


def gradient(form, p, X, y, weight, smoothing):
    """Return the gradient of the loss of all members, by name of the parameters."""
    inputs, numbers, angles, known = embed(p, X)
    g = {name: np.zeros_like(part) for name, part in p.items()}
    of_inputs = np.zeros_like(inputs)
    for member in range(form.n_members):
        scores, steps = forward(form, p, member, inputs)
        if form.n_outputs == 1:
            slope = scores - y[:, None]
        else:
            target = np.eye(form.n_outputs)[y] * (1 - smoothing)
            slope = softmax(scores) - target - smoothing / form.n_outputs
        slope *= weight[:, None] / len(y)
        for layer in range(len(steps) - 1, -1, -1):
            h, scaled, z = steps[layer]
            if layer < len(form.hidden):
                value, bend = activation(form, z)
                g[f"strength {layer}"][member] = (slope * (value - z)).sum(0)
                slope = slope * (1 + p[f"strength {layer}"][member] * (bend - 1))
            g[f"bias {layer}"][member] = slope.sum(0)
            g[f"weights {layer}"] += scaled.T @ slope
            slope = slope @ p[f"weights {layer}"].T
            if f"factors {layer}" in p:
                g[f"factors {layer}"][member] = (slope * h).sum(0)
                slope = slope * p[f"factors {layer}"][member]
        of_inputs += slope
    waves = of_inputs[:, 1 : 1 + MIXED]
    turns = -2 * np.pi * np.sin(angles) * (waves @ p["mixing"].T)
    g["mixing"] = np.cos(angles).T @ waves
    g["offset"] = waves.sum(0)
    g["phase"] = turns.sum(0)
    g["frequency"] = (turns * numbers[:, 1:]).sum(0)
    g["vectors"] = known.T @ of_inputs[:, -CODE_SIZE:]
    return g


def pace(name, n_in, rate, decay):
    """Return the learning rate and the decay of the parameters of a name."""
    kind = name.partition(" ")[0]
    share = {"weights": 1 / math.sqrt(n_in), "vectors": 1.0}.get(kind, 0.1)
    if name == "factors 0":
        share = 6.0
    decayed = {"weights": 1.0, "vectors": 1.0, "frequency": 0.1, "mixing": 0.1}
    return rate * share, rate * decay * decayed.get(kind, 0.0)


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("n_outputs", [1, 2, 4])
def test_predictions_and_steps_are_those_of_numpy(n_outputs, n_members):
    form, X = make_form(n_outputs, n_members), make_rows()
    rng = np.random.default_rng(1)
    y = rng.normal(size=40) if n_outputs == 1 else rng.integers(0, n_outputs, 40)
    weight = rng.uniform(0.5, 1.5, 40)
    rate, decay, smoothing = 0.02, 0.1, 0.1
    trainer = _core.NetworkTrainer(
        form.to_core(),
        X,
        y,
        weight,
        learning_rate=rate,
        weight_decay=decay,
        dropout=0.0,
        smoothing=smoothing,
        batch=40,
        seed=3,
    )
    flat = trainer.parameters()
    flat = flat + rng.normal(size=flat.size).astype(np.float32) * np.float32(0.2)
    trainer.set_parameters(flat)
    np.testing.assert_allclose(trainer.predict(X), predict(form, flat, X), atol=2e-5)

    n_steps = 4
    trainer.train(n_steps, 0.0, 0.1)

    p = split_flat(form, flat)
    mean = {name: np.zeros_like(part) for name, part in p.items()}
    square = {name: np.zeros_like(part) for name, part in p.items()}
    for step in range(1, n_steps + 1):
        g = gradient(form, p, X, y, weight, smoothing)
        progress = 0.1 * (step - 0.5) / n_steps
        here = rate * (0.5 - 0.5 * math.cos(2 * math.pi * math.log2(1 + 15 * progress)))
        for name, part in p.items():
            mean[name] = FIRST * mean[name] + (1 - FIRST) * g[name]
            square[name] = SECOND * square[name] + (1 - SECOND) * g[name] ** 2
            step_rate, shrink = pace(name, part.shape[0], here, decay)
            root = np.sqrt(square[name] / (1 - SECOND**step)) + 1e-8
            part *= 1 - shrink
            part -= step_rate * mean[name] / (1 - FIRST**step) / root
    found = split_flat(form, trainer.parameters())
    for name, part in p.items():
        # A gradient near zero may have another sign in single precision.
        is_close = np.isclose(found[name], part, rtol=1e-3, atol=1e-4)
        assert is_close.mean() > 0.98, name
        np.testing.assert_allclose(found[name], part, atol=0.05, err_msg=name)
