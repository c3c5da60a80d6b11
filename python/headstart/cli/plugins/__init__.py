"""`headstart plugins`: commands that list, check, trace and create plugins."""

import typer

from headstart.cli.plugins.check import check
from headstart.cli.plugins.listing import list_plugins
from headstart.cli.plugins.new import new
from headstart.cli.plugins.trace import trace

__all__ = ["plugins"]

plugins = typer.Typer(
    name="plugins",
    help="List, check, trace and create plugins.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
plugins.command("list")(list_plugins)
plugins.command()(check)
plugins.command()(new)
# The remaining arguments are a command with its own options.
plugins.command(
    context_settings={"allow_extra_args": True, "allow_interspersed_args": False}
)(trace)
