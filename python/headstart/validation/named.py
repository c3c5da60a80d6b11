"""Splitters of plugins by name."""

import difflib
from typing import Any

from headstart.plugins import load_plugins

__all__ = ["splitter_named"]


def splitter_named(name: str, seed: int) -> Any:
    """Return the plugin's splitter for ``validation="name"``.

    Parameters
    ----------
    name : str
    seed : int
        Seed of the run.

    Raises
    ------
    ValueError
        If no plugin registers the name, or the splitter cannot be constructed.
    TypeError
        If the plugin's object is not a splitter.
    """
    splitters = load_plugins().splitters
    if name not in splitters:
        available = ["auto", *splitters]
        similar = difflib.get_close_matches(name, available, n=1)
        raise ValueError(
            f"The 'validation' parameter must be 'auto', a Validation, a scikit-learn "
            f"splitter, or the name of a plugin's splitter. Got {name!r} instead. "
            f"Available: {', '.join(map(repr, available))}."
            + (f" hint: did you mean {similar[0]!r}?" if similar else "")
        )
    try:
        splitter = splitters[name].factory(seed)
    except Exception as error:
        raise ValueError(
            f"The splitter {name!r} could not be constructed: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not callable(getattr(splitter, "split", None)):
        raise TypeError(
            f"The factory of splitter {name!r} must return an object with a method "
            f"split(X, y, groups). Got {type(splitter).__name__} instead."
        )
    return splitter
