"""The common parts of commands: options, error messages and exit codes."""

import functools
import inspect
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from headstart.cli.output.printing import reserved_output, say
from headstart.cli.remedies import as_option
from headstart.exceptions import HeadstartError, HeadstartWarning

__all__ = [
    "FAILED",
    "INTERRUPTED",
    "GroupedCommand",
    "JsonOption",
    "ModelArgument",
    "TaskOption",
    "command",
]

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, the convention of shells

ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Model file that `train` wrote.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
TaskOption = Annotated[
    Literal["classification", "regression"] | None,
    typer.Option(
        metavar="KIND",
        help="classification or regression. [default: by the target's values]",
    ),
]
_DebugOption = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.")
]


class GroupedCommand(TyperCommand):
    """A command whose help has a section for each `rich_help_panel` of its options.

    Typer has such sections only with rich, whose import takes a tenth of a second.
    """

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the sections in the order of their first options."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:  # hidden
                continue
            if parameter.param_type_name == "argument":
                title = "Arguments"
            else:
                title = getattr(parameter, "rich_help_panel", None) or "Options"
            sections.setdefault(title, []).append(record)
        first = next((title for title in sections if title != "Arguments"), None)
        for title, records in sections.items():
            is_rest = title == "Options" and title != first
            with formatter.section("Other options" if is_rest else title):
                formatter.write_dl(records)


def command(
    function: Callable[..., None], *, reserves_output: bool = True
) -> Callable[..., None]:
    """Return `function` as a command with ``--debug`` and error messages.

    Errors that the user can fix (headstart's own, files, wrong values) become one
    message on standard error and exit code 1. Others are bugs and keep their traceback.

    Parameters
    ----------
    function : callable
        Function whose parameters Typer reads as those of the command.
    reserves_output : bool
        Whether standard output is reserved for `say`; other output then goes to
        standard error.
    """

    @functools.wraps(function)
    def run(*arguments: Any, debug: bool, **options: Any) -> None:
        try:
            output = reserved_output() if reserves_output else nullcontext()
            with warnings.catch_warnings(), output:
                warnings.showwarning = _show_warning
                function(*arguments, **options)
        except KeyboardInterrupt:
            say("headstart: interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader (`| head`) has closed the pipe: print and flush nothing.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(FAILED) from None
        except (HeadstartError, OSError, ValueError) as error:
            if debug:
                traceback.print_exc()
            say(f"headstart: {_message(error)}", err=True)
            raise typer.Exit(FAILED) from None

    # Typer reads the options from the signature, so that --debug is added to it.
    signature = inspect.signature(function)
    added = inspect.Parameter(
        "debug",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=_DebugOption,
    )
    parameters = [*signature.parameters.values(), added]
    del run.__wrapped__  # Typer would read the signature of the wrapped function
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {**function.__annotations__, "debug": _DebugOption}
    return run


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    """Print headstart's own warnings as notes, and others in Python's format."""
    if issubclass(category, HeadstartWarning):
        say(f"headstart: {message}", err=True)
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        (file or sys.stderr).write(text)


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return as_option(str(error)) or type(error).__name__
