"""`headstart meta diff`: the differences between two bases."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from headstart.cli.command import JsonOption, command
from headstart.cli.meta.places import BaseArgument, open_base
from headstart.cli.output.printing import print_json, print_rows, say

__all__ = ["diff"]


@command
def diff(
    before: BaseArgument,
    after: BaseArgument,
    *,
    whole: Annotated[
        bool, typer.Option("--all", help="List every record instead of counts.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the differences from one base to another.

    These are added, removed and changed records, and the kinds of tables for which the
    ranking of configurations changed.
    """
    from headstart.meta.store import diff as difference

    with open_base(before) as first, open_base(after) as second:
        differences = difference(first, second)
    kinds = (
        "datasets",
        "meta_features",
        "evaluations",
        "foreign_evaluations",
        "foreign_setups",
    )
    changes: list[dict[str, Any]] = [
        {
            "records": kind,
            **{
                how: list(getattr(getattr(differences, kind), how))
                if as_json or whole
                else len(getattr(getattr(differences, kind), how))
                for how in ("added", "removed", "changed")
            },
        }
        for kind in kinds
    ]
    orders = [
        {
            **{k: v for k, v in asdict(move).items() if not k.startswith("top_")},
            "top_before": [str(c) for c in move.top_before],
            "top_after": [str(c) for c in move.top_after],
        }
        for move in differences.orders
    ]
    if as_json:
        print_json({"changes": changes, "orders": orders})
        return
    if not differences:
        say("Both bases have the same records.")
        return
    if whole:
        for row in changes:
            for how in ("added", "removed", "changed"):
                for about in row[how]:
                    say(f"{how} {about}")
    else:
        print_rows(changes)
    for order in orders:
        say(
            f"\n{order['tables']} ({order['metric']}, {order['n_before']} to "
            f"{order['n_after']} datasets): rank correlation "
            f"{order['rank_correlation']:.2f}"
        )
        say(f"  best before: {order['top_before'][0]}")
        say(f"  best after:  {order['top_after'][0]}")
