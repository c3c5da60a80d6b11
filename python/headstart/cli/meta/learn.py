"""`headstart meta learn`: a run that was kept, into a knowledge base."""

from pathlib import Path
from typing import Annotated

import typer

from headstart.cli.command import JsonOption, command
from headstart.cli.meta.places import BaseOption, own_place
from headstart.cli.output import print_json, say, write_data

__all__ = ["learn"]


@command
def learn(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a run (--run-dir).")
    ],
    *,
    name: Annotated[
        str | None, typer.Option(help="What to call the table in the base.")
    ] = None,
    base: BaseOption = "own",
    show: Annotated[
        bool, typer.Option("--show", help="Print what would be stored; store nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add what a run measured to your own knowledge base.

    Scores, seconds and numbers that describe the table: never its rows, nor names of
    its columns. Nothing leaves this machine.
    """
    from headstart.meta.shipped import open_own
    from headstart.meta.store.lines import Line
    from headstart.search.learning import records_of_run

    records = records_of_run(run, name=name)
    if show:
        for record in records:
            write_data(f"{Line.of(record).text}\n")
        return
    with open_own(own_place(base)) as found:
        added = found.add(records)
        place = found.place
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
        say(f"{place}: {added.n_new} new records, {added.n_known} known")
