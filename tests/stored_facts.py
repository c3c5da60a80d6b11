"""Facts of three small fits, for tests of what is made of them."""

from pathlib import Path

from headstart.facts import Facts

__all__ = ["KINDS", "stored_facts"]

KINDS = ("binary", "multiclass", "regression")

_FOLDER = Path(__file__).parent / "golden" / "facts"


def stored_facts(kind: str) -> Facts:
    """Return the facts of a fit of `kind`, as they were computed and stored."""
    return Facts.from_json((_FOLDER / f"{kind}.json").read_bytes())
