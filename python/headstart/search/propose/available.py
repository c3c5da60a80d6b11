"""Available transforms: those that apply to the table, with prior gains and costs."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from headstart.base import (
    Configuration,
    Parameters,
    Step,
    TableColumns,
    Task,
    Transform,
    complete_step,
    in_order,
    known_steps,
)
from headstart.sdk.monotone import monotone_columns

__all__ = ["AvailableTransforms", "find_available"]

_log = logging.getLogger("headstart.search")


@dataclass(frozen=True)
class AvailableTransforms:
    """Transforms by name, the cheapest first, with the columns that each applies to.

    Parameters
    ----------
    task : Task
    transforms : mapping of str to Transform
    widths : mapping of str to int
        Columns of the user's table that each applies to.
    reads_text : bool
        Whether one of them applies to raw text.
    at_once : frozenset of str
        Those the user named, and those of raw text, which learners cannot read
        themselves: they are tried before all others.
    prior_gains : mapping of str to float
        Prior probability that each helps, before there are results on the table.
    named : frozenset of str
        Those the user named.
    scopes : mapping of str to frozenset of str
        Columns of the user's table that each applies to, by name.
    """

    task: Task
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    reads_text: bool = False
    at_once: frozenset[str] = frozenset()
    prior_gains: Mapping[str, float] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    scopes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def without(self, names: Collection[str]) -> "AvailableTransforms":
        """Return the transforms without some of them."""
        if not names:
            return self
        remaining = {n: t for n, t in self.transforms.items() if n not in names}
        return replace(self, transforms=remaining)

    def only(self, names: Collection[str]) -> "AvailableTransforms":
        """Return only the transforms with these names."""
        return self.without(self.transforms.keys() - names)

    def before(self, parameters: Parameters) -> "AvailableTransforms":
        """Return the transforms that may go before a learner with `parameters`.

        A transform that applies to a column with a monotone constraint may not: the
        columns that it makes have no constraint, so the prediction would not be
        monotone.
        """
        columns = monotone_columns(parameters)
        return self.without({n for n, scope in self.scopes.items() if scope & columns})

    def knows(self, configuration: Configuration) -> bool:
        """Return whether a configuration's transforms are available and applicable.

        Their versions of the search space must be the current ones, and they must be
        allowed before its learner; see `before`.
        """
        if not configuration.transforms:
            return True
        transforms = self.before(configuration.parameters).transforms
        return all(
            step.name in transforms
            and transforms[step.name].space_version == step.space_version
            for step in configuration.transforms
        )

    def added(self, configuration: Configuration, step: Step) -> Configuration:
        """Return a configuration with a step inserted, or replaced, in chain order."""
        steps = [s for s in configuration.transforms if s.name != step.name]
        chain = in_order((self.transforms[s.name], s) for s in [*steps, step])
        return replace(configuration, transforms=chain)

    def with_steps(
        self, steps: Iterable[Step], configuration: Configuration
    ) -> Configuration:
        """Return a configuration with the steps added whose transforms it lacks.

        A configuration whose own steps are not all available is returned unchanged.
        Steps that may not go before its learner are left out.
        """
        if not self.knows(configuration):
            return configuration
        own_names = {step.name for step in configuration.transforms}
        allowed = self.before(configuration.parameters).transforms
        for step in steps:
            if step.name not in own_names and step.name in allowed:
                configuration = self.added(configuration, step)
        return configuration

    def chain(self, parameters: Mapping[str, Mapping[str, object]]) -> tuple[Step, ...]:
        """Return the chain of transforms by name with their parameters."""
        return in_order(
            (
                self.transforms[name],
                complete_step(self.transforms[name], self.task, own_parameters),  # type: ignore[arg-type]
            )
            for name, own_parameters in parameters.items()
        )

    def seconds(self, steps: Iterable[Step], n_rows: int) -> float:
        """Return predicted seconds of a chain on a fold's training rows."""
        return sum(
            _hint(self.transforms[s.name].cost, self.task, s.parameters, n_rows)
            for s in steps
        )

    def task_after(self, steps: Sequence[Step]) -> Task:
        """Return the task with the predicted number of columns after the steps."""
        n_added = 0
        for step in steps:
            transform, width = self.transforms[step.name], self.widths[step.name]
            n_added += int(_hint(transform.n_outputs, step.parameters, width))
            n_added -= width if transform.replaces else 0
        return replace(self.task, n_numeric=max(0, self.task.n_numeric + n_added))


def find_available(
    task: Task,
    table: TableColumns,
    transforms: Mapping[str, Transform],
    *,
    named: Iterable[str] = (),
) -> tuple[AvailableTransforms, dict[str, str]]:
    """Return the transforms that apply to a table; those whose hints fail are left out.

    Parameters
    ----------
    task : Task
    table : TableColumns
    transforms : mapping of str to Transform
    named : iterable of str
        Those the user named: one without a prior gain is available only if named.

    Returns
    -------
    available : AvailableTransforms
    problems : dict of str to str
        Error message per transform that was left out because its hints failed.
    """
    names = frozenset(named)
    scopes: dict[str, frozenset[str]] = {}
    widths: dict[str, int] = {}
    costs: dict[str, float] = {}
    prior_gains: dict[str, float] = {}
    problems: dict[str, str] = {}
    text_transforms: set[str] = set()
    for name, transform in transforms.items():
        if task.n_rows > (transform.max_rows or task.n_rows):
            continue
        try:
            scope = _scope(transform, table, task)
            prior_gains[name] = float(transform.promise(table, task))
            for step in known_steps(task, transform):
                seconds = float(transform.cost(task, step.parameters, task.n_rows))
                int(transform.n_outputs(step.parameters, len(scope)))
                costs.setdefault(name, seconds)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, or a panic of compiled code
            _log.exception("Transform %r is left out.", name)
            problems[name] = (
                f"Transform {name!r} is left out: one of its hints failed. "
                f"{type(error).__name__}: {error}"
            )
            continue
        if scope and (prior_gains[name] > 0 or name in names):
            scopes[name], widths[name] = frozenset(scope), len(scope)
            if set(scope) & set(table.text):
                text_transforms.add(name)
    ranked = sorted(widths, key=lambda name: (costs[name], name))
    available = AvailableTransforms(
        task,
        {name: transforms[name] for name in ranked},
        widths=widths,
        reads_text=bool(text_transforms),
        at_once=(names | text_transforms) & widths.keys(),
        prior_gains=prior_gains,
        named=names & widths.keys(),
        scopes=scopes,
    )
    return available, problems


def _scope(transform: Transform, table: TableColumns, task: Task) -> tuple[str, ...]:
    scope = tuple(transform.columns(table, task))
    unknown = set(scope) - {column.name for column in table.columns}
    if unknown:
        raise ValueError(f"columns() names {min(unknown)!r}, which the table lacks")
    return scope


def _hint(hint: Callable[..., float], *arguments: Any) -> float:
    """Return the value of a transform's hint; 0 where the call fails."""
    try:
        return max(0.0, float(hint(*arguments)))
    except Exception:
        _log.exception("A hint of a transform failed.")
        return 0.0
