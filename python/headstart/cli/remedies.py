"""Remedies of findings as command-line options."""

import ast
import re
import shlex

__all__ = ["as_option"]

_COLUMNS = re.compile(r"columns=(\{[^{}]*\})")
_TASK = re.compile(r"task='(\w+)'")
_VALIDATION = re.compile(
    r"(?:validation=)?Validation\((groups|time_column)=(\.\.\.|'[^']*'|\"[^\"]*\")\)"
)


def as_option(remedy: str) -> str:
    """Return a remedy with its Python arguments written as command-line options.

    Examples
    --------
    >>> as_option("columns={'id': 'categorical'} uses it anyway.")
    '--column id=categorical uses it anyway.'
    >>> as_option("validation=Validation(time_column='sold on').")
    "--time-column 'sold on'."
    """
    remedy = _TASK.sub(r"--task \1", remedy)
    return _VALIDATION.sub(_of_validation, _COLUMNS.sub(_of_columns, remedy))


def _of_columns(match: re.Match[str]) -> str:
    try:
        kinds = ast.literal_eval(match[1])
    except (SyntaxError, ValueError):
        return match[0]
    return " ".join(f"--column {shlex.quote(f'{n}={k}')}" for n, k in kinds.items())


def _of_validation(match: re.Match[str]) -> str:
    option = f"--{match[1].replace('_', '-')}"
    if match[2] == "...":
        return f"{option} COLUMN"
    return f"{option} {shlex.quote(ast.literal_eval(match[2]))}"
