"""Training and use of a net: one loop for both.

Imported where torch is there, and not before.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from headstart.sdk import FloatArray, Matrix, Resources, Rows, require
from headstart_neural.networks import build
from headstart_neural.plan import Plan

__all__ = ["Settings", "Weights", "net_of", "outputs", "train"]

Weights = dict[str, NDArray[np.float32]]

_PREDICT_ROWS = 4096
_LARGEST = 1e6
# Of the time left, what training may use: the rest is for validation and storage.
_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Settings:
    """How a net is trained.

    Parameters
    ----------
    learning_rate, weight_decay, label_smoothing : float
    n_epochs, patience, batch : int
    is_real_mlp : bool
        Train as RealMLP is: the rate goes up and down four times, each time faster than
        before (coslog4), is another one for some weights, and decay and dropout fade in
        the second half. Otherwise nothing changes while it is trained.
    device : str
        torch's name.
    """

    learning_rate: float
    weight_decay: float
    label_smoothing: float
    n_epochs: int
    patience: int
    batch: int
    is_real_mlp: bool
    device: str


@dataclass(frozen=True, slots=True)
class _Data:
    numbers: Tensor
    codes: Tensor
    y: Tensor
    weight: Tensor


def train(
    plan: Plan,
    settings: Settings,
    rows: Rows,
    validation: Rows | None,
    resources: Resources,
) -> tuple[Weights, int]:
    """Return the weights of the best epoch, and its number from 1.

    The last epoch's without validation rows. Under a near deadline the schedule runs by
    the clock, so that it is over in time.
    """
    started = resources.clock()
    time_limit = max(resources.seconds_left(), 1e-9)
    with _threads(resources.threads), _seeded(resources.seed, settings.device):
        net = build(plan).to(settings.device)
        data = _data(plan, rows, settings.device)
        judged = (
            None if validation is None else _data(plan, validation, settings.device)
        )
        groups = _groups(net, settings)
        second = 0.95 if settings.is_real_mlp else 0.999
        optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, second))
        dropouts = [m for m in net.modules() if isinstance(m, nn.Dropout)]
        shuffle = np.random.default_rng(resources.seed)
        best, best_loss, best_epoch = _copied(net), math.inf, 0
        n_batches = max(1, math.ceil(len(data.y) / settings.batch))
        for epoch in range(settings.n_epochs):
            net.train()
            order = torch.from_numpy(shuffle.permutation(len(data.y)))
            progress = 0.0
            for index, batch in enumerate(torch.tensor_split(order, n_batches)):
                progress = (epoch + index / n_batches) / settings.n_epochs
                if time_limit < math.inf:
                    progress = max(
                        progress, (resources.clock() - started) / (_SHARE * time_limit)
                    )
                if progress >= 1.0 and (epoch or index):
                    break
                _schedule(optimizer, settings, min(progress, 1.0))
                for dropout in dropouts:
                    dropout.p = plan.dropout * _fading(settings, progress)
                batch = batch.to(settings.device)
                loss = _loss(plan, net, _taken(data, batch), settings.label_smoothing)
                optimizer.zero_grad()
                loss.backward()
                if not settings.is_real_mlp:
                    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
            if judged is None:
                best, best_epoch = _copied(net), epoch + 1
            else:
                held_out = _judge(plan, net, judged)
                if held_out < best_loss:
                    best, best_loss, best_epoch = _copied(net), held_out, epoch + 1
            if progress >= 1.0 or epoch + 1 - best_epoch >= settings.patience:
                break
    return best, best_epoch


def net_of(plan: Plan, weights: Weights) -> nn.Module:
    """Return the net with these weights, ready for `outputs`.

    Raises
    ------
    ArtifactError
        If they are not the weights of such a net.
    """
    # Without memory first: what the plan asks for is believed when it is there.
    with torch.device("meta"):
        expected_shapes = {n: tuple(p.shape) for n, p in build(plan).named_parameters()}
    require(
        expected_shapes == {name: array.shape for name, array in weights.items()},
        "The weights of a net do not fit its plan.",
    )
    require(
        all(
            bool(np.isfinite(w).all()) and float(np.abs(w).max(initial=0.0)) < _LARGEST
            for w in weights.values()
        ),
        "The weights of a net hold impossible values.",
    )
    with torch.random.fork_rng(devices=[]):
        net = build(plan)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(torch.from_numpy(weights[name]))
    return net.eval()


def outputs(plan: Plan, net: nn.Module, X: Matrix) -> FloatArray:
    """Return probabilities, or values of shape (n_rows, 1), on one thread."""
    predictions = np.zeros((X.n_rows, plan.n_outputs))
    with _threads(1), torch.inference_mode():
        for start in range(0, X.n_rows, _PREDICT_ROWS):
            part = slice(start, start + _PREDICT_ROWS)
            numbers, codes = _inputs(plan, X.values[part], X.categorical)
            scores = net(torch.from_numpy(numbers), torch.from_numpy(codes))
            if plan.is_classification:
                scores = torch.softmax(scores.double(), dim=2)
            predictions[part] = scores.double().mean(dim=1).numpy()
    return (
        predictions
        if plan.is_classification
        else np.clip(predictions, plan.low, plan.high)
    )


@contextmanager
def _seeded(seed: int, device: str) -> Iterator[None]:
    """Have torch draw from a seed, and leave the program's generators as they were."""
    is_cpu = device == "cpu"
    devices = [] if is_cpu else [torch.cuda.current_device()]
    with torch.random.fork_rng(devices=devices):
        # torch.manual_seed() seeds the generators of all devices.
        torch.default_generator.manual_seed(seed)
        if not is_cpu:
            torch.cuda.manual_seed(seed)
        yield


