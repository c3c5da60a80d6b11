"""Checks of a transform's declarations."""

import math

from headstart.base import Configuration
from headstart.exceptions import PluginError
from headstart.plugins.declarations import check_transform_declaration
from headstart.testing.check import check
from headstart.testing.data import make_task
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError
from headstart.testing.transforms.subject import (
    TransformSubject,
    columns_of,
    make_table,
)

__all__ = ["CHECKS"]


@check(
    "declaration",
    hint="See the attributes of headstart.sdk.Transform for what each may be.",
    after=(),
    place="here",
)
def _declaration(subject: TransformSubject) -> None:
    """The name, the tasks, the order and the other attributes are valid."""
    try:
        check_transform_declaration(subject.transform)
    except PluginError as error:
        raise CheckError(str(error)) from error


@check(
    "space",
    hint="Use values of the type and range that search_space() declares.",
    after=("worker-copy",),
)
def _space(subject: TransformSubject) -> None:
    """The default and the precedents are in the space, and survive JSON."""
    for kind in subject.kinds:
        task = make_task(kind)
        with naming(f"search_space() or precedents() of a {kind} task"):
            space = subject.transform.search_space(task)
            precedents = list(subject.transform.precedents(task))
        for precedent in ({}, *precedents):
            point = {**space.default, **precedent}
            for name, value in point.items():
                if name not in space.distributions:
                    raise CheckError(f"The space has no parameter {name!r}.")
                if value not in space.distributions[name]:
                    raise CheckError(
                        f"{name}={value!r} is not in {space.distributions[name]}."
                    )
            configuration = Configuration(subject.transform.name, point)
            if Configuration.from_json(configuration.to_json()) != configuration:
                raise CheckError(f"{configuration} changes in JSON.")


@check(
    "cost",
    hint="Predict seconds from the arguments alone; a rough formula is enough.",
    after=("space",),
)
def _cost(subject: TransformSubject) -> None:
    """The predicted seconds are positive and finite, and grow with the rows."""
    for kind in subject.kinds:
        default = subject.transform.search_space(make_task(kind)).default
        with naming("cost()"):
            few, many = (
                float(subject.transform.cost(make_task(kind, n), default, n))
                for n in (1_000, 50_000)
            )
        if not 0 < few < many < math.inf:
            raise CheckError(
                f"cost() must be positive, finite, and grow with the rows. Got {few!r} "
                f"s for 1000 rows and {many!r} s for 50000."
            )


@check(
    "scope",
    hint="Return names of columns of the table, such as table.numeric, or none if it "
    "does not apply.",
    after=("space",),
)
def _scope(subject: TransformSubject) -> None:
    """It selects columns of the table, for tables with and without fitting columns."""
    table = make_table()
    for kind in subject.kinds:
        for part in (table, table.select("level"), table.select("a"), table.select([])):
            with naming("columns()"):
                names = list(
                    subject.transform.columns(columns_of(part), make_task(kind))
                )
            unknown = [name for name in names if name not in part.columns]
            if unknown or len(set(names)) != len(names):
                raise CheckError(
                    f"columns() of a table of {part.columns} returned {names}."
                )
        if not subject.transform.columns(columns_of(table), make_task(kind)):
            raise CheckError(
                f"It applies to no column of a table of numbers, levels and text, for "
                f"{kind} tasks."
            )


CHECKS = (_declaration, _space, _cost, _scope)
