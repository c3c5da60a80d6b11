"""The nets: TabM from its authors' package, an MLP with parts of RealMLP's paper.

Imported where torch is there, and not before. Both take numbers and codes and return
outputs of shape (n_rows, k, n_outputs).

References
----------
.. [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: strong pre-tuned
   MLPs and boosted trees on tabular data", NeurIPS 2024: RealMLP.
.. [2] Y. Gorishniy, A. Kotelnikov, A. Babenko, "TabM: advancing tabular deep learning
   with parameter-efficient ensembling", ICLR 2025.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from headstart_neural.plan import Plan

__all__ = ["RealMLPNet", "TabMNet", "build"]

# Categories of up to as many codes are one-hot, others get a vector of this length.
_ONE_HOT = 9
_CODE_EMBEDDING = 8


def build(plan: Plan) -> nn.Module:
    """Return a net with fresh weights, drawn from torch's generator."""
    return TabMNet(plan) if plan.kind == "tabm" else RealMLPNet(plan)


class TabMNet(nn.Module):
    """TabM with periodic embeddings of numbers [2]_."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        import tabm
        from rtdl_num_embeddings import PeriodicEmbeddings

        embeddings = None
        if plan.embedding and plan.n_numeric:
            embeddings = PeriodicEmbeddings(
                plan.n_numeric,
                plan.embedding,
                n_frequencies=plan.n_frequencies,
                lite=False,
            )
        self.net = tabm.TabM.make(
            n_num_features=plan.n_numeric,
            cat_cardinalities=list(plan.cardinalities),
            d_out=plan.n_outputs,
            num_embeddings=embeddings,
            n_blocks=plan.n_layers,
            d_block=plan.width,
            dropout=plan.dropout,
            k=plan.k,
        )
        self._has_numbers = plan.n_numeric > 0
        self._has_codes = bool(plan.cardinalities)

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Return the outputs of all k nets."""
        output: Tensor = self.net(
            numbers if self._has_numbers else None, codes if self._has_codes else None
        )
        return output


class RealMLPNet(nn.Module):
    """An MLP with parts of RealMLP [1]_.

    Numbers are embedded by periodic functions with a way around them (PBLD), each input
    has a learnt scale, layers are in the neural tangent parametrisation, activations
    are learnt between a straight line and SELU (classes) or Mish (values).
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.embedding = (
            _PeriodicDense(plan.n_numeric, plan.n_frequencies, plan.embedding)
            if plan.embedding and plan.n_numeric
            else None
        )
        self._cardinalities = plan.cardinalities
        self.codes = nn.ModuleList(
            nn.Embedding(n, _CODE_EMBEDDING) for n in plan.cardinalities if n > _ONE_HOT
        )
        per_number = plan.embedding if self.embedding is not None else 1
        size = plan.n_numeric * per_number + sum(
            n if n <= _ONE_HOT else _CODE_EMBEDDING for n in plan.cardinalities
        )
        self.scale = nn.Parameter(torch.ones(size))
        layers: list[nn.Module] = []
        for _ in range(plan.n_layers):
            layers += [
                _TangentLinear(size, plan.width),
                _LearntActivation(plan.width, is_selu=plan.is_classification),
                nn.Dropout(plan.dropout),
            ]
            size = plan.width
        self.hidden = nn.Sequential(*layers)
        self.output = _TangentLinear(size, plan.n_outputs, is_last=True)

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Return outputs of shape (n_rows, 1, n_outputs)."""
        inputs = [numbers if self.embedding is None else self.embedding(numbers)]
        embeddings = iter(self.codes)
        for place, n in enumerate(self._cardinalities):
            column = codes[:, place]
            if n > _ONE_HOT:
                inputs.append(next(embeddings)(column))
            else:
                inputs.append(nn.functional.one_hot(column, n).to(numbers.dtype))
        output: Tensor = self.output(self.hidden(torch.cat(inputs, dim=1) * self.scale))
        return output[:, None]


class _PeriodicDense(nn.Module):
    """A number and a linear map of its cosines: PBLD of [1]_."""

    def __init__(self, n_features: int, n_frequencies: int, size: int) -> None:
        super().__init__()
        self.frequency = nn.Parameter(0.1 * torch.randn(n_features, n_frequencies))
        self.phase = nn.Parameter(
            math.pi * (2 * torch.rand(n_features, n_frequencies) - 1)
        )
        bound = 1.0 / math.sqrt(n_frequencies)
        shape = (n_features, n_frequencies, size - 1)
        self.weight = nn.Parameter(bound * (2 * torch.rand(shape) - 1))
        self.bias = nn.Parameter(bound * (2 * torch.rand(n_features, size - 1) - 1))

    def forward(self, numbers: Tensor) -> Tensor:
        angles = 2 * math.pi * numbers[:, :, None] * self.frequency + self.phase
        waves = torch.einsum("rfw,fws->rfs", torch.cos(angles), self.weight) + self.bias
        return torch.cat([waves, numbers[:, :, None]], dim=2).flatten(1)


class _TangentLinear(nn.Module):
    """A linear layer with weights of unit variance, divided in use."""

    def __init__(self, n_in: int, n_out: int, *, is_last: bool = False) -> None:
        super().__init__()
        # The last begins at zero: what is predicted first is the bias.
        start = torch.zeros(n_in, n_out) if is_last else torch.randn(n_in, n_out)
        self.weight = nn.Parameter(start)
        self.bias = nn.Parameter(torch.zeros(n_out) if is_last else torch.randn(n_out))
        self._factor = 1.0 / math.sqrt(max(1, n_in))

    def forward(self, x: Tensor) -> Tensor:
        return self._factor * (x @ self.weight) + self.bias


class _LearntActivation(nn.Module):
    """A way between no activation (0) and all of it (1), for each unit."""

    def __init__(self, size: int, *, is_selu: bool) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(size))
        self._function: Any = nn.functional.selu if is_selu else nn.functional.mish

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = x + self.alpha * (self._function(x) - x)
        return output
