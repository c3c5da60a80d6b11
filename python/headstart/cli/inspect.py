"""`headstart inspect`: the column kinds of a table, and findings on it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.cli.command import JsonOption, TaskOption, command
from headstart.cli.output.printing import print_json, print_rows, say
from headstart.cli.plugin_options import with_plugins
from headstart.cli.reading_options import with_reading
from headstart.cli.remedies import as_option
from headstart.cli.values import parse_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headstart.findings import Inspection

__all__ = ["inspect"]

_NAME_WIDTH = 48


@command
@with_plugins
@with_reading
def inspect(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="Table: .csv, .parquet, .arrow, .xlsx, or what a plugin reads.",
        ),
    ],
    *,
    target: Annotated[
        str, typer.Option("--target", "-t", help="Name of the column to predict.")
    ],
    task: TaskOption = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=KIND",
            help="Set a column's kind, as in zip=categorical. Repeatable.",
        ),
    ] = None,
    as_json: JsonOption = False,
    reading: dict[str, Any],
) -> None:
    """Show column kinds with reasons, and findings, without training."""
    import headstart

    inspection = headstart.inspect(
        data,
        target=target,
        task=task,
        columns=parse_columns(column or ()) or None,
        reading=reading,
    )
    if as_json:
        print_json(inspection.to_record())
    else:
        _print(inspection)


def _short(name: str) -> str:
    """Return a name cut in its middle, since long names often differ at their ends."""
    if len(name) <= _NAME_WIDTH:
        return name
    return f"{name[: _NAME_WIDTH // 3]}...{name[-(_NAME_WIDTH * 2 // 3 - 3) :]}"


def _examples(examples: "Sequence[tuple[str, str]]") -> str:
    return "; ".join(
        f"{written!r}" if written == read else f"{written!r} is {read}"
        for written, read in examples
    )


def _print(inspection: "Inspection") -> None:
    say(
        f"{inspection.n_rows:,} rows, target {inspection.target!r}: {inspection.task}\n"
    )
    print_rows(
        [
            {
                "column": _short(column.name),
                "kind": str(column.kind),
                "missing": column.n_missing,
                "distinct": inspection.n_different.get(column.name),
                "reason": column.reason,
                "examples": _examples(inspection.examples.get(column.name, ())),
            }
            for column in inspection.columns
        ]
    )
    if not inspection.findings:
        say("\nNo findings.")
    for finding in inspection.findings:
        say(f"\n{finding.severity}: {finding.message}")
        if finding.remedy:
            say(f"  hint: {as_option(finding.remedy)}")
