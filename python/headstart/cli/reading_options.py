"""Options of the commands that read tables: how a file is written."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

__all__ = ["with_reading"]

_PANEL = "Reading"


def _option(metavar: str, text: str) -> Any:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=_PANEL)


_OPTIONS: dict[str, Any] = {
    "separator": Annotated[
        str | None, _option("CHAR", "Between fields: ';', '\\t', ' '. [default: found]")
    ],
    "decimal": Annotated[str | None, _option("MARK", "'.' or ','. [default: found]")],
    "thousands": Annotated[
        str | None,
        _option("MARK", "Between groups of digits; '' for none. [default: found]"),
    ],
    "header": Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether the first row has the names. [default: found]",
            rich_help_panel=_PANEL,
        ),
    ],
    "skip_rows": Annotated[
        int | None, _option("N", "Leave out this many lines before the header.")
    ],
    "na_values": Annotated[
        list[str] | None,
        _option(
            "TEXT",
            "Field that is missing, in place of NA and the like; '' for none but "
            "empty ones. Repeatable.",
        ),
    ],
    "encoding": Annotated[
        str | None, _option("NAME", "Such as cp1252. [default: UTF-8, or found]")
    ],
    "sheet": Annotated[str | None, _option("NAME", "Sheet of a workbook.")],
}


def with_reading(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `headstart.read_table`; to be written below `command`.

    The function gets those that are given as a dictionary named `reading`.
    """

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> None:
        chosen = {name: options.pop(name) for name in _OPTIONS}
        given = {name: value for name, value in chosen.items() if value is not None}
        function(*arguments, reading=given, **options)

    signature = inspect.signature(function)
    parameters = [p for n, p in signature.parameters.items() if n != "reading"]
    parameters += [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
        )
        for name, annotation in _OPTIONS.items()
    ]
    del run.__wrapped__  # its signature is not the one to read
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    annotations = {k: v for k, v in function.__annotations__.items() if k != "reading"}
    run.__annotations__ = {**annotations, **_OPTIONS}
    return run
