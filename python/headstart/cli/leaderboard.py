"""`headstart leaderboard`: what was tried for a model, best first."""

from typing import Annotated

import typer

from headstart.cli.command import JsonOption, ModelArgument, command
from headstart.cli.output import print_json, print_rows

__all__ = ["leaderboard", "shown_columns"]

shown_columns = (
    "rank",
    "learner",
    "score",
    "std_error",
    "weight",
    "folds",
    "fit_seconds",
    "status",
    "origin",
    "reason",
    "configuration",
)


@command
def leaderboard(
    model: ModelArgument,
    *,
    limit: Annotated[
        int, typer.Option(min=1, metavar="N", help="Print the first N trials only.")
    ] = 1_000_000,
    as_json: JsonOption = False,
) -> None:
    """List the trials behind a model, best first."""
    import headstart

    rows = headstart.load(model).leaderboard().head(limit).to_dicts()
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, columns=shown_columns)