@contextmanager
def _threads(n_threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _inputs(
    plan: Plan, values: FloatArray, categorical: tuple[int, ...]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    columns = list(categorical)
    numbers = np.clip(np.delete(values, columns, axis=1), -_LARGEST, _LARGEST)
    codes = np.nan_to_num(values[:, columns]).astype(np.int64)
    most = np.array(plan.cardinalities, dtype=np.int64) - 1
    return numbers.astype(np.float32), np.clip(codes, 0, most)


def _data(plan: Plan, rows: Rows, device: str) -> _Data:
    numbers, codes = _inputs(plan, rows.X.values, rows.X.categorical)
    y = torch.as_tensor(
        rows.y, dtype=torch.int64 if plan.is_classification else torch.float32
    )
    weight = np.ones(len(rows.y)) if rows.weight is None else rows.weight
    return _Data(
        torch.from_numpy(numbers).to(device),
        torch.from_numpy(codes).to(device),
        y.to(device),
        torch.as_tensor(weight, dtype=torch.float32).to(device),
    )


def _taken(data: _Data, rows: Tensor) -> _Data:
    return _Data(data.numbers[rows], data.codes[rows], data.y[rows], data.weight[rows])


def _loss(plan: Plan, net: nn.Module, data: _Data, smoothing: float) -> Tensor:
    """Return the mean over rows of what all k nets lose, each for itself."""
    scores: Tensor = net(data.numbers, data.codes)
    k = scores.shape[1]
    if plan.is_classification:
        losses = nn.functional.cross_entropy(
            scores.flatten(0, 1),
            data.y.repeat_interleave(k),
            reduction="none",
            label_smoothing=smoothing,
        )
    else:
        losses = (scores.flatten() - data.y.repeat_interleave(k)) ** 2
    return (losses.view(-1, k).mean(dim=1) * data.weight).mean()


def _judge(plan: Plan, net: nn.Module, data: _Data) -> float:
    """Return the loss of the mean prediction on validation rows."""
    net.eval()
    losses = []
    with torch.inference_mode():
        for rows in torch.arange(len(data.y)).split(_PREDICT_ROWS):
            part = _taken(data, rows.to(data.y.device))
            scores = net(part.numbers, part.codes).double()
            if plan.is_classification:
                share = torch.softmax(scores, dim=2).mean(dim=1)
                picked = share.gather(1, part.y[:, None])[:, 0]
                losses.append(-torch.log(picked.clamp_min(1e-12)))
            else:
                values = scores.mean(dim=1)[:, 0].clamp(plan.low, plan.high)
                losses.append((values - part.y) ** 2)
    loss = (torch.cat(losses) * data.weight).mean().item()
    return float(loss) if math.isfinite(loss) else math.inf


def _groups(net: nn.Module, settings: Settings) -> list[dict[str, object]]:
    """Return the parameters with their share of the rate; RealMLP has several."""
    groups: list[dict[str, object]] = []
    for name, parameter in net.named_parameters():
        first, _, last = name.rpartition(".")
        share, decay = 1.0, settings.weight_decay if parameter.ndim > 1 else 0.0
        if settings.is_real_mlp:
            share = {"scale": 6.0, "bias": 0.1, "alpha": 0.1}.get(last, 1.0)
            if first == "embedding":
                share = 0.1
                # A bias for each column: it has two dimensions.
                decay = 0.0 if last in ("bias", "phase") else decay
        groups.append(
            {"params": [parameter], "share": share, "decay": decay, "weight_decay": 0.0}
        )
    return groups


def _schedule(
    optimizer: torch.optim.Optimizer, settings: Settings, progress: float
) -> None:
    rate = settings.learning_rate
    if settings.is_real_mlp:
        rate *= 0.5 * (1.0 - math.cos(2 * math.pi * math.log2(1.0 + 15.0 * progress)))
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"]
        group["weight_decay"] = group["decay"] * _fading(settings, progress)


def _fading(settings: Settings, progress: float) -> float:
    """Return 1 in the first half of a schedule, then less and less."""
    if not settings.is_real_mlp or progress < 0.5:
        return 1.0
    return 0.5 * (1.0 + math.cos(math.pi * (2.0 * min(progress, 1.0) - 1.0)))


def _copied(net: nn.Module) -> Weights:
    return {
        name: parameter.detach().cpu().numpy().astype(np.float32).copy()
        for name, parameter in net.named_parameters()
    }
