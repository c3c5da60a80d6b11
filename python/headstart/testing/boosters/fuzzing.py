"""Fuzzing of stored models: a damaged model is refused, or loads and predicts.

It runs in its own process, because a crash ends the process, which the test detects.
"""

import contextlib
import re
import sys
from collections.abc import Callable

import numpy as np

from headstart.base import (
    Learner,
    Matrix,
    Parameters,
    Parts,
    Resources,
    Rows,
    Task,
    TaskKind,
)
from headstart.exceptions import ArtifactError

__all__ = ["Damage", "damage_bytes", "damage_text", "fuzz", "fuzzed_rows"]

#: Returns damaged parts.
Damage = Callable[[Parts, np.random.Generator], Parts]

_NUMBER = re.compile(rb"-?[0-9]+([.][0-9]+)?(e[+-]?[0-9]+)?")
_EXTREMES = (
    b"-1", b"-2", b"0", b"1", b"2", b"3", b"7", b"64", b"300", b"65536", b"2147483647",
    b"-2147483648", b"4294967296", b"99999999999999999999", b"1e308", b"1e999", b"nan",
    b"inf", b"null", b"true", b'"1"', b"[]", b"{}", b"0.5", b"", b"1 1", b"1,1",
)  # fmt: skip
_N_CLASSES = {TaskKind.BINARY: 2, TaskKind.MULTICLASS: 3, TaskKind.REGRESSION: 0}


def fuzz(
    learner: Learner,
    parameters: Parameters,
    damage: Damage,
    n_rounds: int,
    *,
    must_predict: bool = False,
) -> None:
    """Fit, damage and load models; print the numbers of refused and loaded models.

    Parameters
    ----------
    learner : Learner
    parameters : mapping
        Parameters of small models that split by categories.
    damage : callable of ``(parts, generator) -> parts``
    n_rounds : int
        Number of damaged models per kind of task.
    must_predict : bool
        Whether each loaded model must predict finite numbers. If not, predictions may
        raise ValueError, because the sum of finite numbers may be infinite.
    """
    rng = np.random.default_rng(0)
    refused = loaded = 0
    for kind in sorted(learner.tasks):
        n_classes = _N_CLASSES[kind]
        task = Task(kind, 200, 2, 2, n_classes, "log_loss" if n_classes else "rmse")
        rows = fuzzed_rows(n_classes)
        parts = learner.dump(learner.fit(task, parameters, rows, None, Resources(1, 0)))
        sample = rows.X.take(np.arange(40))
        for _ in range(n_rounds):
            try:
                model = learner.load(damage(parts, rng))
            except ArtifactError:
                refused += 1
                continue
            with contextlib.nullcontext() if must_predict else _no_value_error():
                learner.predict(model, sample, task)
            loaded += 1
    sys.stdout.write(f"{refused} {loaded}\n")


def fuzzed_rows(n_classes: int, n_rows: int = 200) -> Rows:
    """Return rows of two numbers and two categories; 0 classes mean regression."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_rows, 4))
    values[:, 2:] = rng.integers(0, 12, (n_rows, 2))
    X = Matrix(values, tuple("abcd"), (2, 3), (12, 12))
    signal = values[:, 0] + (values[:, 2] % 2) + (values[:, 3] % 3)
    if n_classes == 0:
        return Rows(X, signal)
    cuts = np.quantile(signal, np.arange(1, n_classes) / n_classes)
    return Rows(X, np.searchsorted(cuts, signal))


def damage_bytes(parts: Parts, rng: np.random.Generator) -> Parts:
    """Return parts, one of which has flipped bits or is truncated."""
    name = str(rng.choice(sorted(parts)))
    data = bytearray(parts[name])
    kind = rng.integers(3)
    if kind == 0:
        for index in rng.integers(0, len(data), rng.integers(1, 4)):
            data[index] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del data[rng.integers(0, len(data)) :]
    else:
        start, end = sorted(rng.integers(0, len(data), 2))
        del data[start : min(end, start + 200)]
    return {**parts, name: bytes(data)}


def damage_text(parts: Parts, rng: np.random.Generator) -> Parts:
    """Return parts of text with damaged bytes or a changed number.

    The number is replaced by another number of the text or by an extreme one, so that
    most results parse.
    """
    if rng.integers(2):
        return damage_bytes(parts, rng)
    name = str(rng.choice(sorted(parts)))
    data = bytearray(parts[name])
    numbers = list(_NUMBER.finditer(data))
    number = numbers[rng.integers(len(numbers))]
    replacement = numbers[rng.integers(len(numbers))].group()
    extreme = _EXTREMES[rng.integers(len(_EXTREMES))]
    data[number.start() : number.end()] = (
        replacement if rng.integers(3) == 0 else extreme
    )
    return {**parts, name: bytes(data)}


def _no_value_error() -> contextlib.AbstractContextManager[None]:
    return contextlib.suppress(ValueError)
