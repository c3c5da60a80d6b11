"""What a net is made of: enough to build it again, and nothing that runs."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Self

from headstart.sdk import require

__all__ = ["KINDS", "Plan"]

KINDS = ("real_mlp", "tabm")
_LARGEST = {
    "n_numeric": 1_000_000,
    "n_outputs": 100_000,
    "n_layers": 10,
    "width": 4096,
    "k": 256,
    "n_frequencies": 512,
    "embedding": 256,
}
_LEAST = {"n_numeric": 0, "n_frequencies": 0, "embedding": 0}
_MAX_LEVELS = 10_000_000
_FAR = 1e30  # JSON has no infinity


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of a net.

    Parameters
    ----------
    kind : {"real_mlp", "tabm"}
    n_numeric : int
        Columns of numbers.
    cardinalities : tuple of int
        Codes of each column of categories.
    n_outputs : int
        Classes, or 1 for a value.
    n_layers, width : int
        Of the hidden layers.
    k : int
        Nets that are trained as one; 1 for RealMLP.
    n_frequencies, embedding : int
        Of the embedding of a number; 0 for none.
    dropout : float
    is_classification : bool
    low, high : float
        Bounds of predicted values; there are none of probabilities.
    """

    kind: str
    n_numeric: int
    cardinalities: tuple[int, ...]
    n_outputs: int
    n_layers: int
    width: int
    k: int
    n_frequencies: int
    embedding: int
    dropout: float
    is_classification: bool
    low: float = -_FAR
    high: float = _FAR

    def to_json(self) -> bytes:
        """Return what `from_json` reads."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read and check a plan.

        Raises
        ------
        ArtifactError
            If it is not one that this plugin makes.
        """
        record: Any = json.loads(data)
        names = set(cls.__dataclass_fields__)
        require(
            isinstance(record, dict) and set(record) == names,
            f"The plan of a net must have {sorted(names)}.",
        )
        levels = record["cardinalities"]
        require(
            record["kind"] in KINDS
            and isinstance(levels, list)
            and all(type(n) is int and 1 <= n <= _MAX_LEVELS for n in levels)
            and type(record["is_classification"]) is bool
            and type(record["dropout"]) in {int, float}
            and 0.0 <= record["dropout"] < 1.0,
            "The plan of a net has an unknown kind, or numbers outside their bounds.",
        )
        for name, largest in _LARGEST.items():
            value = record[name]
            require(
                type(value) is int and _LEAST.get(name, 1) <= value <= largest,
                f"The {name} of a net must be an int up to {largest}. "
                f"Got {value!r:.40}.",
            )
        bounds = record["low"], record["high"]
        require(
            all(type(bound) is float and math.isfinite(bound) for bound in bounds)
            and bounds[0] <= bounds[1],
            "The bounds of a net's values make no sense.",
        )
        require(
            bool(record["embedding"]) == bool(record["n_frequencies"]),
            "The plan of a net has half an embedding.",
        )
        return cls(**{**record, "cardinalities": tuple(levels)})
