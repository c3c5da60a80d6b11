"""The `headstart` application: its commands and its entry point."""

from typing import Annotated

import typer

import headstart
from headstart.cli.command import GroupedCommand
from headstart.cli.doctor import doctor
from headstart.cli.export import export
from headstart.cli.info import info
from headstart.cli.inspect import inspect
from headstart.cli.leaderboard import leaderboard
from headstart.cli.meta import meta
from headstart.cli.plugins import plugins
from headstart.cli.plugins.commands import PluginCommands
from headstart.cli.predict import predict
from headstart.cli.report import report
from headstart.cli.train import train

__all__ = ["app", "main"]

app = typer.Typer(
    name="headstart",
    cls=PluginCommands,
    help="AutoML for tables: train the best model within a time limit.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
    no_args_is_help=True,
    # Without rich, help is a tenth of a second faster and reads the same in a log.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (inspect, train, predict, export, leaderboard, report, info, doctor):
    app.command(cls=GroupedCommand)(command)
app.add_typer(meta)
app.add_typer(plugins)


def _print_version(is_requested: bool) -> None:  # noqa: FBT001 - typer's form of a callback
    if is_requested:
        typer.echo(f"headstart {headstart.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit."""
    app(prog_name="headstart")
