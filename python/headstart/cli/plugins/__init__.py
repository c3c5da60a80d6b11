"""`headstart plugins`: what is installed, whether it behaves, and how to begin one."""

import typer

from headstart.cli.plugins.check import check
from headstart.cli.plugins.listing import list_plugins
from headstart.cli.plugins.new import new
from headstart.cli.plugins.trace import trace

__all__ = ["plugins"]

plugins = typer.Typer(
    name="plugins",
    help="Plugins: list them, check them, begin one of your own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
plugins.command("list")(list_plugins)
plugins.command()(check)
plugins.command()(new)
# What follows is a command of its own, with options of its own.
plugins.command(
    context_settings={"allow_extra_args": True, "allow_interspersed_args": False}
)(trace)
