"""What parts of the facts are made of."""

from collections.abc import Sequence, Sized
from typing import Any

__all__ = ["Scalar", "check_lengths"]

Scalar = str | float | int | bool | None
"""What a parameter or a piece of evidence may be."""


def check_lengths(**parts: Sequence[Any] | Sized) -> None:
    """Refuse parts that belong together and differ in length."""
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"these must be of one length: {listed}.")
