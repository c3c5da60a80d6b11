"""The base of a command: the shipped one, the user's own, or a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from headstart.meta.store import KnowledgeBase

__all__ = ["BaseArgument", "BaseOption", "open_base", "own_place"]

_HELP = "'shipped', 'own', a file, or a postgresql:// URL."

BaseArgument = Annotated[str, typer.Argument(metavar="BASE", help=_HELP)]
BaseOption = Annotated[str, typer.Option("--base", help=f"Base: {_HELP} Default: own.")]


def own_place(name: str) -> str | Path:
    """Return the place of a base to write."""
    from headstart.exceptions import KnowledgeBaseError
    from headstart.meta.store import own_base_place

    if name == "shipped":
        raise KnowledgeBaseError(
            "The shipped base is read-only. hint: write to your own (--base own), "
            "which is read in addition to it."
        )
    return own_base_place() if name == "own" else name


def open_base(name: str) -> "KnowledgeBase":
    """Return a base opened for reading.

    Raises
    ------
    KnowledgeBaseError
        If it does not exist or cannot be read.
    """
    from headstart.exceptions import KnowledgeBaseError
    from headstart.machine.places import show_place
    from headstart.meta.shipped import shipped_base
    from headstart.meta.store import KnowledgeBase, own_base_place

    if name == "shipped":
        path = shipped_base()
        if path is None:
            raise KnowledgeBaseError("This build of headstart has no shipped base.")
        return KnowledgeBase.open(path, immutable=True)
    if name != "own":
        return KnowledgeBase.open(name, read_only=True)
    place = own_base_place()
    if isinstance(place, Path) and not place.exists():
        raise KnowledgeBaseError(
            "You have no knowledge base of your own yet. It would be "
            f"{show_place(place)}. hint: `headstart train --learn`, `headstart meta "
            "learn` and `headstart meta refresh` make one."
        )
    return KnowledgeBase.open(place, read_only=True)
