"""`headstart report`: the report of a fit as a page, a model card or JSON."""

from pathlib import Path
from typing import Annotated

import typer

from headstart.cli.command import ModelArgument, command
from headstart.cli.output.paths import check_folder
from headstart.cli.output.printing import say
from headstart.cli.plugin_options import with_plugins

__all__ = ["report"]


@command
@with_plugins
def report(
    model: ModelArgument,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="File to write: .html, .md or .json. Default: a model card on "
            "standard output.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="html, md or json. Default: by the extension of --output.",
        ),
    ] = None,
) -> None:
    """Write the report of a model: data, search, performance, importance, slices."""
    from headstart.api import describe
    from headstart.report import FORMATS, render_report, write_report
    from headstart.report.writing import format_of

    if form is not None and form not in FORMATS:
        raise typer.BadParameter(
            f"the format must be one of {', '.join(FORMATS)}. Got {form!r}.",
            param_hint="--format",
        )
    if output is None:
        facts = describe(model).analysis()
        say(render_report(facts, form or "md").removesuffix("\n"))
        return
    try:
        form = format_of(output, form)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--output") from None
    check_folder(output)
    write_report(describe(model).analysis(), output, form)
    say(f"headstart: the report is in {output}", err=True)
