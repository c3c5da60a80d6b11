"""What can be done about a finding, as an option of the command line."""

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
    """Write the arguments that a remedy names as options of `headstart train`.

    Examples
    --------
    >>> as_option("columns={'id': 'categorical'} uses it all the same.")
    '--column id=categorical uses it all the same.'
    >>> as_option("validation=Validation(time_column='sold on').")
    "--time-column 'sold on'."
    """
    remedy = _TASK.sub(r"--task \1", remedy)
    return _VALIDATION.sub(_of_validation, _COLUMNS.sub(_of_columns, remedy))


def _of_columns(found: re.Match[str]) -> str:
    try:
        kinds = ast.literal_eval(found[1])
    except (SyntaxError, ValueError):
        return found[0]
    return " ".join(f"--column {shlex.quote(f'{n}={k}')}" for n, k in kinds.items())


def _of_validation(found: re.Match[str]) -> str:
    option = f"--{found[1].replace('_', '-')}"
    if found[2] == "...":
        return f"{option} COLUMN"
    return f"{option} {shlex.quote(ast.literal_eval(found[2]))}"
