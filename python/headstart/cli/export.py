"""`headstart export`: a stored model in the format of a plugin's exporter."""

from pathlib import Path
from typing import Annotated

import typer

from headstart.cli.command import ModelArgument, command
from headstart.cli.output.printing import say
from headstart.cli.plugin_options import with_plugins

__all__ = ["export"]


@command
@with_plugins
def export(
    model: ModelArgument,
    *,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Name of the exporter. [default: by the extension of FILE]",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File to write. [default: MODEL's name with the format's extension]",
        ),
    ] = None,
) -> None:
    """Write a model in a format provided by a plugin."""
    import headstart
    from headstart.artifact.exporting import exporter_for

    if form is None and output is None:
        raise typer.BadParameter("name the --format, or a file to write.")
    exporter = exporter_for(output, form)
    place = output or model.with_name(f"{model.stem}{exporter.suffix}")
    headstart.load(model).export(place, exporter.name)
    say(f"headstart: the model is in {place}", err=True)
