"""`headstart meta learn`: the records of a stored run for a knowledge base."""

from pathlib import Path
from typing import Annotated

import typer

from headstart.cli.command import JsonOption, command
from headstart.cli.meta.places import BaseOption, own_place
from headstart.cli.output.printing import print_json, say, write_data

__all__ = ["learn"]


@command
def learn(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a run (--run-dir).")
    ],
    *,
    name: Annotated[
        str | None, typer.Option(help="Name of the table in the base.")
    ] = None,
    base: BaseOption = "own",
    show: Annotated[
        bool, typer.Option("--show", help="Print what would be stored; store nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add the measurements of a run to your own knowledge base.

    It stores scores, seconds and numbers that describe the table, but neither its rows
    nor its column names. Nothing leaves this machine.
    """
    from headstart.meta.shipped import open_own
    from headstart.meta.store.lines import Line
    from headstart.search.learning import records_of_run

    records = records_of_run(run, name=name)
    if show:
        for record in records:
            write_data(f"{Line.of(record).text}\n")
        return
    with open_own(own_place(base)) as knowledge_base:
        added = knowledge_base.add(records)
        place = knowledge_base.place
    if as_json:
        print_json(
            {
                "base": place,
                "new": added.n_new,
                "known": added.n_known,
                "conflicts": [str(c) for c in added.conflicts],
            }
        )
    else:
        say(f"{place}: {added.n_new} new records, {added.n_known} already stored")
