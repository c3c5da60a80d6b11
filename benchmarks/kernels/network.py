"""Training of a dense network against the same one in NumPy, and matrix products."""

import functools
import math
from typing import Any

import numpy as np

from headstart import _core
from headstart.predict.network import NUMBER, NetworkForm
from kernels.row import Row, Timed

N_ROWS, N_INPUTS, HIDDEN = 4_096, 64, (256, 256, 256)
RATE, DECAY, DROPOUT = 0.01, 0.02, 0.15
FIRST, SECOND = np.float32(0.9), np.float32(0.95)


class NumpyNetwork:
    """The network of the core, its Adam and its dropout, in single precision.

    All parameters and moments are views of flat vectors, and sums are written to arrays
    that exist already.
    """

    def __init__(self, batch: int) -> None:
        self.rng = np.random.default_rng(0)
        self.sizes = (N_INPUTS, *HIDDEN, 1)
        pairs = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        shapes: list[tuple[int, ...]] = [(N_INPUTS,)]
        for n_in, n_out in pairs:
            shapes += [(n_in, n_out), (n_out,), (n_out,)]
        size = sum(math.prod(shape) for shape in shapes)
        self.flat, self.gradient = (np.zeros(size, dtype=np.float32) for _ in range(2))
        self.mean, self.square, self.work = (np.zeros_like(self.flat) for _ in range(3))
        self.rate, self.keep = (np.ones_like(self.flat) for _ in range(2))
        self.values = self.views(self.flat, shapes)
        self.slopes = self.views(self.gradient, shapes)
        rates = self.views(self.rate, shapes)
        keeps = self.views(self.keep, shapes)
        self.values[0][:] = 1.0
        rates[0] *= 6.0
        for layer, (n_in, _) in enumerate(pairs):
            weights, bias, strength = range(3 * layer + 1, 3 * layer + 4)
            shape = self.values[weights].shape
            self.values[weights][:] = self.rng.normal(size=shape) / math.sqrt(n_in)
            rates[weights] /= math.sqrt(n_in)
            keeps[weights] -= RATE * DECAY
            rates[bias] *= 0.1
            self.values[strength][:] = 1.0
            rates[strength] *= 0.1
        self.hidden = [np.empty((batch, width), dtype=np.float32) for width in HIDDEN]
        self.n_steps = 0

    @staticmethod
    def views(flat: np.ndarray, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
        """Return the parts of a flat array."""
        ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
        parts = np.split(flat, ends)
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    def step(self, X: np.ndarray, y: np.ndarray) -> None:
        """Take one step on a batch."""
        scaled = X * self.values[0]
        h, kept = scaled, []
        for layer, out in enumerate(self.hidden):
            weights, bias, strength = self.values[3 * layer + 1 : 3 * layer + 4]
            z = np.matmul(h, weights, out=out)
            z += bias
            w = np.exp(np.minimum(z, 20.0))
            n = w * (w + 2.0)
            gate = n / (n + 2.0)
            bend = gate + z * (4.0 * w * (w + 1.0) / np.square(n + 2.0))
            change = z * gate - z
            mask = self.rng.random(z.shape, dtype=np.float32) >= DROPOUT
            factor = mask * np.float32(1.0 / (1.0 - DROPOUT))
            kept.append((h, factor * (1.0 + strength * (bend - 1.0)), factor * change))
            h = factor * (z + strength * change)
        weights, bias, _ = self.values[-3:]
        slope = h @ weights
        slope += bias
        slope -= y[:, None]
        slope /= np.float32(len(y))
        np.matmul(h.T, slope, out=self.slopes[-3])
        slope.sum(axis=0, out=self.slopes[-2])
        slope = slope @ weights.T
        for layer in range(len(HIDDEN) - 1, -1, -1):
            h, bend, change = kept[layer]
            of_weights, of_bias, of_strength = self.slopes[
                3 * layer + 1 : 3 * layer + 4
            ]
            np.einsum("ij,ij->j", slope, change, out=of_strength)
            slope *= bend
            np.matmul(h.T, slope, out=of_weights)
            slope.sum(axis=0, out=of_bias)
            slope = slope @ self.values[3 * layer + 1].T
        np.einsum("ij,ij->j", slope, X, out=self.slopes[0])
        self.update()

    def update(self) -> None:
        """Take a step of Adam."""
        self.n_steps += 1
        self.mean *= FIRST
        np.multiply(self.gradient, 1 - FIRST, out=self.work)
        self.mean += self.work
        self.square *= SECOND
        self.gradient *= self.gradient
        self.gradient *= 1 - SECOND
        self.square += self.gradient
        np.sqrt(self.square, out=self.work)
        self.work /= np.float32(math.sqrt(1 - SECOND**self.n_steps))
        self.work += np.float32(1e-8)
        np.divide(self.mean, self.work, out=self.work)
        self.work *= np.float32(RATE / (1 - FIRST**self.n_steps))
        self.work *= self.rate
        self.flat *= self.keep
        self.flat -= self.work


@functools.cache
def table() -> tuple[np.ndarray, np.ndarray]:
    """Return training rows and their target."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, N_INPUTS))
    return X, np.tanh(X[:, 0]) + X[:, 1] * X[:, 2]


def core_trainer(batch: int) -> Any:
    """Return a trainer of the core."""
    form = NetworkForm(
        np.full(N_INPUTS, NUMBER),
        np.zeros(N_INPUTS, dtype=np.int64),
        HIDDEN,
        1,
        1,
        "mish",
    )
    return _core.NetworkTrainer(
        form.to_core(),
        *table(),
        None,
        learning_rate=RATE,
        weight_decay=DECAY,
        dropout=DROPOUT,
        smoothing=0.0,
        batch=batch,
        seed=0,
    )


def numpy_calls(batch: int, n_steps: int) -> Timed:
    trainer, peer = core_trainer(batch), NumpyNetwork(batch)
    X, y = (values.astype(np.float32) for values in table())
    rng = np.random.default_rng(0)

    def peer_steps() -> None:
        for _ in range(n_steps):
            rows = rng.integers(0, N_ROWS, batch)
            peer.step(X[rows], y[rows])

    return Timed(peer_steps, lambda: trainer.train(n_steps, 0.1, 0.2))


def product_calls(batch: int, n_steps: int) -> Timed:
    """Return the same number of products, as squares of matrices of 1,024 columns."""
    trainer, size = core_trainer(batch), 1_024
    left = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    n_products = n_steps * trainer.n_products

    return Timed(
        lambda: left @ left,
        lambda: trainer.train(n_steps, 0.1, 0.2),
        share=size**3 / n_products,
    )


def row(batch: int, n_steps: int, target: float, calls: Any, peer: str) -> Row:
    return Row(
        24,
        "steps of a dense network",
        f"batches of {batch}, {N_INPUTS} inputs, 3 layers of 256",
        peer,
        target,
        functools.partial(calls, batch, n_steps),
        peer_repeats=7,
        headstart_repeats=7,
    )


ROWS = [
    *(row(batch, 100, 3.0, numpy_calls, "NumPy") for batch in (16, 32, 64)),
    row(256, 20, 1.3, numpy_calls, "NumPy"),
    row(256, 20, 0.65, product_calls, "a matrix product of as many operations"),
]
