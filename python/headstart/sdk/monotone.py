"""Monotone constraints: columns with which a prediction only rises, or only falls."""

import difflib
import json
from collections.abc import Mapping
from typing import Any

from headstart.base import (
    Matrix,
    Parameters,
    Task,
)

__all__ = ["directions", "monotone_columns", "monotone_text", "read_monotone"]


def directions(task: Task, X: Matrix) -> list[int] | None:
    """Return +1, -1 or 0 per column; None if no column is monotone.

    Raises
    ------
    ValueError
        If a monotone column is missing or categorical.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.sdk import TaskKind
    >>> constraints = (("height", -1),)
    >>> task = Task(TaskKind.BINARY, 2, 2, 0, 2, "log_loss", constraints=constraints)
    >>> directions(task, Matrix(np.zeros((2, 2)), ("age", "height")))
    [0, -1]
    """
    if not task.constraints:
        return None
    monotone = dict(task.constraints)
    for name in monotone:
        if name not in X.names:
            similar = difflib.get_close_matches(name, X.names, n=1)
            raise ValueError(
                f"The 'monotone' parameter names the column {name!r}, which is not "
                f"there. Columns: {', '.join(map(repr, X.names[:20]))}."
                + (f" hint: did you mean {similar[0]!r}?" if similar else "")
            )
        if X.names.index(name) in X.categorical:
            raise ValueError(
                f"The 'monotone' parameter names the column {name!r}, which holds "
                "categories: they have no order. "
                f"hint: columns={{{name!r}: 'numeric'}}"
            )
    return [monotone.get(name, 0) for name in X.names]


def monotone_columns(parameters: Parameters) -> frozenset[str]:
    """Return the names of the columns with a monotone constraint.

    Examples
    --------
    >>> monotone_columns({"monotone": '{"height": -1, "age": 0}'})
    frozenset({'height'})
    """
    monotone = read_monotone(parameters) or {}
    return frozenset(name for name, direction in monotone.items() if direction)


def read_monotone(parameters: Parameters) -> dict[str, int] | None:
    """Return +1 or -1 by the name of each monotone column; None without constraints."""
    text = parameters.get("monotone")
    if text is None:
        return None
    monotone: dict[str, int] = json.loads(str(text))
    return monotone


def monotone_text(kind: str, monotone: Any) -> str:
    """Return checked constraints as the text that is the value of the parameter.

    Parameters
    ----------
    kind : str
        Name of the learner, for messages.
    monotone : object
        A mapping of names of columns to +1 or -1, as the user passed it.

    Raises
    ------
    TypeError, ValueError
        If it is not such a mapping, or has no column.
    """
    expected = (
        f"The 'monotone' parameter of {kind} must map names of columns to +1 (the "
        "prediction rises with the column) or -1 (it falls)."
    )
    if not isinstance(monotone, Mapping):
        raise TypeError(f"{expected} Got {monotone!r:.80} instead.")
    if not monotone:
        raise ValueError(f"{expected} Got no column. hint: leave it out.")
    for name, direction in monotone.items():
        is_valid = (
            isinstance(name, str)
            and not isinstance(direction, bool)
            and direction in {1, -1}
        )
        if not is_valid:
            raise ValueError(f"{expected} Got {name!r}: {direction!r} instead.")
    # Parameters are compared as text: equal constraints must have equal text.
    return json.dumps({name: int(monotone[name]) for name in sorted(monotone)})
