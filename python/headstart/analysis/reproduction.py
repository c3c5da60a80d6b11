"""The call and the command line that reproduce a model."""

import inspect
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from headstart.facts import Fingerprint, Reproduction
from headstart.search.record import RunRecord
from headstart.validation import Validation

__all__ = ["changed_parameters", "reproduction_of"]

# Options of `headstart train` by parameter.
_OPTIONS = {
    "task": "--task",
    "groups": "--groups",
    "sample_weight": "--weight",
    "time_limit": "--time-limit",
    "max_trials": "--max-trials",
    "metric": "--metric",
    "n_jobs": "--n-jobs",
    "memory_limit": "--memory-limit",
    "random_state": "--random-state",
    "validation": "--validation",
}
_REPEATED = {"learners": "--learner", "transforms": "--transform"}
_FLAGS = {
    ("refit", True): "--refit",
    ("refit", False): "--no-refit",
    ("learn", True): "--learn",
}
_OF_VALIDATION = {
    "folds": "--folds",
    "time_column": "--time-column",
    "groups": "--groups",
}
# Parameters that do not influence the model.
_OF_PLACE = ("run_dir", "resume")


def changed_parameters(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that differ from their defaults."""
    signature = inspect.signature(type(estimator))
    return {
        name: getattr(estimator, name)
        for name, parameter in signature.parameters.items()
        if not _same(getattr(estimator, name), parameter.default)
    }


def reproduction_of(
    record: RunRecord,
    target: str,
    changed: Mapping[str, Any],
    of_rows: Mapping[str, Any],
) -> Reproduction:
    """Return the call and the command line that reproduce a fit.

    Values that cannot be written are named in a comment.

    Parameters
    ----------
    record : RunRecord
    target : str
        Name of the target; "" where it had none.
    changed : mapping of str to value
        Parameters that differ from their defaults.
    of_rows : mapping of str to value
        The arguments ``groups`` and ``sample_weight`` of `fit`: column names, vectors,
        or None where they were not passed.
    """
    problem = record.run.problem
    is_class = problem.task.kind.is_classification
    arguments = {
        "task": "classification" if is_class else "regression",
        **{name: value for name, value in of_rows.items() if value is not None},
        **{name: v for name, v in changed.items() if name not in _OF_PLACE},
        "random_state": record.run.seed,
    }
    target = target or "target"
    return Reproduction(
        _call(target, arguments),
        _command_line(target, arguments),
        record.run.seed,
        Fingerprint(
            problem.task.n_rows,
            len(problem.schema.columns),
            record.run.folder.journal.fact("identity")["data"],
        ),
    )


def _call(target: str, arguments: Mapping[str, Any]) -> str:
    """Return a call of `headstart.train` in Python."""
    lines: list[str] = []
    words = "".join(
        f",\n    {name}={_written(value, name, lines)}"
        for name, value in arguments.items()
    )
    mine = "".join(f"{line}\n" for line in lines)
    return (
        f"import headstart\n\n{mine}"
        f"model = headstart.train(\n    data,\n    target={target!r}{words},\n)"
    )


def _command_line(target: str, arguments: Mapping[str, Any]) -> str:
    """Return a `headstart train` command, with a comment on what has no option."""
    words = ["headstart", "train", "data.csv", "--target", target]
    without_option = []
    for name, value in arguments.items():
        options = _options(name, value)
        if options is None:
            without_option.append(name)
        else:
            words += options
    line = shlex.join(words)
    if without_option:
        return f"# has no option for: {', '.join(without_option)}\n{line}"
    return line


def _options(name: str, value: Any) -> list[str] | None:
    """Return the options for a parameter; None where no option takes its value."""
    if isinstance(value, bool) and (name, value) in _FLAGS:
        return [_FLAGS[name, value]]
    if name == "time_limit" and value is None:
        return ["--time-limit", "none"]
    if name in _OPTIONS and isinstance(value, str | int | float):
        return [_OPTIONS[name], str(value)]
    if name in _REPEATED and isinstance(value, list | tuple):
        if not all(isinstance(each, str) for each in value):
            return None
        return [word for each in value for word in (_REPEATED[name], each)]
    if name == "columns" and isinstance(value, Mapping):
        pairs = [f"{column}={kind}" for column, kind in value.items()]
        return [word for pair in pairs for word in ("--column", pair)]
    if name == "validation" and isinstance(value, Validation):
        chosen = {k: v for k, v in asdict(value).items() if v not in (None, 0)}
        if not chosen.keys() <= _OF_VALIDATION.keys():
            return None
        return [w for k, v in chosen.items() for w in (_OF_VALIDATION[k], str(v))]
    return None


def _written(value: Any, name: str, lines: list[str]) -> str:
    """Return a value as Python text; a user's object adds a line to `lines`."""
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, Validation):
        return f"headstart.{value!r}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(v, name, lines) for v in value)}]"
    if isinstance(value, Mapping):
        inside = ", ".join(
            f"{k!r}: {_written(v, name, lines)}" for k, v in value.items()
        )
        return f"{{{inside}}}"
    variable = f"own_{len(lines) + 1}"
    own_name = getattr(value, "name", None) or getattr(value, "__name__", None)
    word = own_name if isinstance(own_name, str) and own_name else type(value).__name__
    lines.append(f"{variable} = ...  # {name}: your own {' '.join(word.split())}")
    return variable


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)
