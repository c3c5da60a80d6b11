"""The training of a small dense network in single precision, by AdamW.

All parameters are views of one flat vector, so that one step of the optimiser needs
only a few passes over it. scikit-learn's network computes the same function, but has no
dropout and no schedule and cannot be stopped at a deadline.
"""

import math

import numpy as np

from headstart.predict.network import DenseNetwork, SingleArray

__all__ = ["AdamW", "Network"]


class Network(DenseNetwork):
    """A network that can be trained."""

    @classmethod
    def random(cls, sizes: tuple[int, ...], rng: np.random.Generator) -> "Network":
        """Return a network with He initialisation; its first predictions are 0."""
        network = cls(sizes, np.zeros(cls.count(sizes), dtype=np.float32))
        network.scale[:] = 1.0
        for weight, offset in zip(
            network.weights[:-1], network.offsets[:-1], strict=True
        ):
            spread = math.sqrt(2.0 / weight.shape[0])
            weight[:] = rng.standard_normal(weight.shape, dtype=np.float32) * spread
            offset[:] = rng.uniform(-0.1, 0.1, offset.shape).astype(np.float32)
        return network

    def decayed(self) -> SingleArray:
        """Return 1 for parameters with weight decay, 0 for factors and offsets."""
        mask = np.zeros_like(self.flat)
        for weight in self.views(mask)[1]:
            weight[:] = 1.0
        return mask

    def forward_training(
        self, X: SingleArray, dropout: float, rng: np.random.Generator
    ) -> tuple[SingleArray, list[SingleArray]]:
        """Return the outputs, and the activations that `gradient` needs.

        With probability `dropout` a hidden value is set to 0; the others are scaled up
        to keep the expected sum.
        """
        h = X * self.scale
        activations = [h]
        for weight, offset in zip(self.weights[:-1], self.offsets[:-1], strict=True):
            h = h @ weight
            h += offset
            np.maximum(h, 0.0, out=h)
            if dropout > 0:
                h *= rng.random(h.shape, dtype=np.float32) >= dropout
                h *= np.float32(1.0 / (1.0 - dropout))
            activations.append(h)
        return np.asarray(h @ self.weights[-1] + self.offsets[-1]), activations

    def gradient(
        self,
        X: SingleArray,
        activations: list[SingleArray],
        slope: SingleArray,
        dropout: float,
        out: SingleArray,
    ) -> None:
        """Write a loss's gradient to `out`; `slope` is its gradient in the outputs."""
        scale, weights, offsets = self.views(out)
        for layer in range(len(weights) - 1, -1, -1):
            np.matmul(activations[layer].T, slope, out=weights[layer])
            slope.sum(axis=0, out=offsets[layer])
            slope = slope @ self.weights[layer].T
            if layer:
                # The gradient is 0 where the activation is, by ReLU or by dropout.
                slope *= activations[layer] > 0
                if dropout > 0:
                    slope *= np.float32(1.0 / (1.0 - dropout))
        np.einsum("ij,ij->j", slope, X, out=scale)


class AdamW:
    """Adam with decoupled weight decay [1]_.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """

    def __init__(
        self, size: int, decay: SingleArray, betas: tuple[float, float] = (0.9, 0.98)
    ) -> None:
        self._mean = np.zeros(size, dtype=np.float32)
        self._square = np.zeros(size, dtype=np.float32)
        self._work = np.empty(size, dtype=np.float32)
        self._decay = decay
        self._betas = betas
        self._step = 0

    def step(
        self, flat: SingleArray, gradient: SingleArray, learning_rate: float
    ) -> None:
        """Update `flat` by one step; `gradient` is overwritten."""
        self._step += 1
        first, second = self._betas
        self._mean *= np.float32(first)
        self._mean += np.float32(1 - first) * gradient
        self._square *= np.float32(second)
        gradient *= gradient
        gradient *= np.float32(1 - second)
        self._square += gradient
        np.sqrt(self._square, out=self._work)
        self._work /= np.float32(math.sqrt(1 - second**self._step))
        self._work += np.float32(1e-8)
        np.divide(self._mean, self._work, out=self._work)
        self._work *= np.float32(learning_rate / (1 - first**self._step))
        np.multiply(self._decay, flat, out=gradient)
        gradient *= np.float32(learning_rate)
        flat -= gradient
        flat -= self._work
