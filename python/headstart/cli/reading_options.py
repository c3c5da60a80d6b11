"""Options of the commands that read tables: the format of the file."""

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
        str | None,
        _option("CHAR", "Separator of fields: ';', '\\t', ' '. [default: detected]"),
    ],
    "decimal": Annotated[
        str | None, _option("MARK", "Decimal mark: '.' or ','. [default: detected]")
    ],
    "thousands": Annotated[
        str | None,
        _option("MARK", "Separator of thousands; '' for none. [default: detected]"),
    ],
    "header": Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether the first row has the column names. [default: detected]",
            rich_help_panel=_PANEL,
        ),
    ],
    "skip_rows": Annotated[int | None, _option("N", "Skip N lines before the header.")],
    "na_values": Annotated[
        list[str] | None,
        _option(
            "TEXT",
            "Text of a missing value, replacing the defaults (NA, ...); '' for only "
            "empty fields. Repeatable.",
        ),
    ],
    "encoding": Annotated[
        str | None,
        _option("NAME", "Encoding, such as cp1252. [default: UTF-8, or detected]"),
    ],
    "sheet": Annotated[str | None, _option("NAME", "Sheet of a workbook.")],
}


def with_reading(function: Callable[..., None]) -> Callable[..., None]:
    """Return the function with the options of `headstart.read_table` added.

    The function gets the options in use as a dictionary named `reading`. The decorator
    is written below `command`.
    """

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> None:
        chosen = {name: options.pop(name) for name in _OPTIONS}
        reading = {k: value for k, value in chosen.items() if value is not None}
        function(*arguments, reading=reading, **options)

    signature = inspect.signature(function)
    parameters = [p for n, p in signature.parameters.items() if n != "reading"]
    parameters += [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
        )
        for name, annotation in _OPTIONS.items()
    ]
    del run.__wrapped__  # Typer would read the wrapped signature
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    annotations = {k: v for k, v in function.__annotations__.items() if k != "reading"}
    run.__annotations__ = {**annotations, **_OPTIONS}
    return run
