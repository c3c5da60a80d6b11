"""`headstart leaderboard`: the trials of a model's search, best first."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from headstart.cli.command import JsonOption, ModelArgument, command
from headstart.cli.output.printing import print_json, print_rows
from headstart.cli.plugin_options import with_plugins

__all__ = ["leaderboard", "print_leaderboard", "print_short_leaderboard"]

# One line per trial on a terminal of 80 columns.
_SHORT = ("rank", "learner", "score", "std_error", "folds", "weight", "status")
_COLUMNS = (*_SHORT, "fit_seconds", "origin", "precedent", "reason", "parameters")


@command
@with_plugins
def leaderboard(
    model: ModelArgument,
    *,
    limit: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Print the first N trials only.",
            show_default="all",
        ),
    ] = 1_000_000,
    as_json: JsonOption = False,
) -> None:
    """List the trials behind a model, best first."""
    from headstart.api import describe

    rows = describe(model).leaderboard().head(limit).to_dicts()
    if as_json:
        print_json(rows)
    else:
        print_leaderboard(rows)


def print_short_leaderboard(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print one line per trial."""
    print_rows(rows, columns=_SHORT)


def print_leaderboard(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a leaderboard as text, with the parameters of each configuration."""
    from headstart.base import Configuration

    shown = []
    for row in rows:
        configuration = Configuration.from_json(row["configuration"])
        parameters = dict(configuration.parameters)
        for step in configuration.transforms:
            parameters |= {f"{step.name}.{k}": v for k, v in step.parameters.items()}
        shown.append({**row, "parameters": parameters})
    print_rows(shown, columns=_COLUMNS)
