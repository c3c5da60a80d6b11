"""The scalar type of facts, and a check of lengths."""

from collections.abc import Sequence, Sized
from typing import Any

__all__ = ["Scalar", "check_lengths"]

Scalar = str | float | int | bool | None
"""The type of a parameter or of a value of evidence."""


def check_lengths(**parts: Sequence[Any] | Sized) -> None:
    """Raise ValueError if parts that belong together differ in length."""
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"these must be of one length: {listed}.")
