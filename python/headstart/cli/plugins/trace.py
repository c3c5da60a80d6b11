"""`headstart plugins trace`: all hook calls of a load or of a command."""

import contextlib
import subprocess
import sys
from typing import Any

import typer

from headstart.cli.command import JsonOption, command
from headstart.cli.output.printing import print_json, print_rows, result_stream
from headstart.cli.plugin_options import with_plugins

__all__ = ["trace"]


@command
@with_plugins
def trace(context: typer.Context, *, as_json: JsonOption = False) -> None:
    """Print each hook call: plugin, arguments, registered names, seconds.

    Without a command it loads all plugins. With a command (`headstart plugins trace
    train data.csv --target y`) it runs it, and prints the calls on standard error.
    """
    if context.args:
        from headstart.machine.settings import traced_environment

        descriptor = None
        with contextlib.suppress(OSError, ValueError):  # none: a program's own stream
            descriptor = result_stream().fileno()
        done = subprocess.run(
            [sys.executable, "-m", "headstart", *context.args],
            env=traced_environment(),
            stdout=descriptor,
            check=False,
        )
        raise typer.Exit(done.returncode)
    from headstart.plugins.manager import trace_load

    rows: list[dict[str, Any]] = [
        {
            "plugin": call.plugin,
            "hook": call.hook,
            "arguments": list(call.arguments),
            "registered": list(call.registered),
            "seconds": call.seconds,
            "error": call.error,
        }
        for call in trace_load()
    ]
    if as_json:
        print_json(rows)
        return
    print_rows(
        [
            {
                **row,
                "arguments": ", ".join(row["arguments"]),
                "registered": ", ".join(row["registered"]),
            }
            for row in rows
        ]
    )
