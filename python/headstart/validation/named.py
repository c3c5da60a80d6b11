"""Validation by name: splitters of plugins."""

import difflib
from typing import Any

from headstart.plugins import load_plugins

__all__ = ["splitter_named"]


def splitter_named(name: str, seed: int) -> Any:
    """Return the splitter that ``validation="name"`` stands for.

    Parameters
    ----------
    name : str
    seed : int
        Of the run.

    Raises
    ------
    ValueError
        If no plugin brings one of that name, or it cannot be made.
    TypeError
        If what is made is no splitter.
    """
    splitters = load_plugins().splitters
    if name not in splitters:
        known = ["auto", *splitters]
        near = difflib.get_close_matches(name, known, n=1)
        raise ValueError(
            f"The 'validation' parameter must be 'auto', a Validation, a scikit-learn "
            f"splitter, or the name of one that a plugin brings. Got {name!r} instead. "
            f"There are: {', '.join(map(repr, known))}."
            + (f" hint: did you mean {near[0]!r}?" if near else "")
        )
    try:
        splitter = splitters[name].factory(seed)
    except Exception as error:
        raise ValueError(
            f"The splitter {name!r} could not be made: {type(error).__name__}: {error}"
        ) from error
    if not callable(getattr(splitter, "split", None)):
        raise TypeError(
            f"The splitter {name!r} must be made by its factory with a method "
            f"split(X, y, groups). Got {type(splitter).__name__} instead."
        )
    return splitter
