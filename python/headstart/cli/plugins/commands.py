"""Commands that plugins provide."""

import importlib.metadata
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from headstart.cli.command import GroupedCommand, command
from headstart.machine.mentions import file_mentions, module_mentions
from headstart.machine.settings import plugin_folder

__all__ = ["PluginCommands"]

_HOOK = "register_commands"


class PluginCommands(TyperGroup):
    """A group of headstart's commands, followed by those of plugins.

    Plugins are loaded only to list all commands, and for names that are not headstart's
    own.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, headstart's own first."""
        built_in = super().list_commands(ctx)
        return [*built_in, *(name for name in _of_plugins() if name not in built_in)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name, or None."""
        built_in = super().get_command(ctx, cmd_name)
        if built_in is not None:
            return built_in
        record = _of_plugins().get(cmd_name)
        if record is None:
            return None
        app = typer.Typer(
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
        )
        # A plugin's command writes to standard output itself.
        run = command(record.function, reserves_output=False)
        app.command(cmd_name, cls=GroupedCommand)(run)
        return typer.main.get_command(app)


def _of_plugins() -> dict[str, Any]:
    """Return the records of plugins' commands by their command-line names."""
    if not _may_exist():
        return {}
    from headstart.plugins import load_commands

    return {name.replace("_", "-"): record for name, record in load_commands().items()}


def _may_exist() -> bool:
    """Return whether a plugin mentions the hook, without importing it."""
    if "headstart.plugins" in sys.modules:
        return True
    folder = plugin_folder()
    if folder is not None and any(
        file_mentions(path, _HOOK) for path in folder.glob("*.py")
    ):
        return True
    entries = importlib.metadata.entry_points(group="headstart")
    return any(module_mentions(entry.module, _HOOK) for entry in entries)
