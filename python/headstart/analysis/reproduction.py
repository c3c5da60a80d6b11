"""How to make the model again."""

import inspect
import shlex
from collections.abc import Mapping
from functools import cache
from typing import Any

from headstart.artifact.versions import versions_of_makers
from headstart.plugins import load_plugins
from headstart.report.facts import Fingerprint, Reproduction
from headstart.search.record import RunRecord

__all__ = ["changed_parameters", "reproduction_of"]

# Options of `headstart train` by parameter; others are told by the call only.
_OPTIONS = {
    "time_limit": "--time-limit",
    "max_trials": "--max-trials",
    "metric": "--metric",
    "n_jobs": "--n-jobs",
    "memory_limit": "--memory-limit",
    "random_state": "--random-state",
}
_FLAGS = {"refit": "--refit"}


def changed_parameters(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that are not at their defaults."""
    signature = inspect.signature(type(estimator))
    return {
        name: getattr(estimator, name)
        for name, parameter in signature.parameters.items()
        if not _same(getattr(estimator, name), parameter.default)
    }


def reproduction_of(
    record: RunRecord, target: str, changed: Mapping[str, Any]
) -> Reproduction:
    """Return the call and the command line that fit the same again.

    Parameters
    ----------
    record : RunRecord
    target : str
        Its name; "" where it had none.
    changed : mapping of str to value
        Parameters that are not at their defaults.
    """
    problem = record.problem
    told = {k: v for k, v in changed.items() if k not in ("run_dir", "resume")}
    told["random_state"] = record.seed
    target = target or "target"
    words = "".join(f",\n    {name}={_shown(value)}" for name, value in told.items())
    call = (
        "import headstart\n\n"
        f"model = headstart.train(\n    data,\n    target={target!r}{words},\n)"
    )
    options = ["headstart", "train", "data.csv", "--target", target]
    for name, value in told.items():
        if name in _FLAGS and value:
            options.append(_FLAGS[name])
        elif name in _OPTIONS and isinstance(value, str | int | float):
            options += [_OPTIONS[name], str(value)]
    registry = load_plugins()
    learners = {m.configuration.learner for m in record.bag.members}
    origins = {registry.distribution_of(name) for name in learners} - {""}
    return Reproduction(
        call,
        shlex.join(options),
        record.seed,
        dict(_versions(frozenset(origins))),
        Fingerprint(
            problem.task.n_rows,
            len(problem.schema.columns),
            record.data_digest,
        ),
    )


@cache  # reading what is installed takes milliseconds
def _versions(distributions: frozenset[str]) -> Mapping[str, str]:
    return versions_of_makers(distributions)


def _shown(value: Any) -> str:
    """Return a value as Python text; objects by their names, in brackets."""
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(v) for v in value)}]"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{k!r}: {_shown(v)}" for k, v in value.items())
        return f"{{{inside}}}"
    text = repr(value)
    if " at 0x" in text or len(text) > 200:
        name = getattr(value, "name", None) or getattr(value, "__name__", None)
        return f"<{name if isinstance(name, str) else type(value).__name__}>"
    return text


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)
