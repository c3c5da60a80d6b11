"""Dense networks in single precision over numbers and codes, evaluated in Rust.

A network has one or more members, which share the weights of the layers; a prediction
is the mean of their values or probabilities.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray, IntArray, Parts
from headstart.base.arrays import require
from headstart.exceptions import ArtifactError
from headstart.predict.records import pack_model, unpack_model
from headstart.predict.stored_model import StoredModel

if TYPE_CHECKING:
    from headstart._core import NetworkForm as CoreForm

__all__ = [
    "EMBEDDED",
    "NUMBER",
    "ONE_HOT",
    "PERIODIC",
    "NetworkForm",
    "NetworkModel",
    "SingleArray",
    "within_range",
]

SingleArray = NDArray[np.float32]

#: Kinds of column: a number; a number with periodic functions of it; a code with one
#: input each; a code with a learnt vector each.
NUMBER, PERIODIC, ONE_HOT, EMBEDDED = range(4)

_FIELDS = {
    "activation": str,
    "n_outputs": int,
    "n_members": int,
    "epochs": int,
    "schedule": int,
}
_FORM = {
    "kinds": ("i", 1),
    "n_codes": ("i", 1),
    "hidden": ("i", 1),
    "flat": ("f", 1),
    "range": ("f", 1),
}
_LARGEST_PARAMETER = 1e6
_LARGEST_VALUE = 1e300


@dataclass(frozen=True, eq=False)
class NetworkForm:
    """The sizes of a network.

    Parameters
    ----------
    kinds : ndarray of shape (n_features,)
        Kind of each column: `NUMBER`, `PERIODIC`, `ONE_HOT` or `EMBEDDED`.
    n_codes : ndarray of shape (n_features,)
        Number of codes of each column, 0 for numbers. Other codes have no input.
    hidden : tuple of int
        Widths of the hidden layers.
    n_outputs : int
        1 for values, else one per class.
    n_members : int
    activation : {"selu", "mish"}
    """

    kinds: IntArray
    n_codes: IntArray
    hidden: tuple[int, ...]
    n_outputs: int
    n_members: int
    activation: str

    def to_core(self) -> "CoreForm":
        """Return the form as the compiled module reads it."""
        return {
            "kinds": self.kinds,
            "n_codes": self.n_codes,
            "hidden": list(self.hidden),
            "n_outputs": self.n_outputs,
            "n_members": self.n_members,
            "activation": self.activation,
        }


@dataclass(frozen=True, eq=False)
class NetworkModel(StoredModel):
    """A trained network.

    Parameters
    ----------
    form : NetworkForm
    flat : ndarray of float32
        All parameters: periodic functions, vectors of codes, then factors, weights,
        biases and strengths of activation of each layer.
    low, high : float
        Range of predicted values.
    epochs : int
        Number of epochs with the lowest validation loss.
    schedule : int
        Number of epochs for which the learning rates were planned.
    """

    kind: ClassVar[str] = "network"
    form: NetworkForm
    flat: SingleArray
    low: float
    high: float
    epochs: int
    schedule: int

    @property
    def n_features(self) -> int:
        """Columns of the matrix that it reads."""
        return self.form.kinds.size

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities it returns; 0 for regression."""
        return self.form.n_outputs if self.form.n_outputs > 1 else 0

    @cached_property
    def network(self) -> _core.Network:
        """The network in the compiled module."""
        return _core.Network(self.form.to_core(), self.flat)

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        outputs = self.network.predict(np.ascontiguousarray(values))
        if not self.n_classes:
            return within_range(outputs, self.low, self.high)
        return outputs

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        form = self.form
        arrays: dict[str, NDArray[Any]] = {
            "kinds": form.kinds,
            "n_codes": form.n_codes,
            "hidden": np.array(form.hidden, dtype=np.int64),
            "flat": self.flat,
            "range": np.array([self.low, self.high]),
        }
        record = {
            "activation": form.activation,
            "n_outputs": form.n_outputs,
            "n_members": form.n_members,
            "epochs": self.epochs,
            "schedule": self.schedule,
        }
        return pack_model(self.kind, record, arrays)

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        record, arrays = unpack_model(parts, cls.kind, _FIELDS, _FORM)
        integers = {
            name: arrays[name].astype(np.int64)
            for name in ("kinds", "n_codes", "hidden")
        }
        flat, bounds = arrays["flat"], arrays["range"]
        require(
            integers["kinds"].shape == integers["n_codes"].shape
            and all(bool((array >= 0).all()) for array in integers.values())
            and bounds.shape == (2,)
            and -_LARGEST_VALUE < bounds[0] <= bounds[1] < _LARGEST_VALUE
            and np.abs(flat).max(initial=0.0) < _LARGEST_PARAMETER,
            "The arrays of a network hold impossible values.",
        )
        form = NetworkForm(
            integers["kinds"],
            integers["n_codes"],
            tuple(integers["hidden"].tolist()),
            record["n_outputs"],
            record["n_members"],
            record["activation"],
        )
        low, high = (float(bound) for bound in bounds)
        epochs, schedule = record["epochs"], record["schedule"]
        model = cls(form, flat.astype(np.float32), low, high, epochs, schedule)
        try:
            _ = model.network
        except ValueError as error:
            raise ArtifactError(
                f"The arrays of a network do not fit together: {error}"
            ) from error
        return model


def within_range(outputs: FloatArray, low: float, high: float) -> FloatArray:
    """Return the values of a network's only output, limited to a range."""
    return np.asarray(np.clip(outputs[:, 0], low, high))
