"""`headstart meta export`, `import` and `merge`: copies of bases."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headstart.cli.command import JsonOption, command
from headstart.cli.meta.places import BaseArgument, BaseOption, open_base, own_place
from headstart.cli.output.printing import print_json, say

if TYPE_CHECKING:
    from headstart.meta.store import Added

__all__ = ["export", "import_lines", "merge"]

_OriginOption = Annotated[
    str | None,
    typer.Option(help="Origin of the records. Default: the origin that they name."),
]


@command
def export(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines.")],
    *,
    base: BaseOption = "own",
) -> None:
    """Write a base as canonical JSON lines, and print their SHA-256.

    Equal bases give equal files, independent of the order of insertion.
    """
    with open_base(base) as knowledge_base:
        say(knowledge_base.export(output))


@command
def import_lines(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Files that `export` wrote.")
    ],
    *,
    base: BaseOption = "own",
    origin: _OriginOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the records of exports to a base; each file in one transaction.

    Existing records are not added again. Contradicting records are stored beside them
    and reported.
    """
    from headstart.meta.shipped import open_own

    with open_own(own_place(base)) as knowledge_base:
        for path in files:
            _print_added(
                path, knowledge_base.import_lines(path, origin=origin), as_json=as_json
            )


@command
def merge(
    other: BaseArgument,
    *,
    base: BaseOption = "own",
    origin: _OriginOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add all records of another base to a base."""
    from headstart.machine.places import show_place
    from headstart.meta.shipped import open_own

    with open_base(other) as source, open_own(own_place(base)) as knowledge_base:
        _print_added(
            show_place(other),
            knowledge_base.merge(source, origin=origin),
            as_json=as_json,
        )


def _print_added(source: object, added: "Added", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "source": str(source),
                "new": added.n_new,
                "known": added.n_known,
                "conflicts": [str(c) for c in added.conflicts],
            }
        )
        return
    say(f"{source}: {added.n_new} new, {added.n_known} already stored")
    for conflict in added.conflicts:
        say(f"  conflict: {conflict}")
